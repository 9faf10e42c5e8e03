"""What one clock is measured by, and the sums behind every reading of it.

A deadline is never shifted: it is computed again from start, target, calendar and
pauses (rules R4 to R8). Pauses count in open seconds and overlaps count once. The
functions named `…_s` work on whole seconds since 1970.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from sla.schedule import Schedule
from sla.walltime import moment_of, seconds_of

Interval = tuple[datetime, datetime | None]
"""A half-open pause; None means that it is still open."""

Pauses = tuple[tuple[int, int], ...]
"""Sorted, disjoint, finished pauses in seconds since 1970."""

FOREVER = 1 << 62
DAY_COUNT = "Levels are given as a percentage, as seconds or as working days."


@dataclass(frozen=True, slots=True)
class Level:
    """An instant on the way to a deadline or after it, at which something is told.

    Exactly one of `percent` of the target, `seconds_offset` and `days_offset` (working
    days), both from the deadline and negative before it. Raises ValueError otherwise.
    """

    name: str
    percent: int | None = None
    seconds_offset: int | None = None
    days_offset: int | None = None

    def __post_init__(self) -> None:
        """Refuse a level that says nothing or two things."""
        given = (self.percent, self.seconds_offset, self.days_offset)
        if sum(value is not None for value in given) != 1:
            raise ValueError(DAY_COUNT)


@dataclass(frozen=True, slots=True)
class Terms:
    """The stored facts of one clock; everything else is derived from them.

    Exactly one of `seconds` and `business_days` is the target, above zero. `pauses`
    are those that count for this clock, in any order. Raises ValueError otherwise.
    """

    start: datetime
    seconds: int | None
    business_days: int | None
    calendar: Schedule
    pauses: tuple[Interval, ...] = ()
    stopped_at: datetime | None = None
    levels: tuple[Level, ...] = ()

    def __post_init__(self) -> None:
        """Refuse terms without one target."""
        target = self.seconds if self.business_days is None else self.business_days
        both = self.seconds is not None and self.business_days is not None
        if both or target is None or target <= 0:
            raise ValueError("A clock needs one target, in seconds or working days.")


def union(pauses: Iterable[Interval]) -> tuple[Interval, ...]:
    """Sort and merge pauses, so that no instant is in two; empty ones vanish."""
    return tuple(
        (moment_of(start), None if end == FOREVER else moment_of(end))
        for start, end in union_s(pauses)
    )


def union_s(pauses: Iterable[Interval]) -> Pauses:
    """Sort and merge pauses as seconds; a pause still open ends at FOREVER."""
    return _merged(
        [
            (seconds_of(start), FOREVER if end is None else seconds_of(end))
            for start, end in pauses
        ]
    )


def held_s(pauses: tuple[Interval, ...], now: int | None) -> tuple[Pauses, int | None]:
    """Return pauses with an open one ended now, and since when it holds the clock.

    Only the open one ends: a planned pause runs to its own end. Without `now` an open
    pause is left out.
    """
    if not pauses:
        return (), None
    finished = []
    hold: int | None = None
    for start, end in pauses:
        if end is not None:
            finished.append((seconds_of(start), seconds_of(end)))
        else:
            since = seconds_of(start)
            hold = since if hold is None else min(hold, since)
    if hold is not None and now is not None:
        finished.append((hold, now))
    return _merged(finished), hold


def facts_s(
    terms: Terms, now: int | None
) -> tuple[int, int | None, Pauses, int | None]:
    """Return start, stop, the pauses that count and the hold, as known at an instant.

    A stop that is not later than `now` ends every pause; without `now` every stop does.
    """
    start = seconds_of(terms.start)
    if terms.stopped_at is not None:
        stop = seconds_of(terms.stopped_at)
        if now is None or stop <= now:
            return start, stop, until(held_s(terms.pauses, stop)[0], stop), None
    return start, None, *held_s(terms.pauses, now)


def until(pauses: Pauses, end: int) -> Pauses:
    """Return the parts of pauses before an instant."""
    if not pauses or pauses[-1][1] <= end:
        return pauses
    return tuple((start, min(stop, end)) for start, stop in pauses if start < end)


def paused_s(calendar: Schedule, a: int, b: int, pauses: Pauses) -> int:
    """Open seconds inside pauses in [a, b)."""
    return sum(
        calendar.elapsed_s(max(start, a), min(end, b))
        for start, end in pauses
        if start < b and end > a
    )


def active_s(calendar: Schedule, a: int, b: int, pauses: Pauses) -> int:
    """Open seconds outside pauses in [a, b); 0 if b is not after a."""
    if not pauses:
        return calendar.elapsed_s(a, b)
    return calendar.elapsed_s(a, b) - paused_s(calendar, a, b, pauses)


def deadline_s(calendar: Schedule, start: int, seconds: int, pauses: Pauses) -> int:
    """Return the earliest instant with `seconds` open outside pauses since start.

    A pause that begins at or after the deadline changes nothing.
    """
    due = calendar.deadline_s(start, seconds)
    for begin, end in pauses:
        if begin >= due:
            break
        if end > start:
            lost = calendar.elapsed_s(max(begin, start), end)
            if lost:
                seconds += lost
                due = calendar.deadline_s(start, seconds)
    return due


def backward_s(calendar: Schedule, end: int, seconds: int, pauses: Pauses) -> int:
    """Return the latest instant from which `seconds` are open outside pauses."""
    begin = calendar.backward_s(end, seconds)
    for start, stop in reversed(pauses):
        if stop <= begin:
            break
        lost = calendar.elapsed_s(start, min(stop, end))
        if lost:
            seconds += lost
            begin = calendar.backward_s(end, seconds)
    return begin


def target_s(terms: Terms, start: int, pauses: Pauses) -> tuple[int, int]:
    """Return the deadline and the target in open seconds, by finished pauses.

    A target in working days falls due at its wall time, then runs on for the open
    seconds that were paused before it.
    """
    calendar = terms.calendar
    if terms.seconds is not None:
        return deadline_s(calendar, start, terms.seconds, pauses), terms.seconds
    due = calendar.after_business_days_s(start, terms.business_days or 0)
    due = extended_s(calendar, start, due, pauses)
    return due, active_s(calendar, start, due, pauses)


def extended_s(calendar: Schedule, start: int, due: int, pauses: Pauses) -> int:
    """Return an instant counted in days, later by what was paused since start."""
    lost = paused_s(calendar, start, due, pauses)
    return deadline_s(calendar, due, lost, pauses) if lost else due


def level_s(
    terms: Terms, level: Level, start: int, reached: tuple[int, int], pauses: Pauses
) -> int:
    """Return the instant of a level, given the deadline and target of `target_s`."""
    due, seconds = reached
    if level.percent == 100 or 0 in (level.seconds_offset, level.days_offset):
        return due
    if level.days_offset is not None:
        moved = terms.calendar.shift_days_s(due, level.days_offset)
        return extended_s(terms.calendar, due, moved, pauses) if moved > due else moved
    if level.percent is not None:
        part = -(-level.percent * seconds // 100)
    else:
        part = max(0, seconds + (level.seconds_offset or 0))
    return deadline_s(terms.calendar, start, part, pauses)


def _merged(pauses: list[tuple[int, int]]) -> Pauses:
    pauses.sort()
    merged: list[tuple[int, int]] = []
    last = -FOREVER
    for start, end in pauses:
        if end <= start:
            continue
        if start > last:
            merged.append((start, end))
            last = end
        elif end > last:
            merged[-1] = (merged[-1][0], end)
            last = end
    return tuple(merged)
