"""A year of support hours, day by day: what a calendar page draws. Pure."""

import calendar
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from itertools import groupby

from sla.schedule import Day, Schedule
from sla.walltime import DAY, moment_of
from sla.wording import SHORT

MONTHS = calendar.month_name


@dataclass(frozen=True)
class Cell:
    """One day: how it is drawn and what its tooltip says."""

    day: date
    kind: str
    tip: str
    open_seconds: int
    is_dst: bool
    is_today: bool
    is_changed: bool = False

    @property
    def css(self) -> str:
        marks = ("dst", self.is_dst), ("today", self.is_today), ("hit", self.is_changed)
        return " ".join([self.kind, *(name for name, on in marks if on)])

    @property
    def words(self) -> str:
        """The tooltip as one sentence."""
        return self.tip.replace("|:", ": ", 1).replace("|:", ", ")


@dataclass(frozen=True)
class Month:
    """One month; weeks begin on Monday, None is a day of another month."""

    name: str
    weeks: tuple[tuple[Cell | None, ...], ...]
    open_seconds: int

    @property
    def open_hours(self) -> int:
        return self.open_seconds // 3600


@dataclass(frozen=True)
class Year:
    number: int
    months: tuple[Month, ...]

    @property
    def cells(self) -> list[Cell]:
        weeks = (week for month in self.months for week in month.weeks)
        return [cell for week in weeks for cell in week if cell]

    @property
    def open_hours(self) -> int:
        return sum(month.open_seconds for month in self.months) // 3600

    @property
    def open_days(self) -> int:
        return sum(cell.open_seconds > 0 for cell in self.cells)

    @property
    def notable(self) -> list[Cell]:
        """The days that are not like their weekday: the year view in words."""
        return [c for c in self.cells if c.kind in {"holiday", "special"} or c.is_dst]


def year_of(
    schedule: Schedule,
    number: int,
    names: Mapping[str, str],
    *,
    today: date | None = None,
    before: Schedule | None = None,
) -> Year:
    """Every day of a year; with `before`, days whose hours differ are marked."""
    first = date(number, 1, 1).toordinal()
    last = date(number, 12, 31).toordinal()
    cells = [
        _cell(schedule.day(ordinal), names, today, before)
        for ordinal in range(first, last + 1)
    ]
    months = tuple(
        _month(month, list(run)) for month, run in groupby(cells, lambda c: c.day.month)
    )
    return Year(number, months)


def _month(number: int, cells: list[Cell]) -> Month:
    slots: list[Cell | None] = [None] * cells[0].day.weekday() + list(cells)
    slots += [None] * (-len(slots) % 7)
    weeks = tuple(tuple(slots[n : n + 7]) for n in range(0, len(slots), 7))
    return Month(MONTHS[number], weeks, sum(cell.open_seconds for cell in cells))


def _cell(
    day: Day,
    names: Mapping[str, str],
    today: date | None,
    before: Schedule | None,
) -> Cell:
    seconds = sum(end - start for start, end in day.spans)
    kind = day.kind if day.kind != "window" else "open" if seconds else "closed"
    is_dst = day.ends - day.begins != DAY
    return Cell(
        day=day.date,
        kind=kind,
        tip=_tip(day, names.get(day.date.isoformat(), ""), is_dst=is_dst),
        open_seconds=seconds,
        is_dst=is_dst,
        is_today=day.date == today,
        is_changed=before is not None and _differs(day, before),
    )


def _tip(day: Day, name: str, *, is_dst: bool) -> str:
    """Fri 25 Dec: holiday, Christmas Day."""
    head = f"{SHORT[day.date.weekday()]} {day.date.day} {day.date:%b}"
    lines = [head]
    if day.kind != "window":
        lines.append(f"{day.kind.capitalize()}{f', {name}' if name else ''}")
    if day.kind != "holiday":
        lines.append(times_of(day))
    if is_dst:
        hours = (day.ends - day.begins) / 3600
        lines.append(f"The clocks change: a day of {hours:g} hours")
    return "|:".join(line.replace("|", " ") for line in lines)


def times_of(day: Day) -> str:
    """Its open times on the wall clock of its zone."""
    shown = [
        f"{_wall(start, day)}–{_wall(end, day, is_end=True)}"
        for start, end in day.spans
    ]
    return ", ".join(shown) or "Closed"


def _wall(moment: int, day: Day, *, is_end: bool = False) -> str:
    local: datetime = moment_of(moment).astimezone(day.zone)
    midnight = is_end and local.hour == local.minute == 0
    return "24:00" if midnight else f"{local:%H:%M}"


def _differs(day: Day, before: Schedule) -> bool:
    return before.day(day.date.toordinal()).spans != day.spans
