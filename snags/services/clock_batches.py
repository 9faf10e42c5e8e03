"""Many clocks computed at once: whole seconds in, COPY and one UPDATE out.

The sums are the engine's own, on integers; what does not fit them (a clock that breaks
while on hold, one whose promise is gone) takes the slow way of a single verb.
"""

import json
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import structlog
from django.db import connection, transaction

from opsdesk.core.errors import RuleError
from sla.hours import CalendarError
from sla.models import ContractVersion, Target
from sla.queries import StoredTimeline, load, timeline_of
from sla.terms import Interval, Terms, level_s, target_s, union_s
from sla.walltime import EPOCH, moment_of, seconds_of
from snags.clockwork import BREACH, intervals, levels_of
from snags.models import Clock, ClockEvent, Pause, Snag
from snags.services.clock_copy import Row, write_clocks, write_snags
from snags.services.reckoning import (
    Cause,
    breaking,
    cache_due,
    fired_levels,
    settle,
    take_off,
)
from snags.services.rows import note_days

log = structlog.get_logger()

Fired = dict[str, int]  # level -> when it was due the last time it went off

CLOCKS = """
SELECT id, snag_id, kind, contract_version_id, priority,
       extract(epoch FROM started_at)::bigint, target_seconds, target_days,
       timeline::text, is_pausable, state, extract(epoch FROM due_at)::bigint,
       extract(epoch FROM breached_at)::bigint, breach_cause, revision,
       extract(epoch FROM next_event_at)::bigint, next_level
  FROM snags_clock
 WHERE snag_id = ANY(%s) AND state IN ('running', 'paused')
 ORDER BY snag_id, id
   FOR NO KEY UPDATE
"""


@dataclass
class Batch:
    """What became of some snags: those somebody held are left for the next pass."""

    written: int = 0
    skipped: list[int] = field(default_factory=list)


class Unusual(Exception):  # noqa: N818 - a branch, not an error
    """This clock takes the slow way."""


class InForce:
    """The terms in force, read once for a whole run."""

    def __init__(self) -> None:
        versions = ContractVersion.objects.order_by("pk")
        self.versions = {version.pk: version for version in versions}
        self.targets = {
            (target.version_id, target.kind, target.priority): target
            for target in Target.objects.order_by("pk")
        }
        self.timelines: dict[int, tuple[StoredTimeline, str]] = {}
        self.terms: dict[tuple[Any, ...], Terms] = {}

    def timeline(self, calendar_id: int) -> tuple[StoredTimeline, str]:
        """A calendar's timeline, also as the database writes it."""
        if calendar_id not in self.timelines:
            stored = timeline_of(calendar_id)
            self.timelines[calendar_id] = stored, json.dumps(stored)
        return self.timelines[calendar_id]

    def version(self, pk: int) -> ContractVersion:
        """A contract version, or the one that corrected it."""
        found = self.versions[pk]
        while found.replaced_by_id is not None:
            found = self.versions[found.replaced_by_id]
        return found

    def brought_up(self, row: Row) -> Row:
        """The clock as it should run; refused when its promise is gone."""
        version = self.version(row.version)
        target = self.targets.get((version.pk, row.kind, row.priority))
        if target is None:
            raise Unusual
        return row._replace(
            version=version.pk,
            seconds=target.seconds,
            days=target.business_days,
            timeline=self.timeline(target.calendar_id)[1],
            is_pausable=version.lets_pause(row.kind),
        )

    def terms_of(self, row: Row) -> Terms:
        """What its sums need, shared by all clocks of the same promise."""
        key = row.version, row.seconds, row.days, row.timeline
        if key not in self.terms:
            self.terms[key] = Terms(
                start=EPOCH,
                seconds=row.seconds,
                business_days=row.days,
                calendar=load(json.loads(row.timeline)),
                levels=levels_of(self.versions[row.version]),
            )
        return self.terms[key]


def recompute_batch(ids: Sequence[int], in_force: InForce, cause: Cause) -> Batch:
    """Compute the live clocks of some snags again, in the caller's transaction.

    The snags' rows are taken before the clocks'; what somebody holds is left out. A
    deadline that now lies in the past is told by the sweep, which finds it by its next
    event.
    """
    batch = Batch()
    free = _taken(ids)
    batch.skipped = sorted(set(ids) - set(free))
    by_snag: dict[int, list[Row]] = defaultdict(list)
    for values in _fetched(CLOCKS, free):
        by_snag[values[1]].append(Row(*values))
    pauses = _pauses_of(free)
    fired = _fired(by_snag)
    changed, caches, slow = [], [], []
    for snag, rows in by_snag.items():
        held = pauses.get(snag, ())
        try:
            done = [_recomputed(row, held, fired, in_force, cause) for row in rows]
        except (Unusual, CalendarError):
            slow.append(snag)
            continue
        changed += [
            (old, now)
            for old, (now, _) in zip(rows, done, strict=True)
            if old is not now
        ]
        caches.append((snag, *_earliest(done)))
    write_clocks(changed, pauses, cause)
    write_snags(caches)
    # A breach nobody was told of is on no record but the day that counted it.
    moved = [pair for pair in changed if pair[0].breached != pair[1].breached]
    note_days(*(moment_of(r.breached) for pair in moved for r in pair if r.breached))
    batch.written = len(changed) + sum(_slowly(s, in_force, cause) for s in slow)
    return batch


