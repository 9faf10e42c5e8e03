"""The dashboard's drawings, each figure with the way to its rows."""

from collections.abc import Sequence
from functools import partial

from django.utils.safestring import SafeString

from opsdesk.core import charts, wording
from opsdesk.core.charts import Axis
from sla.models import Priority
from sla.views.links import Links
from sla.views.tables import rounded
from snags.days import WEEK
from snags.figures import (
    AGES,
    Board,
    Counts,
    CurveWeek,
    Period,
    Standing,
    Week,
    drawn,
    drawn_curve,
)

PARTS = tuple(
    charts.Part(label, f"p{priority}") for priority, label in Priority.choices
)
NO_PROMISE = "The first settled promise appears here."


def plots(board: Board) -> dict[str, SafeString]:
    weeks, curve = drawn(board.weeks), drawn_curve(board.curve)
    return {
        "trend": _trend(board, weeks),
        "broken": _broken(board, weeks),
        "ageing": _ageing(board),
        "curve": _curve(board, curve),
        "kept": _kept(board, curve),
        "median": _median(board, curve),
    }


def _trend(board: Board, weeks: Sequence[Week]) -> SafeString:
    links = Links(board.cut, board.period)
    counts = [week.counts for week in weeks]
    return charts.trend(
        "Share of promises kept, by week",
        _labels(weeks),
        [
            charts.Line("Answered in time", [_share(c.response_share) for c in counts]),
            charts.Line(
                "Resolved in time", [_share(c.resolution_share) for c in counts], "s1"
            ),
        ],
        axis=Axis(target=board.target),
        hrefs=[
            links.to("settled", period=w.period) if _settled(w.counts) else ""
            for w in weeks
        ],
        empty=NO_PROMISE,
    )


def _broken(board: Board, weeks: Sequence[Week]) -> SafeString:
    links = Links(board.cut, board.period)
    columns = []
    for label, week in zip(_labels(weeks), weeks, strict=True):
        to = partial(links.to, "breached", period=week.period)
        by = {p: week.by_priority.get(p, Counts()).breached for p in Priority.values}
        columns.append(
            charts.Column(
                label,
                list(by.values()),
                to() if week.counts.breached else "",
                [to(priority=p) if n else "" for p, n in by.items()],
            )
        )
    return charts.stacked(
        "Promises broken by priority, by week they fell due",
        PARTS,
        columns,
        empty="No promise was broken.",
    )


def _ageing(board: Board) -> SafeString:
    links = Links(board.cut, board.period)
    standings = [board.live.by_priority.get(p, Standing()) for p in Priority.values]
    rows = []
    for number, age in enumerate(AGES):
        counts = [one.ages[number] for one in standings]
        hrefs = [
            links.to(age.name, priority=p) if n else ""
            for p, n in zip(Priority.values, counts, strict=True)
        ]
        href = links.to(age.name) if any(counts) else ""
        rows.append(charts.Row(age.label, counts, href, hrefs))
    return charts.ageing("Open snags by age", PARTS, rows)


def _curve(board: Board, curve: Sequence[CurveWeek]) -> SafeString:
    links = Links(board.cut, board.period)
    to = partial(links.to, "backlog", by="golive", key=str(board.golive or ""))
    points = [
        charts.Week(
            _label(week.period),
            week.counts.opened,
            week.counts.closed,
            week.backlog,
            to(period=week.period),
        )
        for week in curve
    ]
    return charts.combo(
        "Opened, closed and still open by week since go-live",
        points,
        empty="The weeks since go-live appear here.",
    )


def _kept(board: Board, curve: Sequence[CurveWeek]) -> SafeString:
    links = Links(board.cut, board.period)
    to = partial(links.to, "settled", by="golive", key=str(board.golive or ""))
    return charts.trend(
        "Share of promises kept by week since go-live",
        [_label(week.period) for week in curve],
        [charts.Line("Kept", [_share(w.counts.settled_share) for w in curve])],
        axis=Axis(target=board.target),
        hrefs=[to(period=w.period) if _settled(w.counts) else "" for w in curve],
        empty=NO_PROMISE,
    )


def _median(board: Board, curve: Sequence[CurveWeek]) -> SafeString:
    links = Links(board.cut, board.period)
    to = partial(links.to, "resolved", by="golive", key=str(board.golive or ""))
    return charts.trend(
        "Median hours from report to solution by week since go-live",
        [_label(week.period) for week in curve],
        [
            charts.Line(
                "Median time",
                [_round(w.counts.median_hours) for w in curve],
                "s1",
            )
        ],
        axis=Axis(unit="h"),
        hrefs=[to(period=w.period) if w.counts.resolved else "" for w in curve],
        empty="The first solution appears here.",
    )


def _labels(weeks: Sequence[Week]) -> list[str]:
    return [_label(week.period) for week in weeks]


def _label(period: Period) -> str:
    """A week's first day, without the year: many must fit. Of years, the month."""
    first = period.first
    return wording.day(first, first) if period.days <= WEEK else f"{first:%b ’%y}"


def _settled(counts: Counts) -> int:
    return counts.response + counts.resolution


def _share(value: float | None) -> float | None:
    return None if value is None else rounded(value)


def _round(value: float | None) -> float | None:
    return None if value is None else round(value, 1)
