"""The five figures at the top, each against the days before."""

from dataclasses import dataclass, field

from django.utils.safestring import SafeString

from opsdesk.core import charts
from sla.views.links import Links
from sla.views.tables import shown, written
from snags.figures import Board


@dataclass(frozen=True)
class Side:
    """A smaller number beside the main one, with where its rows are."""

    text: str
    href: str = ""


@dataclass(frozen=True)
class Moved:
    """By how much since the days before, which way, and whether that is good."""

    text: str
    arrow: str
    tone: str


@dataclass(frozen=True)
class Tile:
    """One big number: how it moved, and its course over the weeks."""

    title: str
    value: str
    unit: str
    href: str
    why: str
    moved: Moved | None = None
    sides: list[Side] = field(default_factory=list)
    course: list[float] = field(default_factory=list)
    colour: str = "s0"

    @property
    def drawn(self) -> SafeString:
        """Its course as a small line; nothing when there is none to speak of."""
        return charts.spark(self.course, self.colour)


def tiles(board: Board) -> list[Tile]:
    links = Links(board.cut, board.period)
    return [
        _share(board, links, "response", "Answered in time", "s0"),
        _share(board, links, "resolution", "Resolved in time", "s1"),
        _broken(board, links),
        _standing(board, links),
        _median(board, links),
    ]


def _share(board: Board, links: Links, kind: str, title: str, colour: str) -> Tile:
    share = getattr(board.total, f"{kind}_share")
    before = getattr(board.before, f"{kind}_share")
    missed = getattr(board.total, f"{kind}_missed")
    delta = None if share is None or before is None else share - before
    course = [getattr(week.counts, f"{kind}_share") for week in board.weeks]
    late = Side(f"{missed:,} late", links.to(f"{kind}_missed"))
    return Tile(
        title=title,
        value="–" if share is None else shown(share),
        unit="" if share is None else "%",
        href=links.to(kind) if share is not None else "",
        why="No promise was settled yet." if share is None else _against(board.target),
        sides=[late] if missed else [],
        course=[value for value in course if value is not None],
        colour=colour,
        moved=_moved(delta, "pts", more_is_good=True),
    )


def _broken(board: Board, links: Links) -> Tile:
    count, before = board.total.breached, board.before.breached
    return Tile(
        title="Promises broken",
        value=f"{count:,}",
        unit="",
        href=links.to("breached") if count else "",
        why="Fell due without being kept",
        course=[float(week.counts.breached) for week in board.weeks],
        colour="p1",
        moved=_moved(float(count - before), "", more_is_good=False),
    )


def _standing(board: Board, links: Links) -> Tile:
    now = board.live.total
    sides = [
        Side(f"{now.at_risk:,} at risk", links.to("at_risk")),
        Side(f"{now.unowned:,} no owner", links.to("unowned")),
    ]
    return Tile(
        title="Open and late",
        value=f"{now.late:,}",
        unit="",
        href=links.to("late") if now.late else "",
        why="",
        sides=[Side(f"of {now.open:,} open", links.to("open")), *sides],
    )


def _median(board: Board, links: Links) -> Tile:
    value, before = board.total.median_hours, board.before.median_hours
    delta = None if value is None or before is None else value - before
    course = [week.counts.median_hours for week in board.weeks]
    return Tile(
        title="Median time to resolve",
        value="–" if value is None else written(value),
        unit="" if value is None else "h",
        href=links.to("resolved") if value is not None else "",
        why="Nothing was resolved yet." if value is None else "From report to solution",
        course=[hours for hours in course if hours is not None],
        colour="s1",
        moved=_moved(delta, "h", more_is_good=False),
    )


def _against(target: int | None) -> str:
    return "No target agreed" if target is None else f"Target {target} %"


def _moved(delta: float | None, unit: str, *, more_is_good: bool) -> Moved | None:
    """How a figure stands against the same number of days before."""
    if delta is None:
        return None
    size = f"{abs(delta):,.1f}" if unit else f"{abs(delta):,.0f}"
    if size in {"0", "0.0"}:
        return Moved("as before", "minus", "muted")
    up = delta > 0
    return Moved(
        f"{size} {unit}".strip(),
        "arrow-up" if up else "arrow-down",
        "good" if up == more_is_good else "bad",
    )
