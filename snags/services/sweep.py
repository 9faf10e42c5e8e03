"""The clock sweep: what became due is recorded once, however often one looks."""

from collections import defaultdict
from collections.abc import Iterable
from datetime import datetime, timedelta

import structlog
from django.db import connection, transaction

from opsdesk.core import clock as database_clock
from opsdesk.core.errors import RuleError
from sla.clocks import Interval
from snags.clockwork import BREACH, intervals
from snags.models import Clock, ClockEvent, Pause
from snags.services.clock_news import record
from snags.services.reckoning import Fired, compute, fired_levels, is_armed

log = structlog.get_logger()

# One statement for the batch: a CASE for each column took about as long as everything
# else the sweep does.
MOVE_ON = """
UPDATE snags_clock c SET next_event_at = v.event, next_level = v.level,
    breached_at = v.breached, due_at = v.due, state = v.state
FROM unnest(%s::bigint[], %s::timestamptz[], %s::text[], %s::timestamptz[],
            %s::timestamptz[], %s::text[]) AS v(id, event, level, breached, due, state)
WHERE c.id = v.id
"""


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
    record(events)
    _move_on(clocks)
    return len(clocks)


def _advance(
    clock: Clock, pauses: tuple[Interval, ...], fired: Fired, at: datetime
) -> list[ClockEvent]:
    """The events a clock has passed; its next one is set beyond them.

    A warning that went off before counts again only where the clock awaited it, so a
    recompute that moved it within the past tells nothing twice.
    """
    awaited = clock.next_event_at or at
    since = awaited - timedelta(seconds=1)
    try:
        reading = compute(clock, pauses, fired, at)
    except RuleError as error:
        log.exception("clock_cannot_count", clock=clock.pk, reason=str(error))
        clock.next_event_at, clock.next_level = None, ""
        return []
    events = [
        _event(clock, level, due, fired)
        for due, level in reading.levels
        if due < at and is_armed(level, due, fired, since)
    ]
    told = {**fired, **{event.level: event for event in events}}
    compute(clock, pauses, told, at, armed_since=at - timedelta(seconds=1))
    return events


def _move_on(clocks: list[Clock]) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            MOVE_ON,
            [
                [clock.pk for clock in clocks],
                [clock.next_event_at for clock in clocks],
                [clock.next_level for clock in clocks],
                [clock.breached_at for clock in clocks],
                [clock.due_at for clock in clocks],
                [str(clock.state) for clock in clocks],
            ],
        )


def _event(clock: Clock, level: str, due: datetime, fired: Fired) -> ClockEvent:
    return ClockEvent(
        clock=clock,
        level=level,
        arm=fired[level].arm + 1 if level in fired else 0,
        due_at=due,
        cause=clock.breach_cause if level == BREACH else "",
    )


def _pauses_of(snag_ids: Iterable[int]) -> dict[int, tuple[Interval, ...]]:
    found: dict[int, list[Pause]] = defaultdict(list)
    for pause in Pause.objects.filter(snag__in=snag_ids).order_by("from_at", "pk"):
        found[pause.snag_id].append(pause)
    return defaultdict(tuple, {pk: intervals(rows) for pk, rows in found.items()})
