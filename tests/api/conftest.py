"""The company that tests of changes start from is there for those of their API."""

from tests.changes.companies import company, undone, w

__all__ = ["company", "undone", "w"]
