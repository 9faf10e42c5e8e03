"""Days off: public holidays by region, and days read from iCalendar files."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import cache
from itertools import islice
from typing import Any

import holidays
from dateutil.rrule import rrulestr
from django.core.files.uploadedfile import UploadedFile
from django.db import transaction
from django.db.models.functions import Now
from icalendar import Calendar

from opsdesk.accounts.models import User
from opsdesk.core import clock
from opsdesk.core.errors import RuleError, require
from opsdesk.core.fields import EARLIEST, LATEST
from sla.models import HolidayFeed
from sla.permissions import can_edit_terms

YEARS_BACK, YEARS_AHEAD = 2, 10
MAX_CODE = 12
MAX_FILE = 512 * 1024
MAX_EVENTS = 2_000
MAX_DAYS = 3_000
MAX_SPAN = 62
MAX_REPEATS = 400
RULE_PARTS = {
    *("FREQ", "INTERVAL", "COUNT", "UNTIL", "WKST"),
    *("BYMONTH", "BYMONTHDAY", "BYDAY", "BYSETPOS"),
}
UNREADABLE = "This is not an iCalendar file. Export the days off as .ics and try again."


@dataclass(frozen=True)
class Imported:
    """A feed as it was read, and how many entries could not be days off."""

    feed: HolidayFeed
    left_out: int


@cache
def regions() -> tuple[str, ...]:
    """The codes of every country and subdivision whose holidays are known: GB-ENG."""
    known = holidays.list_supported_countries()
    codes = [
        code
        for country, parts in known.items()
        for code in (country, *(f"{country}-{part}" for part in parts))
    ]
    return tuple(sorted(code for code in codes if len(code) <= MAX_CODE))


def region_days(region: str, years: range) -> dict[date, str]:
    """A region's public holidays with their names; no region has none."""
    if not region:
        return {}
    if region not in regions():
        raise RuleError(
            f"There is no holiday region {region!r}. Write it like GB-ENG or DE-BY.",
            code="unknown_region",
        )
    country, _, part = region.partition("-")
    found = holidays.country_holidays(country, subdiv=part or None, years=years)
    return dict(sorted(found.items()))


def years_around(at: datetime) -> range:
    """The years whose holidays a calendar knows: some back, many ahead."""
    return range(at.year - YEARS_BACK, at.year + YEARS_AHEAD + 1)


@transaction.atomic
def import_feed(*, actor: User, name: str, file: "UploadedFile[bytes]") -> Imported:
    """Keep the days off of an iCalendar file under a name, replacing what it held.

    All-day entries count, for each of their days; yearly ones for the years ahead.
    """
    require(can_edit_terms(actor))
    if (file.size or 0) > MAX_FILE:
        raise RuleError(
            f"The file is larger than {MAX_FILE // 1024} KB.", code="file_too_large"
        )
    days, left_out = read_days(file.read(), years_around(clock.now()))
    feed, _ = HolidayFeed.objects.update_or_create(
        name=name,
        defaults={
            "days": {day.isoformat(): text for day, text in sorted(days.items())},
            "imported_at": Now(),
        },
    )
    return Imported(feed, left_out)


def read_days(content: bytes, years: range) -> tuple[dict[date, str], int]:
    """The days off in an iCalendar file, and how many entries were left out."""
    try:
        parsed = Calendar.from_ical(content)
        events = list(parsed.walk("VEVENT"))
    except Exception as error:  # a stranger's file breaks any parser
        raise RuleError(UNREADABLE, code="bad_file") from error
    if len(events) > MAX_EVENTS:
        raise RuleError(
            f"The file holds more than {MAX_EVENTS:,} entries.", code="too_many"
        )
    days: dict[date, str] = {}
    left_out = 0
    for event in events:
        found = list(_days_of(event, years))
        left_out += not found
        days |= dict.fromkeys(found, _title(event))
        if len(days) > MAX_DAYS:
            raise RuleError(
                f"The file names more than {MAX_DAYS:,} days off.", code="too_many"
            )
    if not days:
        raise RuleError("The file names no whole days off.", code="no_days")
    return days, left_out


def _days_of(event: Any, years: range) -> Iterator[date]:
    try:
        first = event["DTSTART"].dt
        if isinstance(first, datetime):
            return
        last = event["DTEND"].dt - timedelta(1) if "DTEND" in event else first
        span = max(1, (last - first).days + 1)
        starts = list(_starts(event, first, years))
    except (AttributeError, KeyError, TypeError, ValueError, OverflowError):
        return
    if span > MAX_SPAN:
        return
    for start in starts:
        for n in range(span):
            day = start + timedelta(n)
            if EARLIEST.date() <= day < LATEST.date():
                yield day


def _starts(event: Any, first: date, years: range) -> Iterator[date]:
    """The first days of a yearly entry within the years, or the one day it is on."""
    if "RRULE" not in event:
        yield first
        return
    rule = event["RRULE"]
    if rule.get("FREQ") != ["YEARLY"] or set(rule) - RULE_PARTS or first.year < 1900:
        return
    until = rule.pop("UNTIL", [None])[0]
    end = (
        until.date()
        if isinstance(until, datetime)
        else until or date(years[-1], 12, 31)
    )
    start = datetime(first.year, first.month, first.day)  # noqa: DTZ001 - a wall date
    dates = rrulestr(rule.to_ical().decode(), dtstart=start)
    for moment in islice(dates, MAX_REPEATS):
        day = moment.date()
        if day > end or day.year > years[-1]:
            return
        if day.year >= years[0]:
            yield day


def _title(event: Any) -> str:
    return " ".join(str(event.get("SUMMARY", "")).replace("\x00", "").split())[:80]
