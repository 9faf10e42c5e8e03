"""The questions every calendar answers, over sorted windows with running totals.

Each answer is two bisections however long the promise runs. The table grows by years as
questions reach further; a grown table replaces the old one whole, so threads never see
half of one. Datetimes are aware; answers are in UTC and whole seconds; durations are
real seconds, also on days of 23 or 25 hours.
"""

from abc import ABC, abstractmethod
from bisect import bisect_left, bisect_right
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import accumulate
from threading import Lock
from zoneinfo import ZoneInfo

from sla.hours import CalendarError
from sla.walltime import (
    DAY,
    EPOCH,
    EPOCH_DAY,
    FIRST,
    LAST,
    instant,
    moment_of,
    seconds_of,
    wall_second,
)

Span = tuple[int, int]
"""Half-open seconds since 1970."""

Table = tuple[int, int, list[int], list[int], list[int], tuple[Span, ...]]
"""Covered from, covered to, starts, ends, open seconds before each start, silences.

The first window is an empty one at the start of the cover, so that every covered
instant has a window at or before it.
"""

SILENCE_DAYS = 3_700
SILENCE = SILENCE_DAYS * DAY
TABLE_YEARS = 2
NEVER_OPEN = f"This calendar has no opening within {SILENCE_DAYS:,} days."
OUT_OF_RANGE = "The calendar answers for the years 3 to 9997 only."


@dataclass(frozen=True, slots=True)
class Day:
    """One local date of a schedule and why it is open or closed.

    `kind` is "window" (weekly hours), "special" or "holiday"; `spans` are its shifts in
    seconds since 1970, the last of which may end on the next date.
    """

    date: date
    kind: str
    begins: int
    ends: int
    spans: tuple[Span, ...]
    zone: ZoneInfo


