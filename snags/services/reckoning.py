"""What a clock shows, computed and put on record; the verbs are in `clocks`.

Three things stay true: a clock's cached deadline equals what the engine computes, every
computation leaves a revision, and the snag carries the earliest deadline of its live
clocks. The snag's row is locked by whoever calls.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from opsdesk.accounts.models import User
from opsdesk.core.errors import RuleError
from opsdesk.core.fields import is_sane
from sla.clocks import Interval, Reading, read
from sla.hours import CalendarError
from snags.clockwork import BREACH, inputs_of, terms_of
from snags.models import Clock, ClockEvent, ClockRevision, Snag
from snags.services.clock_news import record
from snags.services.rows import note_days

State = Clock.State
Fired = Mapping[str, ClockEvent]  # level -> the last time it went off
# Causes that put a deadline into the past; else a promise breaks by time alone.
BREAKING = frozenset({"priority_raised", "correction", "amendment", "tzdata"})

TOO_FAR = "A deadline would lie after 2099."


@dataclass(frozen=True)
class Cause:
    """Why a clock is computed again, by whom, and as of when."""

    name: str
    at: datetime
    actor: User | None = None


def breaking(cause: Cause) -> str:
    """What a breach is put down to: the cause that moved the deadline, or just time."""
    return cause.name if cause.name in BREAKING else ""


def compute(
    clock: Clock,
    pauses: tuple[Interval, ...],
    fired: Fired,
    at: datetime,
    *,
    armed_since: datetime | None = None,
) -> Reading:
    """Write what the engine says as of `at` into the clock's columns (not saved).

    A warning that was told before is told again when it now lies after `armed_since`
    (if not given: after `at`) and later than when it was told. Refuses hours that
    never open again.
    """
    reading = _read(clock, pauses, at)
    if BREACH not in fired:
        # Nobody was told: it follows from the facts like the deadline does.
        clock.breached_at = None
    clock.state = State(reading.state)
    clock.due_at = reading.due_at
    # On hold with a known deadline means that it fell before the hold: it is lost.
    lost = reading.breached or (reading.state == "paused" and reading.due_at)
    if lost and clock.breached_at is None:
        clock.breached_at = reading.due_at
    if clock.state == State.PAUSED and clock.due_at is None and clock.breached_at:
        clock.due_at = clock.breached_at
    if clock.breached_at is None:
        clock.breach_cause = ""
    if clock.stopped_at:
        clock.elapsed_seconds = reading.elapsed_seconds
    upcoming = None
    if clock.state == State.RUNNING:
        upcoming = next_armed(reading.levels, fired, armed_since or at)
    clock.next_event_at, clock.next_level = upcoming or (None, "")
    return reading


def passed(
    clock: Clock, reading: Reading, fired: Fired, cause: Cause | None = None
) -> list[ClockEvent]:
    """The levels a clock has passed and nobody has recorded yet."""
    limit = clock.stopped_at or (cause.at if cause else None)
    # A clock on hold shows only levels it reached before, at the last instant included.
    held = clock.state == State.PAUSED
    return [
        ClockEvent(
            clock=clock,
            level=level,
            due_at=due,
            cause=clock.breach_cause if level == BREACH else "",
        )
        for due, level in reading.levels
        if level not in fired and (held or limit is None or due < limit)
    ]


def next_armed(
    levels: Iterable[tuple[datetime, str]], fired: Fired, since: datetime
) -> tuple[datetime, str] | None:
    """The next level to tell; a breach is told once, a warning again once it moved."""
    for due, level in levels:
        if is_armed(level, due, fired, since):
            return due, level
    return None


def is_armed(level: str, due: datetime, fired: Fired, since: datetime) -> bool:
    last = fired.get(level)
    return last is None or (level != BREACH and since < due > last.due_at)


def cache_due(
    snag: Snag, clocks: Iterable[Clock], pauses: tuple[Interval, ...]
) -> None:
    """Set (and save, if stored) the earliest deadline and warning of its clocks."""
    live = [clock for clock in clocks if clock.is_live]
    due = [clock.due_at for clock in live if clock.due_at]
    risk = [instant for clock in live if (instant := _risk_from(clock, pauses))]
    before = snag.next_due_at, snag.at_risk_from
    snag.next_due_at = min(due, default=None)
    snag.at_risk_from = min(risk, default=None)
    if snag.pk and before != (snag.next_due_at, snag.at_risk_from):
        Snag.objects.filter(pk=snag.pk).update(
            next_due_at=snag.next_due_at, at_risk_from=snag.at_risk_from
        )


def fired_levels(clocks: Iterable[Clock]) -> dict[int, dict[str, ClockEvent]]:
    """For each clock, the levels on record, each as it went off last."""
    fired: dict[int, dict[str, ClockEvent]] = defaultdict(dict)
    rows = ClockEvent.objects.filter(
        clock__in=[clock.pk for clock in clocks], voided_at__isnull=True
    )
    for event in rows.order_by("arm", "pk"):
        fired[event.clock_id][event.level] = event
    return fired


def settle(
    clock: Clock, pauses: tuple[Interval, ...], fired: Fired, cause: Cause
) -> None:
    """Compute, record what was passed, save, and leave a revision."""
    old, broke_at = clock.due_at, clock.breached_at
    was_late = old is not None and old < cause.at
    reading = compute(clock, pauses, fired, cause.at)
    if clock.breached_at != broke_at:
        # Where nobody was told yet, only this remembers on which day it counted.
        note_days(broke_at, clock.breached_at)
    if clock.breached_at and not broke_at and not was_late:
        clock.breach_cause = breaking(cause)
    events = passed(clock, reading, fired, cause)
    told = {**fired, **{event.level: event for event in events}}
    compute(clock, pauses, told, cause.at)
    clock.revision += 1
    clock.save()
    record(events)
    ClockRevision.objects.bulk_create([revision_of(clock, old, pauses, cause)])


def take_off(clock: Clock, pauses: tuple[Interval, ...], cause: Cause) -> None:
    """Cancel a clock: nobody is held to it any more."""
    old = clock.due_at
    clock.state = State.CANCELLED
    clock.next_event_at, clock.next_level = None, ""
    clock.revision += 1
    clock.save()
    ClockRevision.objects.bulk_create([revision_of(clock, old, pauses, cause)])


def revision_of(
    clock: Clock, old: datetime | None, pauses: tuple[Interval, ...], cause: Cause
) -> ClockRevision:
    return ClockRevision(
        clock=clock,
        number=clock.revision,
        at=cause.at,
        actor=cause.actor,
        cause=cause.name,
        old_due_at=old,
        new_due_at=clock.due_at,
        contract_version=clock.contract_version,
        inputs=inputs_of(clock, pauses),
    )


def _read(clock: Clock, pauses: tuple[Interval, ...], at: datetime) -> Reading:
    try:
        return _in_bounds(read(terms_of(clock, pauses), at))
    except CalendarError as error:
        raise RuleError(
            f"The support hours this promise is counted in cannot be used: {error}"
            " A manager has to correct the calendar.",
            code="calendar_unusable",
        ) from error


def _in_bounds(reading: Reading) -> Reading:
    """Hours so few that a deadline lies centuries ahead are no use either."""
    dues = [due for due, _ in reading.levels]
    if not all(is_sane(due) for due in (*dues, reading.due_at) if due):
        raise CalendarError(TOO_FAR)
    return reading


def _risk_from(clock: Clock, pauses: tuple[Interval, ...]) -> datetime | None:
    """When a live clock starts to look risky: its first warning, else its deadline."""
    if clock.due_at is None:
        return None
    shares = clock.contract_version.warn_percents
    if not shares or clock.state == State.PAUSED:
        return clock.due_at
    reading = _read(clock, pauses, clock.started_at)
    return min((due for due, _ in reading.levels), default=clock.due_at)
