"""The screens of snags, one group of pages a module."""
