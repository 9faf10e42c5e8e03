"""Measures the figures opsdesk promises; `python -m benchmarks.NAME` prints them."""