class Schedule(ABC):
    """When work is counted: the questions a Calendar and a Timeline both answer.

    Methods named `…_s` take and give whole seconds since 1970, for bulk work. Every
    method raises CalendarError for years it cannot answer for.
    """

    __slots__ = ("_growing", "_table")

    def __init__(self) -> None:
        """Start with a table that covers nothing."""
        self._table: Table = (0, 0, [0], [0], [0], ())
        self._growing = Lock()

    def elapsed(self, a: datetime, b: datetime) -> int:
        """Open seconds in [a, b); 0 if b is not after a."""
        since = a - EPOCH
        until = b - EPOCH
        return self.elapsed_s(
            since.days * 86_400 + since.seconds, until.days * 86_400 + until.seconds
        )

    def deadline(self, start: datetime, seconds: int) -> datetime:
        """Return the earliest instant by which `seconds` have been open since start.

        A target that exactly uses up a window falls due at its close; a target of 0
        at the start. Raises CalendarError when nothing opens within 3,700 days.
        """
        since = start - EPOCH
        return EPOCH + timedelta(
            0, self.deadline_s(since.days * 86_400 + since.seconds, seconds)
        )

    def backward(self, end: datetime, seconds: int) -> datetime:
        """Return the latest instant from which `seconds` are open before `end`.

        A length that exactly uses up a window starts at its opening; a length of 0 at
        the end. Raises CalendarError when nothing opened within 3,700 days before.
        """
        return moment_of(self.backward_s(seconds_of(end), seconds))

    def next_open(self, t: datetime) -> datetime:
        """Return the first open instant at or after t, or raise CalendarError."""
        return moment_of(self.next_open_s(seconds_of(t)))

    def prev_close(self, t: datetime) -> datetime:
        """Return the last instant at or before t that ends open time, or raise."""
        return moment_of(self.prev_close_s(seconds_of(t)))

    def is_open(self, t: datetime) -> bool:
        """Whether t is inside a window; the closing instant itself is not."""
        return self.is_open_s(seconds_of(t))

    def after_business_days(self, start: datetime, days: int) -> datetime:
        """Return the same wall time `days` working days after start's opening.

        Counting starts at the next opening; the answer is clamped into the hours of
        its day: to the close if later, to the next opening if before one. Raises
        CalendarError as `deadline` does, and for a negative number of days.
        """
        return moment_of(self.after_business_days_s(seconds_of(start), days))

    def windows(self, a: datetime, b: datetime) -> list[tuple[datetime, datetime]]:
        """Open windows clipped to [a, b), oldest first; touching ones are one."""
        low, high = seconds_of(a), seconds_of(b)
        if high <= low:
            return []
        return [
            (moment_of(start), moment_of(end))
            for start, end in self.windows_s(low, high)
        ]

    def elapsed_s(self, a: int, b: int) -> int:
        """Open seconds in [a, b); 0 if b is not after a."""
        if b <= a:
            return 0
        low, high, starts, ends, before, _ = self._table
        if a < low or b >= high:
            low, high, starts, ends, before, _ = self.table_for(a, b)
        i = bisect_right(starts, a) - 1
        j = bisect_right(starts, b, i) - 1
        # Bare comparisons: two calls of min() would be a third of the time.
        end, last = ends[i], ends[j]
        to_b = before[j] - starts[j] + (b if b < last else last)  # noqa: FURB136
        to_a = before[i] - starts[i] + (a if a < end else end)  # noqa: FURB136
        return to_b - to_a

    def deadline_s(self, start: int, seconds: int) -> int:
        """Return the earliest instant by which `seconds` have been open since start."""
        if seconds <= 0:
            return _start_of_nothing(start, seconds)
        low, high, starts, ends, before, silences = self._table
        if start < low or start >= high:
            low, high, starts, ends, before, silences = self.table_for(start, start)
        i = bisect_right(starts, start) - 1
        end = ends[i]
        worked = (start if start < end else end) - starts[i]  # noqa: FURB136
        goal = before[i] + worked + seconds
        k = bisect_left(before, goal, i) - 1
        due = starts[k] + goal - before[k]
        if due > ends[k] or silences:
            return self._deadline_far(start, seconds)
        return due

    def backward_s(self, end: int, seconds: int) -> int:
        """Return the latest instant from which `seconds` are open before end."""
        if seconds <= 0:
            return _start_of_nothing(end, seconds)
        table = self.table_for(end - seconds, end)
        while True:
            low, _, starts, ends, before, silences = table
            i = bisect_right(starts, end) - 1
            goal = before[i] + min(end, ends[i]) - starts[i] - seconds
            if goal >= 0:
                k = bisect_right(before, goal) - 1
                begin = starts[k] + goal - before[k]
                _refuse_silence(silences, begin, end)
                return begin
            _refuse_silence(silences, low, end)
            table = self._further_back(table, end)

    def next_open_s(self, t: int) -> int:
        """Return the first open instant at or after t."""
        table = self.table_for(t, t)
        while True:
            _, _, starts, ends, _, _ = table
            i = bisect_right(starts, t) - 1
            if t < ends[i]:
                return t
            if i + 1 < len(starts):
                if starts[i + 1] - t > SILENCE:
                    raise CalendarError(NEVER_OPEN)
                return starts[i + 1]
            table = self._further_on(table, t)

    def prev_close_s(self, t: int) -> int:
        """Return the last instant at or before t that ends open time."""
        table = self.table_for(t - 1, t)
        while True:
            _, _, starts, ends, _, _ = table
            i = bisect_left(starts, t) - 1
            if i > 0:
                close = min(t, ends[i])
                if t - close > SILENCE:
                    raise CalendarError(NEVER_OPEN)
                return close
            table = self._further_back(table, t)

    def is_open_s(self, t: int) -> bool:
        """Whether t is inside a window."""
        _, _, starts, ends, _, _ = self.table_for(t, t)
        return t < ends[bisect_right(starts, t) - 1]

    def after_business_days_s(self, start: int, days: int) -> int:
        """Return the same wall time `days` working days after start's opening."""
        if days < 0:
            raise CalendarError("Working days are counted forward from a start.")
        return self.shift_days_s(self.next_open_s(start), days)

    def shift_days_s(self, moment: int, days: int) -> int:
        """Return the same wall time some working days before or after a working moment.

        A moment at the close of a shift belongs to the day of that shift. The answer
        is clamped as `after_business_days` says.
        """
        day = self._working_day(moment)
        wall = wall_second(moment, day.date.toordinal(), day.zone)
        for _ in range(abs(days)):
            day = self._next_working_day(day, 1 if days > 0 else -1)
        return _clamped(instant(day.date.toordinal(), wall, day.zone), day.spans)

    @abstractmethod
    def day(self, ordinal: int) -> Day:
        """Return one local date, with its shifts, by its proleptic ordinal."""

    @abstractmethod
    def local_day(self, moment: int) -> int:
        """Ordinal of the local date of an instant, in the zone in force then."""

    @abstractmethod
    def _spans(self, low: int, high: int) -> Iterator[Span]:
        """Yield open windows in order of their start, at least those in [low, high)."""

    def windows_s(self, low: int, high: int) -> Iterator[Span]:
        """Yield the open windows clipped to [low, high), oldest first."""
        _, _, starts, ends, _, _ = self.table_for(low, high)
        for i in range(bisect_right(starts, low) - 1, bisect_left(starts, high)):
            start, end = max(starts[i], low), min(ends[i], high)
            if start < end:
                yield start, end

    def _working_day(self, moment: int) -> Day:
        """Return the day whose shift holds a moment, perhaps the day before's."""
        ordinal = self.local_day(moment)
        days = [self.day(ordinal - 1), self.day(ordinal)]
        for day in days:
            if any(start <= moment < end for start, end in day.spans):
                return day
        for day in days:
            if any(moment == end for _, end in day.spans):
                return day
        return days[1]

    def _next_working_day(self, day: Day, step: int) -> Day:
        ordinal = day.date.toordinal()
        for n in range(1, SILENCE_DAYS + 1):
            found = self.day(ordinal + n * step)
            if found.spans:
                return found
        raise CalendarError(NEVER_OPEN)

    def _deadline_far(self, start: int, seconds: int) -> int:
        """Answer as `deadline_s`, growing the table and watching for long silences."""
        table = self.table_for(start, start + seconds)
        while True:
            _, high, starts, ends, before, silences = table
            i = bisect_right(starts, start) - 1
            goal = before[i] + min(start, ends[i]) - starts[i] + seconds
            k = bisect_left(before, goal) - 1
            due = starts[k] + goal - before[k]
            if due <= ends[k]:
                _refuse_silence(silences, start, due)
                return due
            _refuse_silence(silences, start, high)
            table = self._further_on(table, start)

    def _further_on(self, table: Table, start: int) -> Table:
        """Grow forward, or raise when nothing has opened for too long."""
        low, high, _, ends, _, _ = table
        if high - max(start, ends[-1]) > SILENCE:
            raise CalendarError(NEVER_OPEN)
        return self.table_for(
            start, min(high + max(high - low, SILENCE), LAST - 1), high
        )

    def _further_back(self, table: Table, end: int) -> Table:
        """Grow backward, or raise when nothing was open for too long."""
        low, high, starts, _, _, _ = table
        first = starts[1] if len(starts) > 1 else high
        if min(end, first) - low > SILENCE:
            raise CalendarError(NEVER_OPEN)
        if low <= FIRST:
            raise CalendarError(OUT_OF_RANGE)
        return self.table_for(max(low - max(high - low, SILENCE), FIRST), end)

    def table_for(self, a: int, b: int, beyond: int = FIRST) -> Table:
        """Return the table that covers both instants, made or grown by whole years.

        A caller that needs more than it has passes the end it knows as `beyond`.
        """
        low, high, *_ = table = self._table
        if low <= a and b < high and b >= beyond:
            return table
        if a < FIRST or b >= LAST or b < beyond:
            raise CalendarError(OUT_OF_RANGE)
        with self._growing:
            self._table = table = self._grown(_year(a), _year(b, TABLE_YEARS))
        return table

    def _grown(self, low: int, high: int) -> Table:
        old_low, old_high, starts, ends, _, _ = self._table
        if old_low == old_high:
            return _table(low, high, _merged(self._spans(low, high), low, high))
        spans = list(zip(starts[1:], ends[1:], strict=True))
        if low < old_low:
            spans = _merged(self._spans(low, old_low), low, old_low) + spans
        if high > old_high:
            spans += _merged(self._spans(old_high, high), old_high, high)
        low, high = min(low, old_low), max(high, old_high)
        return _table(low, high, _merged(iter(spans), low, high))


