"""Calendars as their pages show them."""

from dataclasses import dataclass
from datetime import datetime

from django.db.models import Prefetch, QuerySet

from sla.models import CalendarVersion, Contract, HolidayFeed, ServiceCalendar
from sla.wording import week_text


@dataclass(frozen=True)
class CalendarLine:
    """One calendar with what holds now and what is to come."""

    calendar: ServiceCalendar
    version: CalendarVersion | None
    following: CalendarVersion | None
    contracts: int

    @property
    def week(self) -> list[str]:
        return week_text(self.version.as_hours()).splitlines() if self.version else []

    @property
    def zone(self) -> str:
        return str(self.version.hours["timezone"]) if self.version else ""


def calendars() -> QuerySet[ServiceCalendar]:
    return ServiceCalendar.objects.order_by("name", "pk")


def calendar_lines(at: datetime) -> list[CalendarLine]:
    """Every calendar by name, those out of use last."""
    versions = CalendarVersion.objects.in_force().order_by("number")
    rows = calendars().prefetch_related(Prefetch("versions", versions, to_attr="held"))
    users: dict[int, set[int]] = {}
    pairs = Contract.objects.active().filter(versions__replaced_by__isnull=True)
    for calendar, contract in pairs.values_list("versions__targets__calendar", "pk"):
        users.setdefault(calendar, set()).add(contract)
    lines = []
    for row in sorted(rows, key=lambda calendar: not calendar.is_active):
        now, later = _split(row.held, at)
        lines.append(CalendarLine(row, now, later, len(users.get(row.pk, ()))))
    return lines


def version_at(calendar: ServiceCalendar, at: datetime) -> CalendarVersion | None:
    """The version whose hours hold at an instant."""
    return _split(list(calendar.versions.in_force().order_by("number")), at)[0]


def versions_of(calendar: ServiceCalendar) -> list[CalendarVersion]:
    """Every version ever written, newest first."""
    rows = calendar.versions.select_related("created_by", "replaced_by")
    return list(rows.order_by("-number"))


def named_days(calendar: ServiceCalendar) -> dict[str, str]:
    """The names of days off in all versions in force, by date."""
    names: dict[str, str] = {}
    for version in calendar.versions.in_force().order_by("number"):
        names |= version.holiday_names
    return names


def contracts_by(calendar: ServiceCalendar) -> list[Contract]:
    """The active contracts that count by a calendar."""
    rows = Contract.objects.active().filter(
        versions__replaced_by__isnull=True, versions__targets__calendar=calendar
    )
    return list(rows.distinct().order_by("kind", "name"))


def feed(pk: int) -> HolidayFeed | None:
    return HolidayFeed.objects.filter(pk=pk).first()


def _split(
    versions: list[CalendarVersion], at: datetime
) -> tuple[CalendarVersion | None, CalendarVersion | None]:
    """What holds at an instant, and the next to come."""
    begun = [v for v in versions if v.effective_from is None or v.effective_from <= at]
    to_come = [v for v in versions if v.effective_from and v.effective_from > at]
    return (
        max(begun, key=_begin, default=None),
        min(to_come, key=_begin, default=None),
    )


def _begin(version: CalendarVersion) -> tuple[bool, float]:
    since = version.effective_from
    return since is not None, since.timestamp() if since else 0.0
