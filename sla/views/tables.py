"""The dashboard's tables: the same cells on the page, on paper and in a file."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial

from sla.models import Priority
from sla.views.links import Links
from snags.figures import AGES, OLD_DAYS, Board, Counts, Standing

TITLES = {
    "team": ("By team", "Team"),
    "owner": ("By owner", "Owner"),
    "process": ("By process", "Process"),
    "cause": ("By cause", "Cause"),
    "weeks": ("Week by week", "Week from"),
    "ageing": ("Age of open snags", "Priority"),
    "curve": ("Since go-live", "Week from"),
}
UNITS = {
    "Answered in time": ", %",
    "Resolved in time": ", %",
    "Median time": ", hours",
}
LINES = ("team", "owner", "process", "cause")
# What the card on the dashboard shows; the table's own page and its files show all.
SHORT = 8


@dataclass(frozen=True)
class Cell:
    """A number: as it is, as it is written, and where its rows are."""

    value: float | int | str | None
    text: str
    href: str = ""
    tone: str = ""


@dataclass(frozen=True)
class TableRow:
    """A line: what it is about, and a cell under each column's title."""

    label: str
    cells: dict[str, Cell]


@dataclass(frozen=True)
class Table:
    """A table in full; a card shows its first lines."""

    name: str
    title: str
    first: str
    rows: list[TableRow]

    @property
    def header(self) -> list[str]:
        return [self.first, *(self.rows[0].cells if self.rows else ())]

    @property
    def file_header(self) -> list[str]:
        """The titles with their units, which a file's bare numbers have lost."""
        return [title + UNITS.get(title, "") for title in self.header]

    @property
    def short(self) -> list[TableRow]:
        return self.rows[:SHORT]

    def as_rows(self) -> Iterator[list[object]]:
        """The lines as a file has them: plain values."""
        for row in self.rows:
            yield [row.label, *(cell.value for cell in row.cells.values())]


def table(board: Board, name: str) -> Table:
    """One of the tables in full. KeyError when there is no such table."""
    title, first = TITLES[name]
    makers = {"ageing": _ageing, "weeks": _weeks, "curve": _curve}
    rows = makers[name](board) if name in makers else _lines(board, name)
    return Table(name, title, first, rows)


def number(value: int, href: str = "", tone: str = "") -> Cell:
    """A count; nothing leads nowhere and is no reason for colour."""
    return Cell(value, f"{value:,}", href if value else "", tone if value else "")


def percent(value: float | None, href: str = "", target: int | None = None) -> Cell:
    """A share; red below the target. A dash when there was nothing to share."""
    if value is None:
        return Cell(None, "–")
    tone = "" if target is None else "good" if value >= target else "bad"
    return Cell(rounded(value), f"{shown(value)} %", href, tone)


def hours(value: float | None, href: str = "") -> Cell:
    if value is None:
        return Cell(None, "–")
    return Cell(round(value, 1), f"{written(value)} h", href)


def rounded(share: float) -> float:
    """A percentage of one digit, never rounded up to a hundred or down to nothing."""
    near = round(share, 1)
    if near == 100 and share < 100:
        return 99.9
    return 0.1 if near == 0 and share > 0 else near


def shown(share: float) -> str:
    return f"{rounded(share):.1f}".removesuffix(".0")


def written(value: float) -> str:
    """Hours with as many digits as they can bear."""
    return f"{value:.1f}" if value < 10 else f"{value:,.0f}"


def _lines(board: Board, name: str) -> list[TableRow]:
    """By team, owner, process or cause: what came and went, and what stands open."""
    links, standings = Links(board.cut, board.period), board.live.by_value[name]
    rows = []
    for line in board.tables.get(name, []):
        to = partial(links.to, by=name, key=line.key)
        now = standings.get(line.key, Standing())
        counts = line.counts
        cells = {
            "Opened": number(counts.opened, to("opened")),
            "Resolved": number(counts.resolved, to("resolved")),
            "Open now": number(now.open, to("open")),
            "Late now": number(now.late, to("late"), "bad"),
            f"{OLD_DAYS} d +": number(now.old, to("old")),
            "Answered in time": percent(
                counts.response_share, to("response"), board.target
            ),
            "Resolved in time": percent(
                counts.resolution_share, to("resolution"), board.target
            ),
            "Broken": number(counts.breached, to("breached")),
            "Median time": hours(counts.median_hours, to("resolved")),
        }
        rows.append(TableRow(line.name, cells))
    return rows


def _weeks(board: Board) -> list[TableRow]:
    links, rows = Links(board.cut, board.period), []
    for week in board.weeks:
        to = partial(links.to, period=week.period)
        by = {p: week.by_priority.get(p, Counts()) for p in Priority.values}
        cells = _came_and_went(week.counts, to, board.target)
        for priority, counts in by.items():
            href = to("breached", priority=priority)
            cells[f"Broken, P{priority}"] = number(counts.breached, href, "bad")
        cells["Median time"] = hours(week.counts.median_hours, to("resolved"))
        rows.append(TableRow(week.period.first.isoformat(), cells))
    return rows


def _curve(board: Board) -> list[TableRow]:
    if board.golive is None:
        return []
    links, rows = Links(board.cut, board.period), []
    key = str(board.golive)
    for week in board.curve:
        to = partial(links.to, period=week.period, by="golive", key=key)
        cells = _came_and_went(week.counts, to, board.target)
        cells["Not yet closed"] = number(week.backlog, to("backlog"))
        cells["Median time"] = hours(week.counts.median_hours, to("resolved"))
        rows.append(TableRow(week.period.first.isoformat(), cells))
    return rows


def _ageing(board: Board) -> list[TableRow]:
    links, rows = Links(board.cut, board.period), []
    for priority, label in Priority.choices:
        to = partial(links.to, priority=priority)
        one = board.live.by_priority.get(priority, Standing())
        cells = {
            age.label: number(count, to(age.name))
            for age, count in zip(AGES, one.ages, strict=True)
        }
        cells["Open now"] = number(one.open, to("open"))
        cells["Late now"] = number(one.late, to("late"), "bad")
        cells["At risk"] = number(one.at_risk, to("at_risk"), "warn")
        cells["No owner"] = number(one.unowned, to("unowned"))
        rows.append(TableRow(f"P{priority} {label}", cells))
    return rows


def _came_and_went(
    counts: Counts, to: Callable[[str], str], target: int | None
) -> dict[str, Cell]:
    return {
        "Opened": number(counts.opened, to("opened")),
        "Resolved": number(counts.resolved, to("resolved")),
        "Closed": number(counts.closed, to("closed")),
        "Answered in time": percent(counts.response_share, to("response"), target),
        "Answered late": number(counts.response_missed, to("response_missed"), "bad"),
        "Resolved in time": percent(counts.resolution_share, to("resolution"), target),
        "Resolved late": number(
            counts.resolution_missed, to("resolution_missed"), "bad"
        ),
    }