def _start_of_nothing(start: int, seconds: int) -> int:
    if seconds < 0:
        raise ValueError("A duration cannot be negative.")
    return start


def _year(moment: int, later: int = 0) -> int:
    """Return the start of the UTC year of an instant, or of one some years later."""
    year = moment_of(moment).year + later
    start = (date(min(year, 9998), 1, 1).toordinal() - EPOCH_DAY) * DAY
    return max(FIRST, min(start, LAST))


def _merged(spans: Iterator[Span], low: int, high: int) -> list[Span]:
    """Clip to [low, high) and join what touches or overlaps."""
    merged: list[Span] = []
    last_start = last_end = low - 1
    for begin, finish in spans:
        start = max(begin, low)
        end = min(finish, high)
        if start >= end:
            continue
        if start <= last_end:
            if end > last_end:
                last_end = end
                merged[-1] = (last_start, end)
        else:
            last_start, last_end = start, end
            merged.append((start, end))
    return merged


def _table(low: int, high: int, spans: list[Span]) -> Table:
    starts = [low, *(start for start, _ in spans)]
    ends = [low, *(end for _, end in spans)]
    lengths = (end - start for start, end in spans)
    before = [0, *accumulate(lengths, initial=0)][: len(starts)]
    silences = tuple(
        (end, start)
        for end, start in zip(ends, starts[1:], strict=False)
        if start - end > SILENCE
    )
    return low, high, starts, ends, before, silences


def _refuse_silence(silences: tuple[Span, ...], a: int, b: int) -> None:
    """Raise when a walk from a to b would wait for an opening for too long."""
    for closed, opened in silences:
        if min(opened, b) - max(closed, a) > SILENCE:
            raise CalendarError(NEVER_OPEN)


def _clamped(moment: int, spans: tuple[Span, ...]) -> int:
    for start, end in spans:
        if moment < start:
            return start
        if moment < end:
            return moment
    return spans[-1][1]
