"""Clocks: started, paused, stopped and recomputed inside the verbs that cause it.

Every function here expects the snag's row to be locked by its caller; how a clock is
computed and put on record is `reckoning`.
"""

from collections.abc import Collection
from datetime import datetime

from django.db.models import F, Min, Value
from django.db.models.functions import Greatest, Now

from sla.clocks import Interval
from sla.models import ContractVersion
from sla.queries import Promise, current, load, promises_in_force
from snags.clockwork import intervals
from snags.models import (
    Clock,
    ClockEvent,
    ClockRevision,
    Pause,
    Snag,
    SnagComment,
    SnagEvent,
)
from snags.services.reckoning import (
    Cause,
    breaking,
    cache_due,
    compute,
    fired_levels,
    passed,
    revision_of,
    settle,
    take_off,
)
from snags.services.rows import note_days

__all__ = ["Cause", "cache_due", "compute", "passed"]

BY_VOICE = frozenset({Snag.Channel.PHONE, Snag.Channel.WALK_IN})


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
        revision_of(clock, None, pauses, cause) for clock in clocks
    )


def recompute(snag: Snag, cause: Cause, *, kinds: Collection[str] = ()) -> None:
    """Compute the snag's live clocks again and record what they passed meanwhile."""
    clocks, pauses, fired = _load(snag)
    for clock in clocks:
        if clock.is_live and (not kinds or clock.kind in kinds):
            settle(clock, pauses, fired[clock.pk], cause)
    cache_due(snag, clocks, pauses)


def stop(snag: Snag, cause: Cause, *, kinds: Collection[str] = ()) -> bool:
    """Stop live clocks at the cause's instant; False when none runs.

    A breach told although the promise had been kept by then is voided, never deleted.
    """
    clocks, pauses, fired = _load(snag)
    live = [c for c in clocks if c.is_live and (not kinds or c.kind in kinds)]
    for clock in live:
        # Nobody stops a clock before it starts: the cause may be told late.
        clock.stopped_at = max(cause.at, clock.started_at)
        _void_late_evidence(clock)
        settle(
            clock,
            pauses,
            fired[clock.pk],
            Cause(cause.name, clock.stopped_at, cause.actor),
        )
    cache_due(snag, clocks, pauses)
    note_days(*(clock.stopped_at for clock in live))
    return bool(live)


def cancel(snag: Snag, cause: Cause, *, kinds: Collection[str] = ()) -> None:
    """Take live clocks off: nobody is held to them any more."""
    clocks, pauses, _ = _load(snag)
    for clock in clocks:
        if clock.is_live and (not kinds or clock.kind in kinds):
            take_off(clock, pauses, cause)
    cache_due(snag, clocks, pauses)


def pause(snag: Snag, reason: str, cause: Cause) -> None:
    """Begin to wait; pausable clocks show what is left and have no deadline."""
    Pause.objects.create(snag=snag, reason=reason, from_at=cause.at, actor=cause.actor)
    recompute(snag, cause)


def unpause(snag: Snag, cause: Cause) -> bool:
    """End the open pause, if there is one; deadlines come back, later by its length.

    An end told to lie before its beginning leaves a pause of no length.
    """
    ended = Pause.objects.filter(snag=snag, to_at__isnull=True).update(
        to_at=Greatest(F("from_at"), Value(cause.at))
    )
    if ended:
        recompute(snag, cause)
    return bool(ended)


def reprioritise(snag: Snag, cause: Cause) -> None:
    """Hold the snag to what was promised for its new priority, counted from the start.

    A deadline that thereby lies in the past is a breach with that cause; an earlier
    breach stays on record even when the new promise is wider. A promise that was taken
    off with an earlier priority comes back, and what was answered meanwhile counts.
    """
    clocks, pauses, fired = _load(snag)
    promises = _promises(snag, clocks)
    for clock in clocks:
        if clock.is_live and clock.kind not in promises:
            take_off(clock, pauses, cause)
    for kind, promise in promises.items():
        last = _last(clocks, kind)
        if last is None:
            clocks.append(_added(snag, promise, pauses, cause))
        elif last.is_live or last.state == Clock.State.CANCELLED:
            _adopt(last, promise, snag.priority)
            _count_answer(snag, last)
            settle(last, pauses, fired[last.pk], cause)
    cache_due(snag, clocks, pauses)


