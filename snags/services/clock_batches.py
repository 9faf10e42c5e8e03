"""Many clocks computed at once: whole seconds in, one statement out.

The sums are the engine's own, on integers; what does not fit them (a clock that breaks
while on hold, one whose promise is gone) takes the slow way of a single verb.
"""

import json
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db import connection, transaction

from opsdesk.core.errors import RuleError
from opsdesk.core.fields import LATEST
from sla.hours import CalendarError
from sla.models import ContractVersion, Target
from sla.queries import StoredTimeline, load, timeline_of
from sla.terms import Interval, Terms, level_s, target_s, union_s
from sla.walltime import EPOCH, moment_of, seconds_of
from snags.clockwork import BREACH, intervals, levels_of
from snags.models import Clock, ClockEvent, Pause, Snag
from snags.services.clock_writing import (
    Computed,
    Promise,
    Row,
    Shown,
    array,
    write_clocks,
    write_snags,
)
from snags.services.reckoning import (
    Cause,
    breaking,
    cache_due,
    fired_levels,
    settle,
    take_off,
)
from snags.services.rows import note_days

END = seconds_of(LATEST)  # no deadline can be kept from here on
Fired = dict[str, int]  # level -> when it was due the last time it went off

# Whoever writes clocks holds their snag, so these need no lock of their own.
CLOCKS = """
SELECT snag_id, id, kind, priority, extract(epoch FROM started_at)::bigint, state,
       revision, contract_version_id, target_seconds, target_days, timeline::text,
       is_pausable, extract(epoch FROM due_at)::bigint,
       extract(epoch FROM breached_at)::bigint, breach_cause
  FROM snags_clock
 WHERE snag_id = ANY(%s::bigint[]) AND state IN ('running', 'paused')
 ORDER BY snag_id, id
"""
SNAGS = """
SELECT id FROM snags_snag WHERE id = ANY(%s::bigint[]) ORDER BY id
   FOR NO KEY UPDATE SKIP LOCKED
"""
PAUSES = """
SELECT snag_id, from_at, to_at FROM snags_pause WHERE snag_id = ANY(%s::bigint[])
 ORDER BY snag_id, from_at, id
"""
FIRED = """
SELECT clock_id, level, extract(epoch FROM due_at)::bigint FROM snags_clockevent
 WHERE clock_id = ANY(%s::bigint[]) AND voided_at IS NULL ORDER BY arm, id
"""


@dataclass
class Batch:
    """What became of some snags: those somebody held are left for the next pass.

    Those refused have a clock that cannot be counted, for the reason given.
    """

    written: int = 0
    skipped: list[int] = field(default_factory=list)
    refused: dict[int, str] = field(default_factory=dict)


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
        self.promises: dict[tuple[int, str, int], Promise] = {}
        self.terms: dict[Promise, Terms] = {}

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

    def promise(self, row: Row) -> Promise:
        """What the clock should run by; refused when that is gone."""
        key = row.promise.version, row.kind, row.priority
        if key not in self.promises:
            self.promises[key] = self._promise(*key)
        return self.promises[key]

    def terms_of(self, promise: Promise) -> Terms:
        """What its sums need, shared by all clocks that run by it."""
        if promise not in self.terms:
            self.terms[promise] = Terms(
                start=EPOCH,
                seconds=promise.seconds,
                business_days=promise.days,
                calendar=load(json.loads(promise.timeline)),
                levels=levels_of(self.versions[promise.version]),
            )
        return self.terms[promise]

    def _promise(self, stored: int, kind: str, priority: int) -> Promise:
        version = self.version(stored)
        target = self.targets.get((version.pk, kind, priority))
        if target is None:
            raise Unusual
        return Promise(
            version=version.pk,
            seconds=target.seconds,
            days=target.business_days,
            timeline=self.timeline(target.calendar_id)[1],
            is_pausable=version.lets_pause(kind),
        )


def recompute_batch(ids: Sequence[int], in_force: InForce, cause: Cause) -> Batch:
    """Compute the live clocks of some snags again, in the caller's transaction.

    The snags' rows are taken before the clocks'; what somebody holds is left out. A
    deadline that now lies in the past is told by the sweep, which finds it by its next
    event.
    """
    free = [pk for (pk,) in _fetched(SNAGS, ids)]
    batch = Batch(skipped=sorted(set(ids).difference(free)))
    by_snag = _clocks_of(free)
    pauses = _pauses_of(free)
    fired = _fired([row.pk for rows in by_snag.values() for row in rows])
    changed, caches, slow = [], [], []
    for snag, rows in by_snag.items():
        held = pauses.get(snag, ())
        try:
            done = [
                _computed(row, held, fired.get(row.pk, {}), in_force, cause)
                for row in rows
            ]
        except (Unusual, CalendarError):
            slow.append(snag)
            continue
        changed += [clock for clock in done if clock.is_different]
        caches.append((snag, *_earliest(done)))
    write_clocks(changed, pauses, cause)
    write_snags(caches)
    # A breach nobody was told of is on no record but the day that counted it.
    days = [(c.row.shown.breached, c.shown.breached) for c in changed]
    note_days(*(moment_of(s) for a, b in days if a != b for s in (a, b) if s))
    batch.written = len(changed)
    for snag in slow:
        try:
            batch.written += _slowly(snag, in_force, cause)
        except RuleError as error:
            batch.refused[snag] = str(error)
    return batch


