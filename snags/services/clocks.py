"""Clocks: started, paused, stopped and recomputed inside the verbs that cause it.

Every function here expects the snag's row to be locked by its caller, and keeps three
things true in the same transaction: a clock's cached deadline equals what the engine
computes, every computation leaves a revision, and the snag carries the earliest
deadline of its live clocks.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime

from opsdesk.accounts.models import User
from sla.clocks import Interval, Reading, read
from sla.models import ContractVersion
from sla.queries import Promise, load, promises_in_force
from snags.clockwork import BREACH, inputs_of, intervals, terms_of
from snags.models import Clock, ClockEvent, ClockRevision, Pause, Snag
from snags.services.rows import days_of, note_days

State = Clock.State
Fired = dict[str, int]  # level -> the last arm that went off


@dataclass(frozen=True)
class Cause:
    """Why a clock is computed again, by whom, and as of when."""

    name: str
    at: datetime
    actor: User | None = None


def plan_clocks(snag: Snag, at: datetime) -> list[Clock]:
    """The clocks a snag starts with, one for each promise in force, not yet saved.

    Also sets the snag's own due instants, so that it is inserted complete.
    """
    promises = promises_in_force(
        snag.environment.landscape, priority=snag.priority, at=snag.reported_at
    )
    clocks = [_new_clock(snag, promise, snag.reported_at) for promise in promises]
    for clock in clocks:
        compute(clock, (), {}, at)
    cache_due(snag, clocks, ())
    return clocks


def save_new(
    clocks: list[Clock], cause: Cause, pauses: tuple[Interval, ...] = ()
) -> None:
    """Insert planned clocks with their first revisions."""
    Clock.objects.bulk_create(clocks)
    ClockRevision.objects.bulk_create(
        _revision(clock, None, pauses, cause) for clock in clocks
    )


def recompute(snag: Snag, cause: Cause, *, kinds: Collection[str] = ()) -> None:
    """Compute the snag's live clocks again and record what they passed meanwhile."""
    clocks, pauses, fired = _load(snag)
    for clock in clocks:
        if clock.is_live and (not kinds or clock.kind in kinds):
            _settle(clock, pauses, fired[clock.pk], cause)
    cache_due(snag, clocks, pauses)


def stop(snag: Snag, kind: str, cause: Cause) -> bool:
    """Stop the live clock of a kind at the cause's instant; False when none runs.

    A breach told although the promise had been kept by then is voided, never deleted.
    """
    clocks, pauses, fired = _load(snag)
    live = [clock for clock in clocks if clock.is_live and clock.kind == kind]
    for clock in live:
        clock.stopped_at = max(cause.at, clock.started_at)
        _void_late_evidence(clock, cause)
        _settle(clock, pauses, fired[clock.pk], cause)
    cache_due(snag, clocks, pauses)
    if live:
        note_days(*days_of(snag))
    return bool(live)


def cancel(snag: Snag, cause: Cause, *, kinds: Collection[str] = ()) -> None:
    """Take live clocks off: nobody is held to them any more."""
    clocks, pauses, _ = _load(snag)
    for clock in clocks:
        if clock.is_live and (not kinds or clock.kind in kinds):
            _cancel(clock, cause, pauses)
    cache_due(snag, clocks, pauses)


def pause(snag: Snag, reason: str, cause: Cause) -> None:
    """Begin to wait; pausable clocks show what is left and have no deadline."""
    Pause.objects.create(snag=snag, reason=reason, from_at=cause.at, actor=cause.actor)
    recompute(snag, cause)


def unpause(snag: Snag, cause: Cause) -> bool:
    """End the open pause, if there is one; deadlines come back, later by its length."""
    ended = Pause.objects.filter(snag=snag, to_at__isnull=True).update(to_at=cause.at)
    if ended:
        recompute(snag, cause)
    return bool(ended)