def reopen(snag: Snag, cause: Cause) -> None:
    """Let the resolution clock count again, in the way its contract says.

    Resume: the time it lay resolved does not count. New cycle: after the window a new
    clock starts; within it, it resumes. Never: it stays stopped. What was promised is
    looked up again, for the calendar or the contract may have been put right meanwhile.
    """
    clocks, _, fired = _load(snag)
    promise = _promises(snag, clocks).get(Clock.Kind.RESOLUTION)
    last = _last(clocks, Clock.Kind.RESOLUTION)
    if last is None or last.is_live:
        return
    left_at = last.stopped_at or _taken_off_at(last)
    if promise is not None:
        _adopt(last, promise, snag.priority)
    elif last.state == Clock.State.CANCELLED:
        return
    else:
        last.timeline = current(last.timeline)
    mode = last.contract_version.reopen_mode
    if mode == ContractVersion.ReopenMode.NEVER:
        return
    if mode == ContractVersion.ReopenMode.NEW_CYCLE and _window_passed(
        last, left_at, cause.at
    ):
        added = _next_cycle(last, cause.at)
        compute(added, (), {}, cause.at)
        save_new([added], cause)
        cache_due(snag, [*clocks, added], ())
        return
    Pause.objects.create(
        snag=snag,
        reason=Pause.Reason.RESOLVED,
        from_at=left_at,
        to_at=max(left_at, cause.at),
        actor=cause.actor,
    )
    last.stopped_at = None
    last.elapsed_seconds = None
    pauses = intervals(snag.pauses.order_by("from_at", "pk"))
    settle(last, pauses, fired[last.pk], cause)
    cache_due(snag, clocks, pauses)


def _load(
    snag: Snag,
) -> tuple[list[Clock], tuple[Interval, ...], dict[int, dict[str, ClockEvent]]]:
    """The snag's clocks in id order, its pauses, and the levels that went off."""
    clocks = list(
        Clock.objects.filter(snag=snag)
        .select_related("contract_version")
        .order_by("pk")
    )
    pauses = intervals(Pause.objects.filter(snag=snag).order_by("from_at", "pk"))
    return clocks, pauses, fired_levels(clocks)


def _promises(snag: Snag, clocks: Collection[Clock]) -> dict[str, Promise]:
    """What was promised for the snag as it was reported, by kind."""
    found = promises_in_force(
        snag.environment.landscape,
        priority=snag.priority,
        at=snag.reported_at,
        under={clock.contract_version.contract_id for clock in clocks},
    )
    return {promise.target.kind: promise for promise in found}


def _last(clocks: Collection[Clock], kind: str) -> Clock | None:
    of_kind = [clock for clock in clocks if clock.kind == kind]
    return max(of_kind, key=lambda clock: clock.cycle, default=None)


def _added(
    snag: Snag, promise: Promise, pauses: tuple[Interval, ...], cause: Cause
) -> Clock:
    """A clock that a new priority brings with it, counted from the report."""
    clock = _new_clock(snag, promise, snag.reported_at)
    _count_answer(snag, clock)
    compute(clock, pauses, {}, cause.at)
    if clock.breached_at:
        clock.breach_cause = breaking(cause)
    save_new([clock], cause, pauses)
    return clock


def _count_answer(snag: Snag, clock: Clock) -> None:
    """A response that nobody had promised when it was given still is one."""
    if clock.kind != Clock.Kind.RESPONSE or clock.stopped_at is not None:
        return
    answered = answered_at(snag)
    if answered is not None:
        clock.stopped_at = max(answered, clock.started_at)


def answered_at(snag: Snag) -> datetime | None:
    """When a person first answered: by voice, in words, or by saying they saw it."""
    if snag.channel in BY_VOICE:
        return snag.reported_at
    said = SnagComment.objects.filter(snag=snag, is_response=True)
    seen = SnagEvent.objects.filter(snag=snag, verb="acknowledged")
    found = said.aggregate(at=Min("at"))["at"], seen.aggregate(at=Min("at"))["at"]
    return min((at for at in found if at is not None), default=None)


def _taken_off_at(clock: Clock) -> datetime:
    last: datetime = clock.revisions.order_by("-number").values_list("at", flat=True)[0]
    return last


def _void_late_evidence(clock: Clock) -> None:
    """Void a breach dated at or after the instant the promise turned out to be kept."""
    told = ClockEvent.objects.filter(
        clock=clock, due_at__gte=clock.stopped_at, voided_at__isnull=True
    )
    told.update(voided_at=Now(), void_cause="late_evidence")
    if clock.breached_at and clock.stopped_at and clock.breached_at >= clock.stopped_at:
        note_days(clock.breached_at)
        clock.breached_at, clock.breach_cause = None, ""


def _new_clock(snag: Snag, promise: Promise, started_at: datetime) -> Clock:
    party = promise.version.contract.party_id
    clock = Clock(snag=snag, kind=promise.target.kind, party_id=party)
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
    clock.is_pausable = promise.version.lets_pause(clock.kind)


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


def _window_passed(last: Clock, left_at: datetime, at: datetime) -> bool:
    """Has the reopen window, in working days of the clock's calendar, gone by?"""
    days = last.contract_version.reopen_window_days
    return at > load(last.timeline).after_business_days(left_at, days)
