"""Everything the dashboard shows, put together with a handful of queries."""

from dataclasses import dataclass
from datetime import date, datetime

from django.db import connection

from opsdesk.accounts.models import User
from sla.models import Contract, ContractVersion
from snags.days import day_of
from snags.figures import live
from snags.figures.counts import Counts, CurveWeek, Line, Week, curve, tables, weeks
from snags.figures.definitions import Cut, Dimension
from snags.figures.live import Live
from snags.figures.periods import Period
from snags.models import GoLive, Snag
from snags.services.rollups import HEARTBEAT


@dataclass(frozen=True)
class Freshness:
    """What the figures know of: everything committed before `as_of`."""

    now: datetime
    as_of: datetime | None

    @property
    def lag_seconds(self) -> int | None:
        if self.as_of is None:
            return None
        return max(0, int((self.now - self.as_of).total_seconds()))


@dataclass(frozen=True)
class Decision:
    """A snag that waits for somebody to decide."""

    pk: int
    title: str
    priority: int
    owner: str
    next_due_at: datetime | None
    reported_at: datetime

    @property
    def url(self) -> str:
        return Snag(pk=self.pk).get_absolute_url()


@dataclass(frozen=True)
class Board:
    """The dashboard's figures for one cut and period, all from one moment."""

    cut: Cut
    period: Period
    at: datetime
    weeks: list[Week]
    total: Counts
    before: Counts
    tables: dict[str, list[Line]]
    golive: int | None
    curve: list[CurveWeek]
    live: Live
    decisions: list[Decision]
    target: int | None

    @property
    def is_empty(self) -> bool:
        """Nothing came, went or stands open, in this period or the one before."""
        both = self.total + self.before
        happened = both.opened + both.resolved + both.breached + both.response
        return not (happened or both.resolution or self.live.total.open)


def board(
    cut: Cut,
    period: Period,
    *,
    user: User,
    golive: tuple[int, date] | None,
    now: datetime,
) -> Board:
    """Count a board from rollups and open rows."""
    each, before = weeks(cut, period)
    whole = cut.dimension == Dimension.ALL
    standing = live.standing(cut, now)
    return Board(
        cut=cut,
        period=period,
        at=now,
        weeks=each,
        total=sum((week.counts for week in each), Counts()),
        before=before,
        tables=tables(cut, period, also=standing.by_value) if whole else {},
        golive=golive[0] if golive else None,
        curve=_curve(cut, golive, day_of(now)),
        live=standing,
        decisions=_decisions(cut, user, now),
        target=target_percent(now),
    )


def fresh_as_of() -> Freshness:
    """When figures were last counted; earlier when a noted day still waits.

    On the database clock, in one query.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT clock_timestamp(),"
            " (SELECT at FROM core_heartbeat WHERE name = %s),"
            " (SELECT min(noted_at) FROM snags_rollupnote)",
            [HEARTBEAT],
        )
        now, counted, waiting = cursor.fetchone()
    if counted and waiting:
        return Freshness(now, min(counted, waiting))
    return Freshness(now, counted)


def golives() -> list[GoLive]:
    """Every go-live, the latest first."""
    return list(GoLive.objects.order_by("-went_live_on", "name"))


def target_percent(now: datetime) -> int | None:
    """The share of promises to be kept, by contract; the strictest of several."""
    versions = (
        ContractVersion.objects.in_force()
        .filter(
            contract__kind=Contract.Kind.SLA,
            contract__is_active=True,
            effective_from__lte=now,
        )
        .order_by("contract_id", "-effective_from")
        .distinct("contract_id")
        .values_list("compliance_percent", flat=True)
    )
    return max(versions, default=None)


def _curve(cut: Cut, golive: tuple[int, date] | None, today: date) -> list[CurveWeek]:
    if golive is None or golive[1] > today:
        return []
    number, day = golive
    of_golive = Cut(cut.departments, cut.priority, Dimension.GOLIVE, str(number))
    return curve(of_golive, day, today)


def _decisions(cut: Cut, user: User, now: datetime) -> list[Decision]:
    found = live.undecided(cut, user=user, now=now)
    decisions = [
        Decision(
            row["pk"],
            row["title"],
            row["priority"],
            row["owner__name"] or "",
            row["next_due_at"],
            row["reported_at"],
        )
        for row in found
    ]
    late = [d for d in decisions if d.next_due_at and d.next_due_at < now]
    rest = [d for d in decisions if d not in late]
    return sorted(late, key=lambda d: (d.priority, d.next_due_at)) + sorted(
        rest, key=lambda d: (d.priority, d.reported_at)
    )