def reprioritise(snag: Snag, cause: Cause) -> None:
    """Hold the snag to what was promised for its new priority, counted from the start.

    A deadline that thereby lies in the past is a breach with that cause; an earlier
    breach stays on record even when the new promise is wider.
    """
    clocks, pauses, fired = _load(snag)
    promises = {
        promise.target.kind: promise
        for promise in promises_in_force(
            snag.environment.landscape, priority=snag.priority, at=snag.reported_at
        )
    }
    for clock in clocks:
        if clock.is_live and clock.kind in promises:
            _adopt(clock, promises[clock.kind], snag.priority)
            _settle(clock, pauses, fired[clock.pk], cause)
        elif clock.is_live:
            _cancel(clock, cause, pauses)
    known = {clock.kind for clock in clocks}
    added = [
        _new_clock(snag, promise, snag.reported_at)
        for kind, promise in promises.items()
        if kind not in known
    ]
    for clock in added:
        compute(clock, pauses, {}, cause.at)
    save_new(added, cause, pauses)
    cache_due(snag, [*clocks, *added], pauses)


def reopen(snag: Snag, cause: Cause) -> None:
    """Let the resolution clock count again, in the way its contract says.

    Resume: the time it lay resolved does not count. New cycle: after the window a new
    clock starts; within it, it resumes. Never: it stays stopped.
    """
    clocks, _, fired = _load(snag)
    last = max(
        (c for c in clocks if c.kind == Clock.Kind.RESOLUTION and c.stopped_at),
        key=lambda clock: clock.cycle,
        default=None,
    )
    if last is None or last.stopped_at is None:
        return
    mode = last.contract_version.reopen_mode
    if mode == ContractVersion.ReopenMode.NEVER:
        return
    if mode == ContractVersion.ReopenMode.NEW_CYCLE and _window_passed(last, cause.at):
        added = _next_cycle(last, cause.at)
        compute(added, (), {}, cause.at)
        save_new([added], cause)
        cache_due(snag, [*clocks, added], ())
        return
    Pause.objects.create(
        snag=snag,
        reason=Pause.Reason.RESOLVED,
        from_at=last.stopped_at,
        to_at=cause.at,
        actor=cause.actor,
    )
    last.stopped_at = None
    last.elapsed_seconds = None
    pauses = intervals(snag.pauses.all())
    _settle(last, pauses, fired[last.pk], cause)
    cache_due(snag, clocks, pauses)


def compute(
    clock: Clock, pauses: tuple[Interval, ...], fired: Fired, at: datetime
) -> Reading:
    """Write what the engine says as of `at` into the clock's columns (not saved)."""
    reading = read(terms_of(clock, pauses), at)
    clock.state = State(reading.state)
    clock.due_at = reading.due_at
    # On hold with a known deadline means that it fell before the hold: it is lost.
    lost = reading.breached or (reading.state == "paused" and reading.due_at)
    if lost and clock.breached_at is None:
        clock.breached_at = reading.due_at
    if clock.state == State.PAUSED and clock.due_at is None and clock.breached_at:
        clock.due_at = clock.breached_at
    if clock.stopped_at:
        clock.elapsed_seconds = reading.elapsed_seconds
    upcoming = _upcoming(reading, fired, at) if clock.state == State.RUNNING else None
    clock.next_event_at, clock.next_level = upcoming or (None, "")
    return reading


def passed(
    clock: Clock, reading: Reading, fired: Fired, cause: Cause | None = None
) -> list[ClockEvent]:
    """The levels a clock has passed and nobody has recorded yet."""
    limit = clock.stopped_at or (cause.at if cause else None)
    return [
        ClockEvent(
            clock=clock,
            level=level,
            due_at=due,
            cause=cause.name if cause and level == BREACH else "",
        )
        for due, level in reading.levels
        if level not in fired and (limit is None or due < limit)
    ]


def cache_due(
    snag: Snag, clocks: Iterable[Clock], pauses: tuple[Interval, ...]
) -> None:
    """Set (and save, once it exists) the earliest deadline and warning of live clocks."""
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


def _load(snag: Snag) -> tuple[list[Clock], tuple[Interval, ...], dict[int, Fired]]:
    """The snag's clocks in id order, its pauses, and the levels that went off."""
    clocks = list(
        Clock.objects.filter(snag=snag)
        .select_related("contract_version")
        .order_by("pk")
    )
    pauses = intervals(Pause.objects.filter(snag=snag).order_by("from_at", "pk"))
    return clocks, pauses, fired_levels(clocks)