def _recomputed(
    row: Row,
    pauses: tuple[Interval, ...],
    fired: dict[int, Fired],
    in_force: InForce,
    cause: Cause,
) -> tuple[Row, int | None]:
    """The clock as it is now and when it starts to look risky; itself if unchanged."""
    wanted = in_force.brought_up(row)
    told = fired.get(row.pk, {})
    # A breach nobody was told of follows from the facts like the deadline does.
    breached = row.breached if BREACH in told else None
    terms = in_force.terms_of(wanted)
    held, hold = _split(pauses, cause.at) if wanted.is_pausable else ((), None)
    if (hold is not None) != (row.state == Clock.State.PAUSED):
        raise Unusual
    reached = target_s(terms, row.start, held)
    due = reached[0]
    if hold is not None:
        wanted = _on_hold(wanted, due, hold, breached)
        return _or_itself(row, wanted), wanted.due
    levels = sorted(
        (level_s(terms, level, row.start, reached, held), level.name)
        for level in terms.levels
    )
    now = seconds_of(cause.at)
    event, name = _next(levels, told, now)
    if breached is None and due < now:
        breached = due
    was_late = row.breached is not None or (row.due is not None and row.due < now)
    why = row.breach_cause if was_late else breaking(cause)
    wanted = wanted._replace(
        due=due,
        event=event,
        level=name,
        breached=breached,
        breach_cause=why if breached else "",
    )
    return _or_itself(row, wanted), levels[0][0]


def _on_hold(wanted: Row, due: int, hold: int, breached: int | None) -> Row:
    """A clock on hold shows a deadline only if it was missed before the hold."""
    if due <= hold and breached is None:
        raise Unusual
    return wanted._replace(
        due=due if due <= hold else breached,
        breached=breached,
        breach_cause=wanted.breach_cause if breached else "",
    )


def _or_itself(row: Row, wanted: Row) -> Row:
    """Nothing to write when nothing is different: running twice is running once."""
    if wanted.differs(row):
        return wanted._replace(revision=row.revision + 1)
    return row


def _next(
    levels: list[tuple[int, str]], fired: Fired, now: int
) -> tuple[int | None, str]:
    """The same as `reckoning.next_armed`, in seconds."""
    for due, level in levels:
        last = fired.get(level)
        if last is None or (level != BREACH and now < due > last):
            return due, level
    return None, ""


def _split(
    pauses: tuple[Interval, ...], at: datetime
) -> tuple[tuple[tuple[int, int], ...], int | None]:
    """Finished pauses, and since when an open one holds the clock."""
    if not pauses:
        return (), None
    ended = [pause for pause in pauses if pause[1] is not None]
    if any(end and end > at for _, end in ended):
        raise Unusual
    opened = [seconds_of(start) for start, end in pauses if end is None]
    return union_s(ended), min(opened, default=None)


def _earliest(done: list[tuple[Row, int | None]]) -> tuple[int | None, int | None]:
    due = [row.due for row, _ in done if row.due is not None]
    risk = [at for _, at in done if at is not None]
    return min(due, default=None), min(risk, default=None)


def _taken(ids: Sequence[int]) -> list[int]:
    statement = (
        "SELECT id FROM snags_snag WHERE id = ANY(%s) ORDER BY id"
        " FOR NO KEY UPDATE SKIP LOCKED"
    )
    return [row[0] for row in _fetched(statement, list(ids))]


def _fetched(statement: str, *params: Any) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(statement, params)
        rows: list[tuple[Any, ...]] = cursor.fetchall()
    return rows


def _pauses_of(snags: Sequence[int]) -> dict[int, tuple[Interval, ...]]:
    found: dict[int, list[Interval]] = defaultdict(list)
    rows = Pause.objects.filter(snag__in=snags).order_by("snag", "from_at", "pk")
    for snag, start, end in rows.values_list("snag_id", "from_at", "to_at"):
        found[snag].append((start, end))
    return {snag: tuple(pauses) for snag, pauses in found.items()}


def _fired(by_snag: dict[int, list[Row]]) -> dict[int, Fired]:
    found: dict[int, Fired] = defaultdict(dict)
    ids = [row.pk for rows in by_snag.values() for row in rows]
    rows = ClockEvent.objects.filter(clock__in=ids, voided_at__isnull=True)
    told = rows.order_by("arm", "pk").values_list("clock_id", "level", "due_at")
    for clock, level, due in told:
        found[clock][level] = seconds_of(due)
    return found


def _slowly(pk: int, in_force: InForce, cause: Cause) -> int:
    """One snag by the way of the verbs, all its clocks or none; its row is held."""
    snag = Snag.objects.get(pk=pk)
    rows = Clock.objects.filter(snag=snag).select_related("contract_version", "snag")
    clocks = list(rows.order_by("pk"))
    pauses = intervals(Pause.objects.filter(snag=snag).order_by("from_at", "pk"))
    fired = fired_levels(clocks)
    live = [clock for clock in clocks if clock.is_live]
    try:
        with transaction.atomic():
            for clock in live:
                _settle(clock, pauses, fired[clock.pk], in_force, cause)
            cache_due(snag, clocks, pauses)
    except RuleError as error:
        log.exception("clocks_cannot_count", snag=pk, reason=str(error))
        return 0
    return len(live)


def _settle(
    clock: Clock,
    pauses: tuple[Interval, ...],
    fired: dict[str, ClockEvent],
    in_force: InForce,
    cause: Cause,
) -> None:
    clock.contract_version = in_force.version(clock.contract_version_id)
    key = clock.contract_version_id, clock.kind, clock.priority
    target = in_force.targets.get(key)
    if target is None:
        take_off(clock, pauses, cause)
        return
    clock.target_seconds, clock.target_days = target.seconds, target.business_days
    clock.timeline = in_force.timeline(target.calendar_id)[0]
    clock.is_pausable = clock.contract_version.lets_pause(clock.kind)
    settle(clock, pauses, fired, cause)
