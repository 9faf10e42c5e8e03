"""How the rows behind a figure are written on their page."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.utils import timezone

from opsdesk.core import wording
from opsdesk.core.exports import MOST
from opsdesk.core.paging import BoundedPaginator
from sla.models import Priority
from snags import figures
from snags.figures import Cut, Dimension, Figure, Period, name_of_value


@dataclass(frozen=True)
class Heading:
    """A column's title, the address part that sorts by it, and how it is sorted."""

    title: str
    sort: str
    state: str
    sign: str


@dataclass(frozen=True)
class Written:
    """One row: its address and its cells as words."""

    url: str
    priority: int
    cells: tuple[str, ...]


def counted(
    figure: Figure, cut: Cut, period: Period, pages: BoundedPaginator, now: datetime
) -> str:
    """How many rows there are; past what is counted, the figure of the dashboard."""
    if not pages.is_capped:
        return f"{pages.count:,}"
    number = figures.number_of(figure, cut, period, now=now)
    return f"{number:,}" if (number or 0) > pages.count else f"{pages.count:,}+"


def bound(pages: BoundedPaginator) -> str:
    """How far a list and its files go; nothing where they hold everything."""
    if not pages.is_capped:
        return ""
    return (
        f"The newest {pages.count:,} are listed; a CSV file holds up to"
        f" {MOST['csv']:,}, one for Excel {MOST['xlsx']:,}."
    )


def headings(figure: Figure, sort: str, *, is_sorted: bool) -> list[Heading]:
    """Asking again for the column that sorts turns the order round."""
    if not is_sorted:
        return [Heading(c.title, "", "none", "") for c in figures.columns_of(figure)]
    result = []
    for column in figures.columns_of(figure):
        up, down = sort == column.name, sort == f"-{column.name}"
        state = "ascending" if up else "descending" if down else "none"
        sign = "arrow-up" if up else "arrow-down" if down else ""
        again = f"-{column.name}" if up else column.name
        result.append(Heading(column.title, again, state, sign))
    return result


def lines(figure: Figure, found: Iterable[Any], now: datetime) -> list[Written]:
    return [
        Written(
            row.snag.get_absolute_url(),
            row.clock.priority if row.clock else row.snag.priority,
            tuple(_written(cell, now) for cell in row.cells),
        )
        for row in figures.as_rows(figure, found)
    ]


def sentence(figure: Figure, cut: Cut, period: Period) -> str:
    """Which rows these are, in words."""
    parts = []
    if not figure.is_live:
        parts.append(span_of(period))
    if cut.priority:
        parts.append(f"P{cut.priority} {Priority(cut.priority).label.lower()}")
    if cut.dimension != Dimension.ALL:
        label = Dimension(cut.dimension).label.lower()
        parts.append(f"{label}: {name_of_value(cut.dimension, cut.key)}")
    if cut.departments is not None:
        parts.append("your departments")
    return " · ".join(parts) or "everything, as it stands now"


def span_of(period: Period) -> str:
    """The first and the last day, the year said once: 8 Sep to 23 Nov 2026."""
    first = wording.day(period.first, period.last)
    last = f"{period.last.day} {period.last:%b %Y}"
    return last if period.first == period.last else f"{first} to {last}"


def _written(cell: Any, now: datetime) -> str:
    if isinstance(cell, datetime):
        return wording.moment(timezone.localtime(cell), now)
    return "" if cell is None else str(cell)
