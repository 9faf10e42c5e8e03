"""What a clock shows at an instant: one pure function that everything derives from.

Pages, stored deadlines, the sweep and reports all read a clock with `read`; nothing
else decides whether a promise was kept. Rules R1 to R14 are in docs/architecture.md.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from sla.calendars import Calendar, Schedule, Timeline
from sla.explain import Line, explain
from sla.terms import (
    FOREVER,
    Interval,
    Level,
    Pauses,
    Terms,
    active_s,
    deadline_s,
    facts_s,
    level_s,
    paused_s,
    target_s,
    union,
)
from sla.walltime import moment_of, seconds_of

__all__ = [
    "Calendar",
    "Interval",
    "Level",
    "Line",
    "Reading",
    "Schedule",
    "State",
    "Terms",
    "Timeline",
    "due",
    "explain",
    "read",
    "union",
]

State = Literal["running", "paused", "stopped"]


@dataclass(frozen=True, slots=True)
class Reading:
    """A clock at one instant. Durations are open seconds of its calendar.

    `due_at` is None while an open pause leaves it unknown; `full_due_at` is what it
    would be if that pause ended now. `remaining_seconds` is negative when overdue.
    `levels` are those whose instants are known, in order; of a stopped clock, those
    it passed before it stopped.
    """

    state: State
    due_at: datetime | None
    full_due_at: datetime
    elapsed_seconds: int
    remaining_seconds: int
    overdue_seconds: int
    breached: bool
    levels: tuple[tuple[datetime, str], ...]
    paused_seconds: int


def read(terms: Terms, at: datetime) -> Reading:
    """Return what the clock shows at an instant, from its stored facts alone.

    A promise met at its deadline is kept. Raises CalendarError when the calendar never
    opens again (R14).
    """
    calendar, now = terms.calendar, seconds_of(at)
    start, stop, pauses, hold = facts_s(terms, now)
    end = now if stop is None else stop
    full_due, seconds = reached = target_s(terms, start, pauses)
    known = full_due if hold is None or full_due <= hold else None
    elapsed = active_s(calendar, start, end, pauses)
    certain = hold + 1 if hold is not None else FOREVER if stop is None else stop
    return Reading(
        state=_going(now, pauses, hold) if stop is None else "stopped",
        due_at=None if known is None else moment_of(known),
        full_due_at=moment_of(full_due),
        elapsed_seconds=elapsed,
        remaining_seconds=seconds - elapsed,
        overdue_seconds=max(0, elapsed - seconds),
        breached=known is not None and end > known,
        levels=_levels(terms, start, reached, pauses, certain),
        paused_seconds=paused_s(calendar, start, end, pauses),
    )


def due(terms: Terms) -> datetime | None:
    """Return the deadline alone: None while an open pause leaves it unknown.

    The fast way for bulk recomputing; equal to `read(terms, at).due_at` at any instant
    not before the stop of a stopped clock.
    """
    start, _, pauses, hold = facts_s(terms, None)
    if terms.seconds is not None:
        known = deadline_s(terms.calendar, start, terms.seconds, pauses)
    else:
        known, _ = target_s(terms, start, pauses)
    return moment_of(known) if hold is None or known <= hold else None


def _going(now: int, pauses: Pauses, hold: int | None) -> State:
    held = hold is not None and hold <= now
    if held or any(start <= now < end for start, end in pauses):
        return "paused"
    return "running"


def _levels(
    terms: Terms, start: int, reached: tuple[int, int], pauses: Pauses, certain: int
) -> tuple[tuple[datetime, str], ...]:
    """Instants of the levels before the instant up to which they are certain."""
    if not terms.levels:
        return ()
    found = (
        (level_s(terms, level, start, reached, pauses), level.name)
        for level in terms.levels
    )
    return tuple((moment_of(at), name) for at, name in sorted(found) if at < certain)
