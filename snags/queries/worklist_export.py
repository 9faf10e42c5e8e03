"""The worklist as a table for a file: what was asked for, in its order."""

from collections.abc import Iterator
from datetime import datetime

from opsdesk.accounts.models import User
from snags.models import Snag
from snags.moves import Status
from snags.queries.worklist import Asked, exported

HEADER = (
    "Snag",
    "Title",
    "Kind",
    "Priority",
    "Status",
    "Waiting for",
    "Environment",
    "Module",
    "Department",
    "Owner",
    "Team",
    "With supplier",
    "Snaglist",
    "Cause",
    "Reported",
    "Next due",
    "Resolved",
    "Closed",
    "Last change",
)
_COLUMNS = (
    "pk",
    "title",
    "kind",
    "priority",
    "status",
    "waiting_for",
    "environment__name",
    "module__name",
    "department__name",
    "owner__name",
    "team__name",
    "handed_to__name",
    "snaglist__name",
    "cause",
    "reported_at",
    "next_due_at",
    "resolved_at",
    "closed_at",
    "updated_at",
)
_WORDS = {
    "kind": dict(Snag.Kind.choices),
    "status": dict(Status.choices),
    "waiting_for": dict(Snag.WaitingFor.choices),
    "cause": dict(Snag.Cause.choices),
}


def table(
    user: User, asked: Asked, now: datetime, most: int
) -> Iterator[tuple[object, ...]]:
    """Row by row, so that a large file never stands in memory whole."""
    for values in exported(user, asked, now, _COLUMNS, most):
        yield tuple(
            _cell(column, value) for column, value in zip(_COLUMNS, values, strict=True)
        )


def _cell(column: str, value: object) -> object:
    if column == "pk":
        return f"SN-{value}"
    if column == "priority":
        return f"P{value}"
    return _WORDS[column].get(str(value), "") if column in _WORDS else value
