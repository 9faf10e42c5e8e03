"""Screens of what runs, and of when it may change."""
