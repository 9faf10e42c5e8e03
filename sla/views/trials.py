"""What a change of terms would do, shown before it is saved."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sla import queries
from sla.calendars import Schedule, Timeline, compiled
from sla.models import CalendarVersion, Contract, ServiceCalendar
from sla.queries import calendars, contracts
from sla.queries.contracts import Forecast
from sla.services.calendars import draft, schedule_with
from sla.yearview import Year, year_of
from snags.queries import live_clocks
from snags.queries.live_clocks import LiveClocks


@dataclass(frozen=True)
class Shift:
    """One promise logged now, before and after."""

    contract: Contract
    before: Forecast
    after: Forecast

    @property
    def has_moved(self) -> bool:
        return self.before.due_at != self.after.due_at


@dataclass(frozen=True)
class CalendarTrial:
    """A calendar as it would be: the year, the promises, the running clocks."""

    year: Year
    hours_before: int
    shifts: list[Shift]
    clocks: LiveClocks | None

    @property
    def changed_days(self) -> int:
        return sum(cell.is_changed for cell in self.year.cells)


def try_new_calendar(cleaned: dict[str, Any], now: datetime) -> CalendarTrial:
    """The year of a calendar that does not exist yet. Raises RuleError."""
    wanted = draft(**_hours(cleaned), now=now)
    schedule = Timeline(((None, compiled(wanted.hours)),))
    year = year_of(schedule, now.year, wanted.names, today=now.date())
    return CalendarTrial(year, 0, [], None)


def try_calendar(
    calendar: ServiceCalendar,
    cleaned: dict[str, Any],
    now: datetime,
    *,
    replaced: CalendarVersion | None = None,
) -> CalendarTrial:
    """An amendment, or the correction of a version, tried out. Raises RuleError."""
    wanted = draft(**_hours(cleaned), now=now)
    since = replaced.effective_from if replaced else cleaned["effective_at"] or now
    before = queries.load(queries.timeline_of(calendar.pk))
    after = schedule_with(calendar.pk, wanted.hours, since)
    number = max(since or now, now).year
    names = calendars.named_days(calendar) | wanted.names
    year = year_of(after, number, names, today=now.date(), before=before)
    return CalendarTrial(
        year=year,
        hours_before=year_of(before, number, {}).open_hours,
        shifts=_shifts(calendar, before, after, max(since or now, now)),
        clocks=live_clocks.of_calendar(calendar.pk, max(since or now, now)),
    )


def _shifts(
    calendar: ServiceCalendar, before: Schedule, after: Schedule, at: datetime
) -> list[Shift]:
    shifts = []
    for contract in calendars.contracts_by(calendar):
        version = contracts.contract_version_at(contract, at)
        if version is None:
            continue
        old = contracts.forecast(version, at, instead={calendar.pk: before})
        new = contracts.forecast(version, at, instead={calendar.pk: after})
        name = calendar.name
        shifts += [
            Shift(contract, a, b)
            for a, b in zip(old, new, strict=True)
            if a.calendar == name
        ]
    return shifts


def _hours(cleaned: dict[str, Any]) -> dict[str, Any]:
    names = ("timezone", "week", "region", "days", "special")
    return {name: cleaned[name] for name in names}
