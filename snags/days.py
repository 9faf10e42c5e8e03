"""Calendar days and weeks of the organisation, and the instants they begin at."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta

from django.utils import timezone

DAY = timedelta(days=1)
WEEK = 7
FOUR_WEEKS = 28
# A Monday; weeks and four weeks are counted from it.
ORIGIN = date(2000, 1, 3)
MORNING = time(9, 0)


def day_of(instant: datetime) -> date:
    """The calendar day of an instant in the organisation's time zone."""
    return timezone.localdate(instant, timezone.get_default_timezone())


def begins(day: date) -> datetime:
    """The first instant of a calendar day, in UTC; days of 23 and 25 hours included."""
    zone = timezone.get_default_timezone()
    return datetime.combine(day, time.min, tzinfo=zone).astimezone(UTC)


def morning_of(day: date) -> datetime:
    """Nine o'clock of a day, in the zone of whoever named it."""
    return timezone.make_aware(datetime.combine(day, MORNING))


def start_of(day: date, span: int) -> date:
    """The first day of the week, or of the four weeks, that a day lies in."""
    return day - timedelta(days=(day - ORIGIN).days % span)


def pieces(
    first: date, last: date, *, largest: int = FOUR_WEEKS
) -> Iterator[tuple[int, date]]:
    """Cut days into the fewest spans (28, 7, 1 days) that rollups are kept for."""
    sizes = [size for size in (FOUR_WEEKS, WEEK, 1) if size <= largest]
    day = first
    while day <= last:
        size = next(
            size
            for size in sizes
            if start_of(day, size) == day and (last - day).days + 1 >= size
        )
        yield size, day
        day += timedelta(days=size)
