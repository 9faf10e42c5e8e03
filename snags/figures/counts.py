"""Figures of a period, read from rollups: any period from few rows."""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal
from typing import Any, TypeVar

from django.db import connection
from django.db.models import QuerySet

from opsdesk.accounts.models import Party, User
from snags import buckets
from snags.days import ORIGIN, WEEK, pieces, start_of
from snags.figures.definitions import Cut, Dimension
from snags.figures.periods import Period
from snags.models import BusinessProcess, GoLive, Snag
from snags.services.rollup_sql import SUMS


@dataclass(frozen=True)
class Counts:
    """What happened: snags that came and went, promises kept and broken, and times."""

    opened: int = 0
    resolved: int = 0
    closed: int = 0
    response_met: int = 0
    response_missed: int = 0
    resolution_met: int = 0
    resolution_missed: int = 0
    breached: int = 0
    times: int = field(default=0, repr=False)

    def __add__(self, other: "Counts") -> "Counts":
        sums = {name: getattr(self, name) + getattr(other, name) for name in SUMS}
        return Counts(**sums, times=self.times + other.times)

    @property
    def response(self) -> int:
        return self.response_met + self.response_missed

    @property
    def resolution(self) -> int:
        return self.resolution_met + self.resolution_missed

    @property
    def settled(self) -> int:
        return self.response + self.resolution

    @property
    def response_share(self) -> float | None:
        """Percent of answers given in time; None when none was due."""
        return share(self.response_met, self.response)

    @property
    def resolution_share(self) -> float | None:
        return share(self.resolution_met, self.resolution)

    @property
    def settled_share(self) -> float | None:
        """Percent of all promises kept, answers and resolutions together."""
        met = self.response_met + self.resolution_met
        return share(met, self.settled)

    @property
    def median_hours(self) -> float | None:
        """Half of the snags took no longer; within `buckets.ERROR` of the exact one."""
        minutes = buckets.median(self.times)
        return None if minutes is None else minutes / 60


@dataclass(frozen=True)
class Week:
    """One week of a chart: what happened, in all and by priority."""

    period: Period
    counts: Counts
    by_priority: dict[int, Counts]


@dataclass(frozen=True)
class Line:
    """One line of a table: a team, an owner, a process or a cause."""

    key: str
    name: str
    counts: Counts


@dataclass(frozen=True)
class CurveWeek:
    """A week since go-live; `backlog` is what was not yet closed at its end."""

    period: Period
    counts: Counts
    backlog: int


# More points than these are drawn by four weeks; tables and files stay weekly.
MANY_WEEKS = 60


def drawn(weeks: Sequence[Week]) -> Sequence[Week]:
    """The points of a drawing: weeks, or four weeks each when there are many."""
    return (
        weeks if len(weeks) <= MANY_WEEKS else [_week(four) for four in _fours(weeks)]
    )


def drawn_curve(weeks: Sequence[CurveWeek]) -> Sequence[CurveWeek]:
    if len(weeks) <= MANY_WEEKS:
        return weeks
    return [
        CurveWeek(_over(four), _sum(week.counts for week in four), four[-1].backlog)
        for four in _fours(weeks)
    ]


TABLES = (Dimension.TEAM, Dimension.OWNER, Dimension.PROCESS, Dimension.CAUSE)
NONE_NAMES = {
    Dimension.GOLIVE: "No go-live",
    Dimension.TEAM: "No team",
    Dimension.OWNER: "No owner",
    Dimension.PROCESS: "No process",
    Dimension.CAUSE: "Not said",
}
_SUMS = ", ".join(f"sum(r.{name})::int" for name in SUMS)

# ruff: noqa: S608 - the texts are put together from this module's own constants.
_BY_LABEL = f"""
SELECT p.label, r.priority, {_SUMS}, sum(r.times)
FROM unnest(%(labels)s::int[], %(spans)s::int[], %(starts)s::date[])
    AS p(label, span, start)
JOIN snags_rollup r ON r.span = p.span AND r.start = p.start
WHERE r.scope = ANY(%(scopes)s::bigint[]) AND r.dimension = %(dimension)s
    AND r.key = %(key)s AND (%(priority)s::int IS NULL OR r.priority = %(priority)s)
GROUP BY p.label, r.priority
"""
_BY_VALUE = f"""
WITH sums AS (
    SELECT r.dimension, r.key, {", ".join(f"sum(r.{n})::int AS {n}" for n in SUMS)},
        sum(r.times) AS times
    FROM unnest(%(dimensions)s::text[]) AS d(dimension)
    CROSS JOIN unnest(%(spans)s::int[], %(starts)s::date[]) AS p(span, start)
    JOIN snags_rollup r ON r.span = p.span AND r.start = p.start
        AND r.dimension = d.dimension
    WHERE r.scope = ANY(%(scopes)s::bigint[])
        AND (%(priority)s::int IS NULL OR r.priority = %(priority)s)
    GROUP BY r.dimension, r.key
), keys AS (
    SELECT dimension, key FROM sums
    UNION
    SELECT * FROM unnest(%(also_of)s::text[], %(also)s::text[])
)
SELECT k.dimension, k.key, coalesce(t.name, u.name, b.name, ''),
    {", ".join(f"coalesce(s.{n}, 0)" for n in SUMS)}, s.times
FROM keys k
LEFT JOIN sums s USING (dimension, key)
LEFT JOIN accounts_party t ON k.dimension = 'team' AND t.id::text = k.key
LEFT JOIN accounts_user u ON k.dimension = 'owner' AND u.id::text = k.key
LEFT JOIN snags_businessprocess b ON k.dimension = 'process' AND b.id::text = k.key
ORDER BY coalesce(s.opened + s.resolved, 0) DESC, k.key
"""

