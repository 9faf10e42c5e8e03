"""Snags over HTTP: reads by page, writes by verb, each calling one service."""
