import csv
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any, TextIO
from zoneinfo import ZoneInfo

import holidays
from django.core.management.base import BaseCommand, CommandError, CommandParser

from opsdesk.core.exports import guarded
from opsdesk.core.fields import EARLIEST, LATEST
from sla.calendars import CalendarError, Hours, Schedule, compiled
from sla.models import ServiceCalendar
from sla.queries import load, timeline_of
from snags.queries.times import Times, snag_times

COLUMNS = (
    "number",
    "opened",
    "resolved",
    "elapsed_minutes",
    "business_minutes",
    "paused_minutes",
    "paused_business_minutes",
)


class Command(BaseCommand):
    help = "Print how long every snag took: real minutes, business minutes, waits."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--csv", action="store_true", help="As CSV; always so.")
        parser.add_argument("--hours", help='Like "Mon-Fri 08:00-18:00".')
        parser.add_argument("--timezone", help="Like Europe/London.")
        parser.add_argument("--holidays", help="Region of bank holidays, like GB-ENG.")
        parser.add_argument("--calendar", help="A service calendar by its name.")
        parser.add_argument("--output", type=Path, help="A file instead of the screen.")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            schedule, zone = _schedule(options)
        except CalendarError as error:
            raise CommandError(str(error), returncode=2) from error
        with _output(options["output"], self.stdout) as out:
            writer = csv.writer(out, lineterminator="\n")
            writer.writerow(COLUMNS)
            writer.writerows(_cells(row, zone) for row in snag_times(schedule))


def _schedule(options: dict[str, Any]) -> tuple[Schedule, ZoneInfo]:
    """The hours that count, from the options, and the zone in which times are told."""
    name, hours = options["calendar"], options["hours"]
    if bool(name) == bool(hours):
        raise CommandError("Give either --hours or --calendar.", returncode=2)
    if hours and not options["timezone"]:
        raise CommandError("--hours needs a --timezone.", returncode=2)
    if name:
        return _stored(name, options)
    parsed = Hours.parse(hours, options["timezone"])
    if options["holidays"]:
        days = frozenset(_bank_holidays(options["holidays"]))
        parsed = Hours(parsed.timezone, parsed.weekly, days, parsed.special)
    parsed.validate()
    return compiled(parsed), ZoneInfo(parsed.timezone)


def _stored(name: str, options: dict[str, Any]) -> tuple[Schedule, ZoneInfo]:
    if options["holidays"]:
        raise CommandError(
            "A stored calendar has its own holidays; leave --holidays out.",
            returncode=2,
        )
    calendar = ServiceCalendar.objects.filter(name=name).first()
    latest = calendar and calendar.versions.in_force().order_by("number").last()
    if not calendar or not latest:
        known = ", ".join(ServiceCalendar.objects.values_list("name", flat=True))
        raise CommandError(
            f"There is no calendar “{name}”. There are: {known or 'none'}.",
            returncode=2,
        )
    zone = options["timezone"] or latest.as_hours().timezone
    Hours.parse("24x7", zone).validate()
    return load(timeline_of(calendar.pk)), ZoneInfo(zone)


def _bank_holidays(region: str) -> list[Any]:
    """Public holidays of a region of the `holidays` package, like GB-ENG or DE."""
    country, _, part = region.partition("-")
    try:
        days = holidays.country_holidays(
            country, subdiv=part or None, years=range(EARLIEST.year, LATEST.year)
        )
    except NotImplementedError as error:
        raise CommandError(
            f"There are no bank holidays known for {region!r}. Write it like GB-ENG.",
            returncode=2,
        ) from error
    return list(days)


@contextmanager
def _output(path: Path | None, stdout: Any) -> Iterator[TextIO]:
    if path is None:
        yield stdout._out if hasattr(stdout, "_out") else sys.stdout  # noqa: SLF001
        return
    try:
        file = path.open("w", encoding="utf-8", newline="")
    except OSError as error:
        raise CommandError(
            f"{path} cannot be written: {error.strerror}.", returncode=2
        ) from error
    with file:
        yield file


def _cells(row: Times, zone: ZoneInfo) -> tuple[object, ...]:
    return (
        guarded(row.number),
        _local(row.opened, zone),
        "" if row.resolved is None else _local(row.resolved, zone),
        "" if row.elapsed_minutes is None else row.elapsed_minutes,
        "" if row.business_minutes is None else row.business_minutes,
        row.paused_minutes,
        row.paused_business_minutes,
    )


def _local(at: datetime, zone: ZoneInfo) -> str:
    return at.astimezone(zone).isoformat(timespec="minutes")