def fired_levels(clocks: Iterable[Clock]) -> dict[int, Fired]:
    """For each clock, the levels on record and their latest arm."""
    fired: dict[int, Fired] = defaultdict(dict)
    rows = ClockEvent.objects.filter(
        clock__in=[clock.pk for clock in clocks], voided_at__isnull=True
    ).values_list("clock_id", "level", "arm")
    for pk, level, arm in rows.order_by("arm"):
        fired[pk][level] = arm
    return fired


def _settle(
    clock: Clock, pauses: tuple[Interval, ...], fired: Fired, cause: Cause
) -> None:
    """Compute, record what was passed, save, and leave a revision."""
    old = clock.due_at
    had_breach = clock.breached_at is not None
    reading = compute(clock, pauses, fired, cause.at)
    events = passed(clock, reading, fired, cause)
    if events:
        ClockEvent.objects.bulk_create(events, ignore_conflicts=True)
    if clock.breached_at and not had_breach:
        clock.breach_cause = cause.name
    clock.revision += 1
    clock.save()
    ClockRevision.objects.bulk_create([_revision(clock, old, pauses, cause)])


def _cancel(clock: Clock, cause: Cause, pauses: tuple[Interval, ...]) -> None:
    old = clock.due_at
    clock.state = State.CANCELLED
    clock.next_event_at, clock.next_level = None, ""
    clock.revision += 1
    clock.save()
    ClockRevision.objects.bulk_create([_revision(clock, old, pauses, cause)])


def _upcoming(
    reading: Reading, fired: Fired, at: datetime
) -> tuple[datetime, str] | None:
    """The next level to tell; a warning told before tells again once it lies ahead."""
    for due, level in reading.levels:
        if level not in fired or (level != BREACH and due > at):
            return due, level
    return None


def _risk_from(clock: Clock, pauses: tuple[Interval, ...]) -> datetime | None:
    """When a live clock starts to look risky: its first warning, else its deadline."""
    if clock.due_at is None:
        return None
    shares = clock.contract_version.warn_percents
    if not shares or clock.state == State.PAUSED:
        return clock.due_at
    reading = read(terms_of(clock, pauses), clock.started_at)
    return min((due for due, _ in reading.levels), default=clock.due_at)


def _void_late_evidence(clock: Clock, cause: Cause) -> None:
    """Void a breach dated at or after the instant the promise turned out to be kept."""
    told = ClockEvent.objects.filter(
        clock=clock, due_at__gte=clock.stopped_at, voided_at__isnull=True
    )
    told.update(voided_at=cause.at, void_cause="late_evidence")
    if clock.breached_at and clock.stopped_at and clock.breached_at >= clock.stopped_at:
        clock.breached_at, clock.breach_cause = None, ""


def _new_clock(snag: Snag, promise: Promise, started_at: datetime) -> Clock:
    clock = Clock(snag=snag, kind=promise.target.kind, party=promise.party)
    clock.started_at = started_at
    _adopt(clock, promise, snag.priority)
    return clock


def _adopt(clock: Clock, promise: Promise, priority: int) -> None:
    """Make the clock run by a promise."""
    clock.contract_version = promise.version
    clock.priority = priority
    clock.target_seconds = promise.target.seconds
    clock.target_days = promise.target.business_days
    clock.timeline = promise.timeline
    clock.is_pausable = (
        clock.kind != Clock.Kind.RESPONSE or promise.version.pause_response
    )


def _next_cycle(last: Clock, at: datetime) -> Clock:
    return Clock(
        snag_id=last.snag_id,
        kind=last.kind,
        party_id=last.party_id,
        cycle=last.cycle + 1,
        contract_version=last.contract_version,
        priority=last.priority,
        started_at=at,
        target_seconds=last.target_seconds,
        target_days=last.target_days,
        timeline=last.timeline,
        is_pausable=last.is_pausable,
    )


def _window_passed(last: Clock, at: datetime) -> bool:
    """Has the reopen window, in working days of the clock's calendar, gone by?"""
    assert last.stopped_at is not None
    days = last.contract_version.reopen_window_days
    return at > load(last.timeline).after_business_days(last.stopped_at, days)


def _revision(
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
