"""The rows behind a figure as a page or a file shows them."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import F, OrderBy, QuerySet
from django.db.models.functions import Coalesce

from opsdesk.accounts.models import User
from snags.figures.counts import whole
from snags.figures.definitions import Cut, Dimension, Figure, Subject, rows
from snags.figures.live import standing
from snags.figures.periods import Period
from snags.models import Clock, Snag


@dataclass(frozen=True)
class Column:
    """A column of the list: its title, and what it is sorted by if it can be."""

    name: str
    title: str
    field: str = ""


@dataclass(frozen=True)
class Row:
    """One row behind a figure; the instants are left to the screen to write."""

    snag: Snag
    clock: Clock | None
    cells: tuple[Any, ...]


_OF_SNAG = (
    Column("ref", "Snag", "pk"),
    Column("title", "Title", "title"),
    Column("priority", "Priority", "priority"),
    Column("status", "Status", "status"),
    Column("owner", "Owner", "owner__name"),
    Column("team", "Team", "team__name"),
    Column("reported", "Reported", "reported_at"),
    Column("due", "Next due", "next_due_at"),
    Column("resolved", "Resolved", "resolved_at"),
    Column("hours", "Hours to resolve", "took"),
)
_OF_CLOCK = (
    Column("ref", "Snag", "snag_id"),
    Column("title", "Title", "snag__title"),
    Column("priority", "Priority", "priority"),
    Column("promise", "Promise", "kind"),
    Column("owner", "Owner", "snag__owner__name"),
    Column("team", "Team", "snag__team__name"),
    Column("started", "Started", "started_at"),
    Column("due", "Due", "fell_due"),
    Column("stopped", "Stopped", "stopped_at"),
    Column("outcome", "Outcome", "breached_at"),
)
# What the cells are made of; rows are many and wide.
_SNAG_CELLS = (
    "title",
    "priority",
    "status",
    "waiting_for",
    "owner__name",
    "team__name",
    "reported_at",
    "next_due_at",
    "resolved_at",
)
_CLOCK_CELLS = (
    "kind",
    "priority",
    "started_at",
    "due_at",
    "stopped_at",
    "breached_at",
    "snag__title",
    "snag__owner__name",
    "snag__team__name",
)


def columns_of(figure: Figure) -> tuple[Column, ...]:
    return _OF_SNAG if figure.subject is Subject.SNAG else _OF_CLOCK


def listed(
    figure: Figure,
    cut: Cut,
    period: Period,
    *,
    user: User,
    now: datetime,
) -> QuerySet[Any]:
    """The rows a figure counts with all their cells need, newest first."""
    found: QuerySet[Any] = rows(figure, cut, period, user=user, now=now)
    if figure.subject is Subject.SNAG:
        found = found.select_related("owner", "team").only(*_SNAG_CELLS)
        found = found.annotate(took=F("resolved_at") - F("reported_at"))
    else:
        found = found.select_related("snag__owner", "snag__team").only(*_CLOCK_CELLS)
        found = found.annotate(fell_due=Coalesce("breached_at", "due_at"))
    return found.order_by("-pk")


def ordered(figure: Figure, found: QuerySet[Any], sort: str) -> QuerySet[Any]:
    """The rows sorted by a column ("-due" the other way round), else newest first."""
    return found.order_by(*_order(figure, sort))


def number_of(figure: Figure, cut: Cut, period: Period, *, now: datetime) -> int | None:
    """The figure as the dashboard shows it, without reading the rows it counts.

    None for what the dashboard shows in no such place.
    """
    if not figure.is_live:
        return getattr(whole(cut, period), figure.name, None)
    if cut.dimension not in {Dimension.ALL, Dimension.TEAM}:
        return None
    return getattr(standing(cut, now).total, figure.name, None)


def as_rows(figure: Figure, found: Iterable[Any]) -> Iterator[Row]:
    """Each row with one cell a column; instants as they are."""
    make = _snag_row if figure.subject is Subject.SNAG else _clock_row
    return (make(row) for row in found)


def _order(figure: Figure, sort: str) -> list[OrderBy | str]:
    wanted, backwards = sort.removeprefix("-"), sort.startswith("-")
    for column in columns_of(figure):
        if column.name == wanted:
            by = F(column.field)
            first = by.desc(nulls_last=True) if backwards else by.asc(nulls_last=True)
            return [first, "-pk"]
    return ["-pk"]


def _snag_row(snag: Snag) -> Row:
    hours = None
    if snag.resolved_at:
        hours = round((snag.resolved_at - snag.reported_at).total_seconds() / 3600, 1)
    return Row(
        snag,
        None,
        (
            snag.ref,
            snag.title,
            f"P{snag.priority}",
            snag.status_label,
            snag.owner.name if snag.owner else "",
            snag.team.name if snag.team else "",
            snag.reported_at,
            snag.next_due_at,
            snag.resolved_at,
            hours,
        ),
    )


def _clock_row(clock: Clock) -> Row:
    snag = clock.snag
    return Row(
        snag,
        clock,
        (
            snag.ref,
            snag.title,
            f"P{clock.priority}",
            clock.get_kind_display(),
            snag.owner.name if snag.owner else "",
            snag.team.name if snag.team else "",
            clock.started_at,
            clock.breached_at or clock.due_at,
            clock.stopped_at,
            _outcome(clock),
        ),
    )


def _outcome(clock: Clock) -> str:
    if clock.breached_at or clock.was_missed:
        return "Missed"
    return "Kept" if clock.stopped_at else "Running"
