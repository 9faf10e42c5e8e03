"""The kernel's writes, one idea a module."""
