"""How things stand right now, counted over open rows in one pass."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import connection
from django.db.models import F, QuerySet

from opsdesk.accounts.models import User
from snags.days import day_of
from snags.figures.definitions import AGES, FIGURES, OLD_DAYS, Cut, Dimension
from snags.figures.definitions import rows as rows_of
from snags.figures.periods import Period
from snags.moves import OPEN

# The most pressing priorities: late ones ask for somebody's decision.
PRESSING = (1, 2)
DECISIONS = 4
NO_AGES = (0,) * len(AGES)
_NUMBERS = ("open", "late", "at_risk", "unowned", "old")


@dataclass(frozen=True)
class Standing:
    """Open snags: how many are late or soon will be, unowned, and how old they are."""

    open: int = 0
    late: int = 0
    at_risk: int = 0
    unowned: int = 0
    old: int = 0
    ages: tuple[int, ...] = NO_AGES

    def __add__(self, other: "Standing") -> "Standing":
        return Standing(
            self.open + other.open,
            self.late + other.late,
            self.at_risk + other.at_risk,
            self.unowned + other.unowned,
            self.old + other.old,
            tuple(a + b for a, b in zip(self.ages, other.ages, strict=True)),
        )


@dataclass(frozen=True)
class Live:
    """The open snags by priority, and by each value of each table."""

    by_priority: dict[int, Standing]
    by_value: dict[str, dict[str, Standing]]

    @property
    def total(self) -> Standing:
        return sum(self.by_priority.values(), Standing())


# What grouping() says of a row: which one of the columns it is grouped by.
_GROUPS = {
    0: "priority",
    0b0111: Dimension.TEAM.value,
    0b1011: Dimension.OWNER.value,
    0b1101: Dimension.PROCESS.value,
    0b1110: Dimension.CAUSE.value,
}
_AGES = " ".join(
    f"WHEN reported_at > %(now)s - interval '{age.oldest} days' THEN {number}"
    for number, age in enumerate(AGES[:-1])
)
_AGE_COUNTS = ", ".join(
    f"count(*) FILTER (WHERE age = {number})" for number in range(len(AGES))
)
# ruff: noqa: S608 - the texts are put together from this module's own constants.
# Open rows are read once; tables ask less of them than the tiles do.
_STANDING = f"""
WITH open AS MATERIALIZED (
    SELECT priority, team_id, owner_id, process_id, cause,
        next_due_at < %(now)s AS late,
        next_due_at >= %(now)s AND at_risk_from <= %(now)s AS at_risk,
        reported_at <= %(now)s - interval '{OLD_DAYS} days' AS old,
        CASE {_AGES} ELSE {len(AGES) - 1} END AS age
    FROM snags_snag
    WHERE status IN ({", ".join(f"'{status}'" for status in OPEN)})
        AND (%(departments)s::bigint[] IS NULL
             OR department_id = ANY(%(departments)s::bigint[]))
        AND (%(priority)s::int IS NULL OR priority = %(priority)s)
        AND (%(team)s::bigint IS NULL OR team_id = %(team)s)
)
SELECT 0, priority::text, count(*), count(*) FILTER (WHERE late),
    count(*) FILTER (WHERE at_risk), count(*) FILTER (WHERE owner_id IS NULL),
    count(*) FILTER (WHERE old), ARRAY[{_AGE_COUNTS}]::int[]
FROM open GROUP BY priority
UNION ALL
SELECT grouping(team_id, owner_id, process_id, cause),
    coalesce(team_id::text, owner_id::text, process_id::text, cause, ''),
    count(*), count(*) FILTER (WHERE late), 0, 0, count(*) FILTER (WHERE old), NULL
FROM open
GROUP BY GROUPING SETS ((team_id), (owner_id), (process_id), (cause))
"""


def standing(cut: Cut, now: datetime) -> Live:
    """The open snags of everything or of one team, each once in every grouping."""
    by_priority: dict[int, Standing] = {}
    by_value: dict[str, dict[str, Standing]] = {name: {} for name in _GROUPS.values()}
    with connection.cursor() as cursor:
        cursor.execute(_STANDING, _parameters(cut, now))
        for group, key, *numbers, ages in cursor.fetchall():
            named = dict(zip(_NUMBERS, numbers, strict=True))
            one = Standing(**named, ages=tuple(ages or NO_AGES))
            if _GROUPS[group] == "priority":
                by_priority[int(key)] = one
            else:
                by_value[_GROUPS[group]][key] = one
    return Live(by_priority, by_value)


def undecided(cut: Cut, *, user: User, now: datetime) -> QuerySet[Any, dict[str, Any]]:
    """What needs a decision: pressing snags longest overdue, and those nobody owns.

    Both are read from an index of open snags by their next deadline.
    """
    today = Period(day_of(now), day_of(now))
    late = rows_of(FIGURES["late"], cut, today, user=user, now=now)
    unowned = rows_of(FIGURES["unowned"], cut, today, user=user, now=now)
    names = ("pk", "title", "priority", "next_due_at", "reported_at", "owner__name")
    due = F("next_due_at").asc(nulls_last=True)
    first = late.filter(priority__in=PRESSING).order_by(due, "pk")
    soonest = unowned.order_by(due, "pk")
    pressing: QuerySet[Any, dict[str, Any]] = first.values(*names)[:DECISIONS]
    return pressing.union(soonest.values(*names)[:DECISIONS])


def _parameters(cut: Cut, now: datetime) -> dict[str, Any]:
    if cut.dimension not in {Dimension.ALL, Dimension.TEAM}:
        raise ValueError(f"Open rows are not counted by {cut.dimension} here.")
    return {
        "now": now,
        "departments": None if cut.departments is None else sorted(cut.departments),
        "priority": cut.priority,
        "team": int(cut.key) if cut.dimension == Dimension.TEAM else None,
    }
