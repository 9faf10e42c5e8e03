"""Opening hours made countable: one calendar, or several that follow one another.

`compiled` turns Hours into a Calendar once; a Timeline joins calendars at the instants
from which they hold. What they answer is `sla.schedule`.
"""

from collections.abc import Iterator
from datetime import date, datetime
from functools import lru_cache
from itertools import pairwise

from sla.hours import DAY_MINUTES, CalendarError, Hours, Window, zone_named
from sla.schedule import OUT_OF_RANGE, Day, Schedule, Span, Table
from sla.walltime import (
    DAY,
    EPOCH_DAY,
    FIRST,
    LAST,
    day_of,
    instant,
    midnight_offset,
    seconds_of,
)

__all__ = [
    "Calendar",
    "CalendarError",
    "Day",
    "Hours",
    "Schedule",
    "Timeline",
    "Window",
    "compiled",
]


class Calendar(Schedule):
    """Compiled Hours of one time zone. Raises CalendarError for an unknown zone.

    It takes hours that `Hours.validate` would refuse as they are: a window that ends
    as it starts is empty, and overlapping windows count once.
    """

    __slots__ = ("hours", "zone")

    def __init__(self, hours: Hours) -> None:
        """Compile nothing yet: the first question decides which years are needed."""
        super().__init__()
        self.hours = hours
        self.zone = zone_named(hours.timezone)

    def day(self, ordinal: int) -> Day:
        """Return one local date and why it is open or closed."""
        local = date.fromordinal(ordinal)
        kind = "window"
        if local in self.hours.special:
            kind = "special"
        elif local in self.hours.holidays:
            kind = "holiday"
        begins = instant(ordinal, 0, self.zone)
        ends = instant(ordinal + 1, 0, self.zone)
        spans = tuple(self._shifts(ordinal, self.hours.on(local)))
        return Day(local, kind, begins, ends, spans, self.zone)

    def local_day(self, moment: int) -> int:
        """Ordinal of the local date of an instant."""
        return day_of(moment, self.zone)

    def _spans(self, low: int, high: int) -> Iterator[Span]:
        # Two days of margin hold every UTC offset and a shift from the day before.
        first = low // DAY + EPOCH_DAY - 2
        last = high // DAY + EPOCH_DAY + 2
        zone = self.zone
        special, holidays, weekly = (
            self.hours.special,
            self.hours.holidays,
            self.hours.weekly,
        )
        east = midnight_offset(first, zone)
        for ordinal in range(first, last):
            begin_east, east = east, midnight_offset(ordinal + 1, zone)
            windows = weekly[(ordinal + 6) % 7]
            local = date.fromordinal(ordinal)
            if local in special or local in holidays:
                windows = self.hours.on(local)
            # A day whose two midnights share an offset has no change in it.
            steady = begin_east is not None and begin_east == east
            midnight = (ordinal - EPOCH_DAY) * DAY - (begin_east or 0)
            for start, end in windows:
                if steady and start < end:
                    yield midnight + start * 60, midnight + end * 60
                else:
                    yield from self._shifts(ordinal, ((start, end),))

    def _shifts(self, ordinal: int, windows: tuple[Window, ...]) -> Iterator[Span]:
        for start, end in windows:
            if start == end:
                continue
            last = end + DAY_MINUTES if end < start else end
            opens = instant(ordinal, start * 60, self.zone)
            closes = instant(ordinal, last * 60, self.zone)
            if opens < closes:
                yield opens, closes


class Timeline(Schedule):
    """Calendars that take over from one another, as amendments of a contract do.

    Each entry holds from its instant until the next one's; the first counts from the
    beginning of time, whatever instant it names. Raises CalendarError when empty.
    """

    __slots__ = ("pieces",)

    def __init__(self, entries: tuple[tuple[datetime | None, Calendar], ...]) -> None:
        """Order the entries by their instants."""
        super().__init__()
        if not entries:
            raise CalendarError("A timeline needs at least one calendar.")
        since = [FIRST if at is None else seconds_of(at) for at, _ in entries]
        order = sorted(range(len(entries)), key=since.__getitem__)
        begins = [FIRST, *(since[i] for i in order[1:]), LAST]
        calendars = [entries[i][1] for i in order]
        self.pieces: tuple[tuple[int, int, Calendar], ...] = tuple(
            (begin, end, calendar)
            for (begin, end), calendar in zip(pairwise(begins), calendars, strict=True)
        )

    def day(self, ordinal: int) -> Day:
        """Return one local date of the calendar in force, clipped to its time."""
        days = [
            (begin, end, calendar.day(ordinal)) for begin, end, calendar in self.pieces
        ]
        spans: list[Span] = []
        shown = days[-1][2]
        for begin, end, day in reversed(days):
            spans += [span for s in day.spans if (span := _clip(s, begin, end))]
            if day.begins < end and day.ends > begin:
                shown = day
        return Day(
            shown.date,
            shown.kind,
            shown.begins,
            shown.ends,
            tuple(sorted(spans)),
            shown.zone,
        )

    def local_day(self, moment: int) -> int:
        """Ordinal of the local date of an instant, in the zone in force then."""
        for begin, end, calendar in self.pieces:
            if begin <= moment < end:
                return calendar.local_day(moment)
        raise CalendarError(OUT_OF_RANGE)

    def _grown(self, low: int, high: int) -> Table:
        # With one calendar there is nothing to clip: share its table.
        if len(self.pieces) == 1:
            return self.pieces[0][2].table_for(low, high - 1)
        return super()._grown(low, high)

    def _spans(self, low: int, high: int) -> Iterator[Span]:
        for begin, end, calendar in self.pieces:
            first, last = max(begin, low), min(end, high)
            if first < last:
                yield from calendar.windows_s(first, last)


@lru_cache(maxsize=1024)
def compiled(hours: Hours) -> Calendar:
    """Return the one Calendar of equal hours. Raises CalendarError: unknown zone."""
    return Calendar(hours)


def _clip(span: Span, low: int, high: int) -> Span | None:
    start, end = max(span[0], low), min(span[1], high)
    return (start, end) if start < end else None
