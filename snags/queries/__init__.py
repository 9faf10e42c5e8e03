"""Reads of snags that screens and the API share, one screen's worth a module."""