def _computed(
    row: Row,
    pauses: tuple[Interval, ...],
    told: Fired,
    in_force: InForce,
    cause: Cause,
) -> Computed:
    promise = in_force.promise(row)
    # A breach nobody was told of follows from the facts like the deadline does.
    breached = row.shown.breached if BREACH in told else None
    terms = in_force.terms_of(promise)
    held, hold = _split(pauses, cause.at) if promise.is_pausable else ((), None)
    if (hold is not None) != (row.state == Clock.State.PAUSED):
        raise Unusual
    reached = target_s(terms, row.start, held)
    due = reached[0]
    if due >= END:
        raise Unusual
    if hold is not None:
        shown = _on_hold(row.shown, due, hold, breached)
        return Computed(row, promise, shown, shown.due)
    levels = sorted(
        [
            (level_s(terms, level, row.start, reached, held), level.name)
            for level in terms.levels
        ]
    )
    if levels and levels[-1][0] >= END:
        raise Unusual
    now = seconds_of(cause.at)
    event, name = _next(levels, told, now)
    if breached is None and due < now:
        breached = due
    why = _why(row.shown, now, cause) if breached else ""
    shown = Shown(due, breached, why, event, name)
    return Computed(row, promise, shown, levels[0][0])


def _on_hold(before: Shown, due: int, hold: int, breached: int | None) -> Shown:
    """A clock on hold shows a deadline only if it was missed before the hold."""
    if due <= hold and breached is None:
        raise Unusual
    return Shown(
        due=due if due <= hold else breached,
        breached=breached,
        breach_cause=before.breach_cause if breached else "",
    )


def _why(before: Shown, now: int, cause: Cause) -> str:
    """What a breach is put down to: to what it was, if it was late before."""
    late = before.breached is not None or (before.due is not None and before.due < now)
    return before.breach_cause if late else breaking(cause)


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


def _earliest(done: list[Computed]) -> tuple[int | None, int | None]:
    due = [clock.shown.due for clock in done if clock.shown.due is not None]
    risk = [clock.risk for clock in done if clock.risk is not None]
    return min(due, default=None), min(risk, default=None)


def _clocks_of(snags: Sequence[int]) -> dict[int, list[Row]]:
    found: dict[int, list[Row]] = defaultdict(list)
    for snag, pk, kind, priority, start, state, revision, *rest in _fetched(
        CLOCKS, snags
    ):
        promise, shown = Promise(*rest[:5]), Shown(*rest[5:])
        row = Row(pk, snag, kind, priority, start, state, revision, promise, shown)
        found[snag].append(row)
    return found


def _pauses_of(snags: Sequence[int]) -> dict[int, tuple[Interval, ...]]:
    found: dict[int, list[Interval]] = defaultdict(list)
    for snag, start, end in _fetched(PAUSES, snags):
        found[snag].append((start, end))
    return {snag: tuple(pauses) for snag, pauses in found.items()}


def _fired(clocks: Sequence[int]) -> dict[int, Fired]:
    found: dict[int, Fired] = defaultdict(dict)
    for clock, level, due in _fetched(FIRED, clocks):
        found[clock][level] = due
    return found


def _fetched(statement: str, ids: Sequence[int]) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(statement, [array(ids)])
        rows: list[tuple[Any, ...]] = cursor.fetchall()
    return rows


@transaction.atomic
def _slowly(pk: int, in_force: InForce, cause: Cause) -> int:
    """One snag by the way of the verbs, all its clocks or none; its row is held."""
    snag = Snag.objects.get(pk=pk)
    rows = Clock.objects.filter(snag=snag).select_related("contract_version", "snag")
    clocks = list(rows.order_by("pk"))
    pauses = intervals(Pause.objects.filter(snag=snag).order_by("from_at", "pk"))
    fired = fired_levels(clocks)
    live = [clock for clock in clocks if clock.is_live]
    for clock in live:
        _settle(clock, pauses, fired[clock.pk], in_force, cause)
    cache_due(snag, clocks, pauses)
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
