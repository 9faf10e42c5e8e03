"""Hours, days and targets as people type and read them. Pure."""

import re
from collections.abc import Iterable, Iterator, Mapping
from datetime import date, timedelta
from itertools import groupby

from sla.hours import DAY_NAMES, CalendarError, Hours, Window, clock_text

SHORT = tuple(name[:3] for name in DAY_NAMES)
CLOSED = "closed"
MAX_RANGE = 366
_WINDOW = re.compile(r"\d{1,2}:\d{2}-\d{1,2}:\d{2}")
_UNITS = {
    **dict.fromkeys(("m", "min", "mins", "minute", "minutes"), 1),
    **dict.fromkeys(("h", "hr", "hrs", "hour", "hours"), 60),
}
_LENGTH = re.compile(r"(\d+(?:\.\d+)?)\s*([a-z]*)")
_PARTS = re.compile(r"(\d+)\s*h(?:ours?)?\s*(\d+)\s*m(?:in(?:utes)?)?")


def windows_text(windows: Iterable[Window]) -> str:
    """09:00-12:00 13:00-17:30, or closed."""
    shown = [f"{clock_text(start)}-{clock_text(end)}" for start, end in windows]
    return " ".join(shown) or CLOSED


def week_text(hours: Hours) -> str:
    """Mon-Fri 09:00-17:30, a line for each run of equal days."""
    lines = []
    numbered = groupby(enumerate(hours.weekly), key=lambda day: day[1])
    for windows, run in numbered:
        days = [number for number, _ in run]
        if windows:
            first, last = SHORT[days[0]], SHORT[days[-1]]
            name = first if len(days) == 1 else f"{first}-{last}"
            lines.append(f"{name} {windows_text(windows)}")
    return "\n".join(lines)


def days_text(days: Mapping[date, str]) -> str:
    return "\n".join(
        f"{day.isoformat()} {name}".rstrip() for day, name in sorted(days.items())
    )


def special_text(special: Mapping[date, tuple[Window, ...]]) -> str:
    return "\n".join(
        f"{day.isoformat()} {windows_text(windows)}"
        for day, windows in sorted(special.items())
    )


def read_days(text: str) -> dict[date, str]:
    """Read "2026-12-24 Name" and "2026-12-24 to 2026-12-31 Name", one a line.

    Raises CalendarError with a sentence that names the line.
    """
    found: dict[date, str] = {}
    for line, words in _lines(text):
        first = last = _date(words[0], line)
        name = words[1:]
        if len(words) > 2 and words[1] == "to":
            last, name = _date(words[2], line), words[3:]
        if not 0 <= (last - first).days < MAX_RANGE:
            raise CalendarError(f"“{line}” does not run from one day to a later one.")
        for n in range((last - first).days + 1):
            found[first + timedelta(n)] = " ".join(name)[:80]
    return found


def read_special(text: str) -> dict[date, tuple[Window, ...]]:
    """Read "2026-12-24 09:00-12:00" and "2026-12-24 closed", one a line.

    Raises CalendarError with a sentence that names the line.
    """
    found: dict[date, tuple[Window, ...]] = {}
    for line, words in _lines(text):
        day = _date(words[0], line)
        times = words[1:]
        if times == [CLOSED]:
            found[day] = ()
            continue
        if not times or not all(_WINDOW.fullmatch(word) for word in times):
            raise CalendarError(f"“{line}” needs times like 09:00-12:00, or “closed”.")
        # A week of one day reads the windows and refuses what no day has.
        found[day] = Hours.parse(f"Mon {' '.join(times)}", "UTC").weekly[0]
    return found


def read_length(text: str) -> tuple[int | None, int | None]:
    """Read a target: minutes, or working days; neither when it is empty.

    "90", "90 m", "4 h", "1 h 30 m" and "2 days" are lengths. Raises CalendarError.
    """
    text = " ".join(text.lower().split())
    if not text:
        return None, None
    if both := _PARTS.fullmatch(text):
        return int(both[1]) * 60 + int(both[2]), None
    match = _LENGTH.fullmatch(text)
    number, unit = (float(match[1]), match[2] or "m") if match else (0.0, "")
    if unit in {"d", "day", "days"} and number.is_integer():
        return None, int(number)
    minutes = number * _UNITS.get(unit, 0)
    if minutes < 1 or not minutes.is_integer():
        raise CalendarError(f"“{text}” is no length. Write 30 m, 4 h or 2 days.")
    return int(minutes), None


def length_text(minutes: int | None, days: int | None) -> str:
    """30 m, 4 h, 1 h 30 m, 2 days: what `read_length` reads again."""
    if days is not None:
        return "1 day" if days == 1 else f"{days} days"
    if minutes is None:
        return ""
    hours, rest = divmod(minutes, 60)
    if not hours:
        return f"{rest} m"
    return f"{hours} h {rest} m" if rest else f"{hours} h"


def _lines(text: str) -> Iterator[tuple[str, list[str]]]:
    for raw in text.splitlines():
        line = re.sub(r"\s*[\u2013]\s*", "-", raw).strip()
        if line:
            yield line[:80], line.split()


def _date(word: str, line: str) -> date:
    try:
        day = date.fromisoformat(word)
    except ValueError as error:
        raise CalendarError(
            f"“{line}” does not begin with a date like 2026-12-24."
        ) from error
    if not 2000 <= day.year < 2100:
        raise CalendarError(f"“{line}” is not between 2000 and 2099.")
    return day
