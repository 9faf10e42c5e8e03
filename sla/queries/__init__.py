"""Reads of what was promised, shared by the services above and by screens."""

from sla.queries.promises import (
    Promise,
    StoredTimeline,
    agreements,
    contract_in_force,
    current,
    load,
    prime,
    promises_in_force,
    spans,
    timeline_of,
)

__all__ = [
    "Promise",
    "StoredTimeline",
    "agreements",
    "contract_in_force",
    "current",
    "load",
    "prime",
    "promises_in_force",
    "spans",
    "timeline_of",
]
