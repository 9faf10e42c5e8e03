"""What a clock shows at an instant: one pure function that everything derives from.

Pages, stored deadlines, the sweep and reports all read a clock with `read`; nothing
else decides whether a promise was kept. Rules R1 to R14 are in docs/architecture.md.
"""

from collections.abc import Collection
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
    level_s,
    paused_s,
    target_s,
    union,
    union_s,
    until,
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
    "level_at",
    "next_event",
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
    calendar = terms.calendar
    start, now = seconds_of(terms.start), seconds_of(at)
    stop = None if terms.stopped_at is None else seconds_of(terms.stopped_at)
    stopped = stop is not None and stop <= now
    end = stop if stop is not None and stopped else now
    pauses = union_s(terms.pauses)
    if stopped:
        pauses = until(pauses, end)
    closed, hold = _closed(pauses, now)
    full_due, seconds = reached = target_s(terms, start, closed)
    known = full_due if hold is None or full_due <= hold else None
    elapsed = active_s(calendar, start, end, closed)
    limit = end if stopped else FOREVER if hold is None else hold + 1
    return Reading(
        state="stopped" if stopped else _going(now, pauses),
        due_at=None if known is None else moment_of(known),
        full_due_at=moment_of(full_due),
        elapsed_seconds=elapsed,
        remaining_seconds=seconds - elapsed,
        overdue_seconds=max(0, elapsed - seconds),
        breached=known is not None and end > known,
        levels=_levels(terms, start, reached, closed, limit),
        paused_seconds=paused_s(calendar, start, end, closed) if closed else 0,
    )


def due(terms: Terms) -> datetime | None:
    """Return the deadline alone: None while an open pause leaves it unknown.

    The fast way for bulk recomputing; equal to `read(terms, at).due_at` at any instant
    not before the stop of a stopped clock.
    """
    start = seconds_of(terms.start)
    pauses = union_s(terms.pauses)
    if terms.stopped_at is not None:
        pauses = until(pauses, seconds_of(terms.stopped_at))
    closed, hold = _closed(pauses, None)
    if terms.seconds is not None:
        known = deadline_s(terms.calendar, start, terms.seconds, closed)
    else:
        known, _ = target_s(terms, start, closed)
    return moment_of(known) if hold is None or known <= hold else None


def next_event(reading: Reading, fired: Collection[str]) -> tuple[datetime, str] | None:
    """Return the first level that has not been told, or None when there is none.

    On hold only levels reached before the hold are left, so nothing fires that could
    still move.
    """
    for instant, name in reading.levels:
        if name not in fired:
            return instant, name
    return None


def level_at(terms: Terms, level: Level, at: datetime) -> datetime | None:
    """Return the instant of one level, or None while an open pause hides it."""
    start, now = seconds_of(terms.start), seconds_of(at)
    pauses = union_s(terms.pauses)
    if terms.stopped_at is not None and terms.stopped_at <= at:
        pauses = until(pauses, seconds_of(terms.stopped_at))
    closed, hold = _closed(pauses, now)
    found = level_s(terms, level, start, target_s(terms, start, closed), closed)
    return moment_of(found) if hold is None or found <= hold else None


def _closed(pauses: Pauses, now: int | None) -> tuple[Pauses, int | None]:
    """End an open pause now (or leave it out), and say since when it holds."""
    if not pauses or pauses[-1][1] != FOREVER:
        return pauses, None
    hold = pauses[-1][0]
    if now is None or now <= hold:
        return pauses[:-1], hold
    return (*pauses[:-1], (hold, now)), hold


def _going(now: int, pauses: Pauses) -> State:
    if any(start <= now < end for start, end in pauses):
        return "paused"
    return "running"


def _levels(
    terms: Terms, start: int, reached: tuple[int, int], pauses: Pauses, limit: int
) -> tuple[tuple[datetime, str], ...]:
    """Instants of the levels before `limit`, which is where certainty ends."""
    if not terms.levels:
        return ()
    found = (
        (level_s(terms, level, start, reached, pauses), level.name)
        for level in terms.levels
    )
    return tuple((moment_of(at), name) for at, name in sorted(found) if at < limit)
