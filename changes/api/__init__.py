"""Packages, changes and promotions over HTTP: each write calls its page's service."""
