"""The input forms of snags, one screen's worth a module."""