Labelled = tuple[int, int, date]
AnyWeek = TypeVar("AnyWeek", Week, CurveWeek)


def weeks(cut: Cut, period: Period) -> tuple[list[Week], Counts]:
    """The period week by week, and the sum of as many days before it; one query."""
    each = list(period.weeks())
    before = period.previous()
    found = _by_label(cut, [*_labelled(each), *_whole(-1, before.first, before.last)])
    return [
        Week(week, _sum(found.get(number, {}).values()), found.get(number, {}))
        for number, week in enumerate(each)
    ], _sum(found.get(-1, {}).values())


def whole(cut: Cut, period: Period) -> Counts:
    """The period in one piece."""
    found = _by_label(cut, list(_whole(0, period.first, period.last)))
    return _sum(found.get(0, {}).values())


def tables(
    cut: Cut, period: Period, *, also: Mapping[str, Collection[str]]
) -> dict[str, list[Line]]:
    """The period by team, owner, process and cause, each with its name; one query.

    `also` are values that belong in a table though nothing happened to them.
    """
    cuts = list(pieces(period.first, period.last))
    pairs = [(of, key) for of in TABLES for key in also.get(of, ())]
    lines: dict[str, list[Line]] = {dimension: [] for dimension in TABLES}
    with connection.cursor() as cursor:
        cursor.execute(
            _BY_VALUE,
            {
                "dimensions": list(TABLES),
                "spans": [span for span, _ in cuts],
                "starts": [start for _, start in cuts],
                "scopes": cut.scopes,
                "priority": cut.priority,
                "also_of": [of for of, _ in pairs],
                "also": [key for _, key in pairs],
            },
        )
        for dimension, key, name, *sums, times in cursor.fetchall():
            every = _counts(sums, times)
            lines[dimension].append(Line(key, name or name_of(dimension, key), every))
    return lines


def curve(cut: Cut, since: date, until: date) -> list[CurveWeek]:
    """Every week from a go-live on, whole weeks first, with the backlog at its end.

    It ends where nothing is left and nothing happens any more, as an old log's does.
    """
    first = start_of(since, WEEK)
    each = list(Period(first, until).weeks())
    eve = first - timedelta(days=1)
    found = _by_label(cut, [*_labelled(each), *_whole(-1, ORIGIN, eve)])
    before = _sum(found.get(-1, {}).values())
    backlog = before.opened - before.closed
    result = []
    for number, week in enumerate(each):
        counts = _sum(found.get(number, {}).values())
        backlog += counts.opened - counts.closed
        result.append(CurveWeek(week, counts, backlog))
    while len(result) > 1 and not result[-1].backlog and result[-1].counts == Counts():
        result.pop()
    return result


def name_of(dimension: str, key: str) -> str:
    """The words for a value that no table names: a cause, nobody, or one long gone."""
    if not key:
        return NONE_NAMES[Dimension(dimension)]
    if dimension == Dimension.CAUSE:
        return str(dict(Snag.Cause.choices).get(key, key))
    return f"No. {key}"


def name_of_value(dimension: str, key: str) -> str:
    """The name of one value, looked up; for a page about it alone."""
    named: dict[str, QuerySet[Any]] = {
        Dimension.GOLIVE: GoLive.objects.all(),
        Dimension.TEAM: Party.objects.all(),
        Dimension.OWNER: User.objects.all(),
        Dimension.PROCESS: BusinessProcess.objects.all(),
    }
    if dimension not in named or not key:
        return name_of(dimension, key)
    found = named[dimension].filter(pk=key).values_list("name", flat=True)
    return found.first() or name_of(dimension, key)


def share(part: int, whole: int) -> float | None:
    return 100 * part / whole if whole else None


def _fours(weeks: Sequence[AnyWeek]) -> Iterator[Sequence[AnyWeek]]:
    return (weeks[start : start + 4] for start in range(0, len(weeks), 4))


def _over(four: Sequence[Week] | Sequence[CurveWeek]) -> Period:
    return Period(four[0].period.first, four[-1].period.last)


def _week(four: Sequence[Week]) -> Week:
    priorities = {priority for week in four for priority in week.by_priority}
    by_priority = {
        priority: _sum(week.by_priority.get(priority, Counts()) for week in four)
        for priority in priorities
    }
    return Week(_over(four), _sum(week.counts for week in four), by_priority)


def _counts(sums: Sequence[int], times: Decimal | None) -> Counts:
    return Counts(**dict(zip(SUMS, sums, strict=True)), times=int(times or 0))


def _by_label(cut: Cut, wanted: list[Labelled]) -> dict[int, dict[int, Counts]]:
    found: dict[int, dict[int, Counts]] = {}
    with connection.cursor() as cursor:
        cursor.execute(
            _BY_LABEL,
            {
                "labels": [label for label, _, _ in wanted],
                "spans": [span for _, span, _ in wanted],
                "starts": [start for _, _, start in wanted],
                "scopes": cut.scopes,
                "dimension": cut.dimension,
                "key": cut.key,
                "priority": cut.priority,
            },
        )
        for label, priority, *sums, times in cursor.fetchall():
            found.setdefault(label, {})[priority] = _counts(sums, times)
    return found


def _labelled(each: Iterable[Period]) -> Iterator[Labelled]:
    for number, week in enumerate(each):
        for span, start in pieces(week.first, week.last, largest=WEEK):
            yield number, span, start


def _whole(label: int, first: date, last: date) -> Iterator[Labelled]:
    for span, start in pieces(first, last):
        yield label, span, start


def _sum(parts: Iterable[Counts]) -> Counts:
    return sum(parts, Counts())
