"""The opening hours of one calendar version: what people type, store and check.

Times are local minutes of a day in one IANA time zone. A shift belongs to the date it
starts on, so an overnight shift is governed by the holidays and special hours of its
first day. See docs/architecture.md for how hours become deadlines.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from itertools import pairwise
from types import MappingProxyType
from typing import Any, Self
from zoneinfo import ZoneInfo

Window = tuple[int, int]
"""Local minutes [start, end); end <= 1440, and end < start spills into the next day."""

DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
DAY_NAMES = (
    "Monday",
    "Tuesday",
    "Wednesday",
    "Thursday",
    "Friday",
    "Saturday",
    "Sunday",
)
DAY_MINUTES = 1440
HORIZON_DAYS = 400

_CLOCK = re.compile(r"(\d{1,2}):(\d{2})")
_EVERY_DAY = ("24x7", "24/7")


class CalendarError(ValueError):
    """Opening hours that cannot be used; the message is a sentence for people."""


@dataclass(frozen=True, slots=True)
class Hours:
    """One immutable calendar version: weekly hours, holidays and special hours.

    Special hours replace the weekly hours of their date and beat a holiday; an empty
    tuple closes the date. Raises CalendarError when a window is not made of minutes of
    a day; `validate` checks the rest.
    """

    timezone: str
    weekly: tuple[tuple[Window, ...], ...]
    holidays: frozenset[date] = frozenset()
    special: Mapping[date, tuple[Window, ...]] = field(default_factory=dict, hash=False)

    def __post_init__(self) -> None:
        """Bring equal hours to one form, so that they compile once."""
        if len(self.weekly) != 7:
            raise CalendarError("Weekly hours need seven days, Monday first.")
        weekly = tuple(_ordered(windows) for windows in self.weekly)
        special = {day: _ordered(windows) for day, windows in self.special.items()}
        object.__setattr__(self, "weekly", weekly)
        object.__setattr__(self, "holidays", frozenset(self.holidays))
        object.__setattr__(self, "special", MappingProxyType(special))

    def __reduce__(self) -> tuple[type[Self], tuple[object, ...]]:
        """Copy and pickle by value: the read-only view of special hours cannot."""
        special = dict(self.special)
        return type(self), (self.timezone, self.weekly, self.holidays, special)

    @classmethod
    def parse(cls, text: str, timezone: str, holidays: Iterable[date] = ()) -> Self:
        """Read "Mon-Fri 09:00-12:00 13:00-17:30; Sat 09:00-12:00", "24x7" and the like.

        Clauses are parted by ";" or ","; a day range may run over Sunday. Raises
        CalendarError with a sentence that names the part it cannot read.
        """
        weekly: list[list[Window]] = [[] for _ in DAYS]
        for days, windows in _clauses(text):
            for day in days:
                weekly[day].extend(windows)
        return cls(timezone, tuple(map(tuple, weekly)), frozenset(holidays))

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Self:
        """Read what `to_json` writes; a holiday may also be {"from", "to"}, inclusive.

        Raises CalendarError when the data have another shape.
        """
        try:
            return cls(
                timezone=str(data["timezone"]),
                weekly=_weekly_from(data.get("weekly") or {}),
                holidays=frozenset(_dates(data.get("holidays") or ())),
                special={
                    date.fromisoformat(day): _windows_from(pairs)
                    for day, pairs in (data.get("special") or {}).items()
                },
            )
        except CalendarError:
            raise
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            raise CalendarError(f"These hours cannot be read: {error}.") from error

    def to_json(self) -> dict[str, object]:
        """Write the hours as JSON values: days without hours are left out."""
        return {
            "timezone": self.timezone,
            "weekly": {
                name: _pairs(windows)
                for name, windows in zip(DAYS, self.weekly, strict=True)
                if windows
            },
            "holidays": [day.isoformat() for day in sorted(self.holidays)],
            "special": {
                day.isoformat(): _pairs(windows)
                for day, windows in sorted(self.special.items())
            },
        }

    def on(self, day: date) -> tuple[Window, ...]:
        """Windows that start on a local date; special hours beat holidays."""
        special = self.special.get(day)
        if special is not None:
            return special
        if day in self.holidays:
            return ()
        return self.weekly[day.weekday()]

    def validate(self, on: date | None = None) -> None:
        """Refuse hours that no promise can be built on, with a CalendarError.

        Refused are an unknown time zone, a window of no length, windows that overlap
        (also into the next day), and no opening within 400 days of `on`, or none at
        all when no date is given.
        """
        zone_named(self.timezone)
        for name, windows in self._named_days():
            for start, end in windows:
                if start == end:
                    raise CalendarError(f"{name} has a window that ends as it starts.")
        self._refuse_overlaps()
        if on is None:
            is_open = any(self.weekly) or any(self.special.values())
        else:
            is_open = any(self.on(on + timedelta(n)) for n in range(HORIZON_DAYS + 1))
        if not is_open:
            raise CalendarError(
                f"These hours are never open within {HORIZON_DAYS} days. "
                "Give at least one opening."
            )

    def _named_days(self) -> Iterator[tuple[str, tuple[Window, ...]]]:
        yield from zip(DAY_NAMES, self.weekly, strict=True)
        for day, windows in sorted(self.special.items()):
            yield day.isoformat(), windows

    def _refuse_overlaps(self) -> None:
        pairs = [(self.weekly[n - 1], self.weekly[n], DAY_NAMES[n]) for n in range(7)]
        for day in sorted(self.special):
            for second in (day, day + timedelta(1)):
                first = self.on(second - timedelta(1))
                pairs.append((first, self.on(second), second.isoformat()))
        for before, windows, name in pairs:
            spans = [_span(window, -DAY_MINUTES) for window in before]
            spans += [_span(window, 0) for window in windows]
            spans.sort()
            for (_, end), (start, _) in pairwise(spans):
                if start < end:
                    raise CalendarError(f"Two windows overlap on {name}.")


def zone_named(name: str) -> ZoneInfo:
    """Return the IANA time zone of this name, or raise CalendarError."""
    try:
        return ZoneInfo(name)
    except (OSError, ValueError, KeyError) as error:
        raise CalendarError(f"There is no time zone called {name!r}.") from error


def clock_text(minute: int) -> str:
    """Write a minute of the day as HH:MM; the end of the day is 24:00."""
    return f"{minute // 60:02}:{minute % 60:02}"


def _ordered(windows: Iterable[Window]) -> tuple[Window, ...]:
    ordered = tuple(sorted((start, end) for start, end in windows))
    for start, end in ordered:
        if not (0 <= start < DAY_MINUTES and 0 <= end <= DAY_MINUTES):
            raise CalendarError("A window must lie between 00:00 and 24:00.")
    return ordered


def _span(window: Window, shift: int) -> Window:
    start, end = window
    return start + shift, end + shift + (DAY_MINUTES if end < start else 0)


def _pairs(windows: Iterable[Window]) -> list[list[str]]:
    return [[clock_text(start), clock_text(end)] for start, end in windows]


def _weekly_from(data: Mapping[str, Any]) -> tuple[tuple[Window, ...], ...]:
    unknown = set(data) - set(DAYS)
    if unknown:
        raise CalendarError(f"There is no day called {min(unknown)!r}.")
    return tuple(_windows_from(data.get(day) or ()) for day in DAYS)


def _windows_from(pairs: Iterable[Iterable[str]]) -> tuple[Window, ...]:
    return tuple((_minute(start), _minute(end)) for start, end in pairs)


def _dates(entries: Iterable[Any]) -> Iterator[date]:
    for entry in entries:
        if isinstance(entry, Mapping):
            first = date.fromisoformat(entry["from"])
            last = date.fromisoformat(entry["to"])
            yield from (first + timedelta(n) for n in range((last - first).days + 1))
        else:
            yield entry if isinstance(entry, date) else date.fromisoformat(entry)


def _minute(text: str) -> int:
    match = _CLOCK.fullmatch(text)
    if match is None or int(match[2]) > 59:
        raise CalendarError(f"{text!r} is not a time of day. Write it like 09:30.")
    minute = int(match[1]) * 60 + int(match[2])
    if minute > DAY_MINUTES:
        raise CalendarError(f"{text!r} is later than 24:00.")
    return minute


def _clauses(text: str) -> Iterator[tuple[list[int], list[Window]]]:
    """Gather runs of days followed by runs of windows."""
    days: list[int] = []
    windows: list[Window] = []
    for word in re.sub(r"\s*[-\u2013]\s*", "-", text).replace(",", " ").split():
        for part in filter(None, word.split(";")):
            if part.lower() in _EVERY_DAY:
                yield list(range(7)), [(0, DAY_MINUTES)]
            elif part[0].isdigit():
                windows.append(_window(part))
            else:
                if windows:
                    yield _some(days, windows), windows
                    days, windows = [], []
                days.extend(_days(part))
    if windows or days:
        yield _some(days, windows), windows


def _some(days: list[int], windows: list[Window]) -> list[int]:
    if not days:
        times = f"{clock_text(windows[0][0])}-{clock_text(windows[0][1])}"
        raise CalendarError(f"Say on which days {times} applies, like Mon-Fri {times}.")
    if not windows:
        raise CalendarError(
            f"{DAY_NAMES[days[0]]} has no times. Add some like 09:00-17:30."
        )
    return days


def _window(part: str) -> Window:
    start, dash, end = part.partition("-")
    if not dash:
        raise CalendarError(f"{part!r} is not a window. Write it like 09:00-17:30.")
    window = _minute(start), _minute(end)
    if window[0] == window[1]:
        raise CalendarError(f"{part} ends as it starts. Write 00:00-24:00 for all day.")
    return window


def _days(part: str) -> list[int]:
    first, dash, last = part.partition("-")
    start = _day(first)
    length = (_day(last) - start) % 7 if dash else 0
    return [(start + n) % 7 for n in range(length + 1)]


def _day(word: str) -> int:
    for number, name in enumerate(DAY_NAMES):
        if word.lower() in (name.lower(), name[:3].lower()):
            return number
    raise CalendarError(f"{word!r} is not a day of the week. Write it like Mon.")
