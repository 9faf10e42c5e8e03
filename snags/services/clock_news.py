"""A level a clock reached goes on record, into the timeline and to those it concerns.

One transaction with the fact: the event, the snag's timeline, the days to count again
and the notes people get. A level that is on record already is not told twice.
"""

from opsdesk.accounts.models import User
from opsdesk.core.services.outbox import Note, notify_all
from snags.clockwork import BREACH
from snags.models import ClockEvent, SnagEvent
from snags.services.answering import Managers, in_scope, managers, who_answers
from snags.services.rows import note_days


def record(events: list[ClockEvent]) -> None:
    """Write events of clocks whose rows the caller holds, and tell people."""
    if not events:
        return
    ClockEvent.objects.bulk_create(events, ignore_conflicts=True)
    _write_timeline(events)
    note_days(*(event.due_at for event in events if event.level == BREACH))
    _tell(events)


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
    """Warnings go to who answers; a breach, and all after it, also to the managers."""
    staff = managers()
    notify_all((_audience(event, staff), _note(event)) for event in events)


def _audience(event: ClockEvent, staff: Managers) -> list[User | None]:
    snag = event.clock.snag
    if event.level.startswith("warn") and snag.owner is not None:
        return [*who_answers(snag, staff)]
    return [snag.owner, *in_scope(staff, snag.department_id)]


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
        key=f"clock-{clock.pk}-{event.level}-{event.due_at.timestamp():.0f}",
        title=title,
        body=f"Due {event.due_at:%d %b %Y, %H:%M} UTC.",
        url=snag.get_absolute_url(),
    )
