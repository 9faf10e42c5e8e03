"""Turns a rule of wall-clock time into instants, by one rule for daylight saving.

Pure: no database, no Django. A window is written as the wall clock shows it, so its
length is wall-clock too. Where the clocks change, a freeze widens (it covers every
instant whose wall clock lies inside it) and a maintenance window narrows (it covers no
other). A time that is skipped means the instant the clocks jump.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from environments.repeats import starts

SHAPE = "%Y-%m-%dT%H:%M"  # a wall-clock time as it is written
SECOND, MINUTE = timedelta(seconds=1), timedelta(minutes=1)
LONGEST = 366 * 24 * 60  # minutes
# So far ahead windows are worked out: plans are made for a year and a half.
AHEAD = timedelta(days=548)
# Daily for that long fits; what comes more often is no window.
MOST = 600


@dataclass(frozen=True)
class Pattern:
    """When a window is open: first on `start` (wall clock), then as `rrule` says."""

    start: datetime
    minutes: int
    time_zone: str
    rrule: str = ""
    widens: bool = False

    @property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.time_zone)


@dataclass(frozen=True)
class Span:
    """One time a window is open: [start, end) in UTC, and what is odd about it.

    `note` is a sentence where the clocks change under it; an empty span (`start` is
    `end`) never comes to be.
    """

    start: datetime
    end: datetime
    wall_start: datetime
    wall_end: datetime
    note: str = ""

    @property
    def is_empty(self) -> bool:
        return self.start >= self.end


def wall_clock(text: str) -> datetime:
    """A time as the wall clock shows it, of 2000 to 2099. Raises ValueError."""
    wall = datetime.strptime(text, SHAPE)  # noqa: DTZ007 - the wall has no zone
    if not 2000 <= wall.year < 2100:
        raise ValueError("It lies outside 2000 to 2099.")
    return wall


def expand(pattern: Pattern, after: datetime, until: datetime) -> list[Span]:
    """Every time the window is open, in order, that ends after `after`.

    None starts at or after `until`. Skipped ones are in the list, empty. Raises
    ValueError with a sentence for people when the rule gives more than MOST, overlaps
    itself, or cannot be read.
    """
    found: list[Span] = []
    before: Span | None = None
    for wall in _walls(pattern, until):
        if before and wall < before.wall_end:
            raise ValueError("It would come again before it has ended.")
        span = _apart(_span(pattern, wall), before)
        if span.start >= until:
            break
        if span.end > after:
            found.append(span)
        if len(found) > MOST:
            raise ValueError(f"It would come more than {MOST} times in 18 months.")
        before = span
    return found


def upcoming(pattern: Pattern, after: datetime, count: int) -> list[Span]:
    """The next few times, for somebody who is writing the rule."""
    return expand(pattern, after, after + AHEAD)[:count]


def _walls(pattern: Pattern, until: datetime) -> Iterator[datetime]:
    # A wall clock is never further than a day from UTC.
    last = until.replace(tzinfo=None) + timedelta(days=1)
    return starts(pattern.rrule, pattern.start, last)


def _span(pattern: Pattern, wall: datetime) -> Span:
    """The instants of one time it is open."""
    zone, wall_end = pattern.zone, wall + pattern.minutes * MINUTE
    first, second = _instants(wall, zone)
    ends_first, ends_second = _instants(wall_end, zone)
    if pattern.widens:
        start, end = first, ends_second
    else:  # where both happen twice that night, the first round of both
        start, end = second if second < ends_first else first, ends_first
    note = _note(wall, wall_end, zone, is_empty=start >= end)
    return Span(start, max(start, end), wall, wall_end, note)


def _apart(span: Span, before: Span | None) -> Span:
    """A widened window that reaches into the next one leaves it what is left."""
    if before is None or span.start >= before.end:
        return span
    start = min(before.end, span.end)
    return Span(start, span.end, span.wall_start, span.wall_end, span.note)


def _note(wall: datetime, wall_end: datetime, zone: ZoneInfo, *, is_empty: bool) -> str:
    if is_empty:
        return "Skipped: the clocks jump over it."
    if _skipped(wall, zone) or _skipped(wall_end, zone):
        return "The clocks jump over its start or end."
    if _happens_twice(wall, zone) or _happens_twice(wall_end, zone):
        return "Its start or end happens twice: the clocks go back."
    length = _instants(wall_end, zone)[0] - _instants(wall, zone)[0]
    if length != wall_end - wall:
        return "The clocks change while it is open."
    return ""


def _instants(wall: datetime, zone: ZoneInfo) -> tuple[datetime, datetime]:
    """The first and the second instant the wall clock shows this; mostly the same."""
    if _skipped(wall, zone):
        jump = _jump(wall, zone)
        return jump, jump
    local = wall.replace(tzinfo=zone)
    return local.astimezone(UTC), local.replace(fold=1).astimezone(UTC)


def _skipped(wall: datetime, zone: ZoneInfo) -> bool:
    return _offset(wall, zone, 0) < _offset(wall, zone, 1)


def _happens_twice(wall: datetime, zone: ZoneInfo) -> bool:
    return _offset(wall, zone, 0) > _offset(wall, zone, 1)


def _offset(wall: datetime, zone: ZoneInfo, fold: int) -> timedelta:
    return wall.replace(tzinfo=zone, fold=fold).utcoffset() or timedelta()


def _jump(wall: datetime, zone: ZoneInfo) -> datetime:
    """The instant at which the clocks jump over a wall time, to the second."""
    was = _offset(wall, zone, 0)
    low = wall.replace(tzinfo=UTC) - _offset(wall, zone, 1)
    high = wall.replace(tzinfo=UTC) - was
    while high - low > SECOND:
        middle = low + (high - low) // (2 * SECOND) * SECOND
        if middle.astimezone(zone).utcoffset() == was:
            low = middle
        else:
            high = middle
    return high
