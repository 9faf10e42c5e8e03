"""The clock sweep: what became due is recorded once, however often one looks."""

from collections import defaultdict
from collections.abc import Iterable
from datetime import datetime

from django.db import transaction

from opsdesk.accounts.access import Role, memberships_in_force
from opsdesk.accounts.models import User
from opsdesk.core import clock as database_clock
from opsdesk.core.services.outbox import Note, notify_all
from sla.clocks import Interval
from snags.clockwork import BREACH, intervals
from snags.models import Clock, ClockEvent, Pause, SnagEvent
from snags.services.clocks import Fired, compute, fired_levels, passed
from snags.services.rows import note_days


def fire_due_clocks(*, at: datetime | None = None, limit: int = 500) -> int:
    """Record every level that has become due, in batches, until none is left.

    Each batch is one transaction that takes the snag's row before the clock's and skips
    what others hold: two sweepers never meet, and writers are never blocked long. A
    sweeper killed half-way leaves its batch to the next one.
    """
    total = 0
    while batch := fire_batch(at=at, limit=limit):
        total += batch
    return total


@transaction.atomic
def fire_batch(*, at: datetime | None = None, limit: int = 500) -> int:
    """One batch of the sweep; returns how many clocks it moved on."""
    at = at or database_clock.now()
    due = (
        Clock.objects.filter(state=Clock.State.RUNNING, next_event_at__lt=at)
        .select_related("snag__owner", "contract_version")
        .order_by("next_event_at", "pk")
        .select_for_update(of=("self", "snag"), skip_locked=True, no_key=True)
    )
    clocks = list(due[:limit])
    if not clocks:
        return 0
    pauses = _pauses_of({clock.snag_id for clock in clocks})
    fired = fired_levels(clocks)
    events = [
        event
        for clock in clocks
        for event in _advance(clock, pauses[clock.snag_id], fired[clock.pk], at)
    ]
    ClockEvent.objects.bulk_create(events, ignore_conflicts=True)
    Clock.objects.bulk_update(
        clocks,
        ["next_event_at", "next_level", "breached_at", "due_at", "state"],
        batch_size=500,
    )
    _write_timeline(events)
    note_days(*(event.due_at for event in events if event.level == BREACH))
    _tell(events)
    return len(clocks)


def _advance(
    clock: Clock, pauses: tuple[Interval, ...], fired: Fired, at: datetime
) -> list[ClockEvent]:
    """The events a clock has passed; its next one is set beyond them."""
    reading = compute(clock, pauses, fired, at)
    events = [
        event for event in passed(clock, reading, fired) if event.due_at < at
    ] + _rearmed(clock, fired, at)
    known = {**fired, **{event.level: event.arm for event in events}}
    compute(clock, pauses, known, at)
    return events


def _rearmed(clock: Clock, fired: Fired, at: datetime) -> list[ClockEvent]:
    """A warning told before, whose moved instant has now come: told again."""
    level = clock.next_level
    if level not in fired or not clock.next_event_at or clock.next_event_at >= at:
        return []
    return [
        ClockEvent(
            clock=clock, level=level, arm=fired[level] + 1, due_at=clock.next_event_at
        )
    ]


def _pauses_of(snag_ids: Iterable[int]) -> dict[int, tuple[Interval, ...]]:
    found: dict[int, list[Pause]] = defaultdict(list)
    for pause in Pause.objects.filter(snag__in=snag_ids).order_by("from_at", "pk"):
        found[pause.snag_id].append(pause)
    return defaultdict(tuple, {pk: intervals(rows) for pk, rows in found.items()})


def _write_timeline(events: list[ClockEvent]) -> None:
    SnagEvent.objects.bulk_create(
        SnagEvent(
            snag_id=event.clock.snag_id,
            verb="clock_breached" if event.level == BREACH else "clock_warned",
            params={"kind": event.clock.kind, "level": event.level},
            at=event.due_at,
        )
        for event in events
    )


def _tell(events: list[ClockEvent]) -> None:
    """Warnings go to the owner; a breach, and all after it, also to the managers."""
    if not events:
        return
    managers = _managers()
    notify_all((_audience(event, managers), _note(event)) for event in events)


def _audience(
    event: ClockEvent, managers: list[tuple[User, int | None]]
) -> list[User | None]:
    snag = event.clock.snag
    if event.level.startswith("warn") and snag.owner is not None:
        return [snag.owner]
    return [
        snag.owner,
        *(
            person
            for person, department in managers
            if department in {None, snag.department_id}
        ),
    ]


def _managers() -> list[tuple[User, int | None]]:
    rows = memberships_in_force().filter(role=Role.MANAGER).select_related("user")
    return [(row.user, row.department_id) for row in rows.order_by("pk")]


def _note(event: ClockEvent) -> Note:
    clock, snag = event.clock, event.clock.snag
    kind = clock.get_kind_display().lower()
    if event.level == BREACH:
        title = f"{snag.ref} missed its {kind} target: {snag.title}"
    elif event.level.startswith("warn"):
        share = event.level.removeprefix("warn")
        title = f"{snag.ref} has used {share} % of its {kind} time: {snag.title}"
    else:
        title = f"{snag.ref} is still late on its {kind}: {snag.title}"
    return Note(
        key=f"clock-{clock.pk}-{event.level}-{event.arm}",
        title=title,
        body=f"Due {event.due_at:%d %b %Y, %H:%M} UTC.",
        url=snag.get_absolute_url(),
    )
