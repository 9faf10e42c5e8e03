"""Wall time to instant, by one rule for every time zone (rule R2 of the clocks).

A wall time that never happened is the instant of the change; one that happened twice
is its first occurrence. The mapping never runs backward, so adjacent windows stay
adjacent, and every duration is counted in real seconds. Instants are whole seconds
since 1970 in UTC.
"""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

DAY = 86_400
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
EPOCH_DAY = 719_163
FIRST = -62_072_524_800
"""The first instant the engine answers for: year 3, so that every zone fits."""
LAST = 253_339_228_800
"""The end of what it answers for: year 9998."""


def seconds_of(moment: datetime) -> int:
    """Whole seconds since 1970 of an aware datetime, rounded down.

    Raises TypeError for a naive datetime.
    """
    since = moment - EPOCH
    return since.days * DAY + since.seconds


def moment_of(seconds: int) -> datetime:
    """Return the aware UTC datetime of a count of seconds since 1970."""
    return EPOCH + timedelta(0, seconds)


def day_of(moment: int, zone: ZoneInfo) -> int:
    """Local date, as a proleptic ordinal, of an instant."""
    return moment_of(moment).astimezone(zone).toordinal()


def wall_second(moment: int, day: int, zone: ZoneInfo) -> int:
    """What the wall clock shows at an instant, in seconds since midnight of `day`."""
    local = moment_of(moment).astimezone(zone)
    return (
        (local.toordinal() - day) * DAY
        + local.hour * 3600
        + local.minute * 60
        + local.second
    )


def instant(day: int, second: int, zone: ZoneInfo) -> int:
    """Return the instant at which the wall clock shows `second` of a local date.

    `second` may be a day or more: 30 hours is 06:00 on the next date.
    """
    wall = datetime.fromordinal(day) + timedelta(0, second)
    shown = (day - EPOCH_DAY) * DAY + second
    before = offset(wall.replace(tzinfo=zone))
    after = offset(wall.replace(tzinfo=zone, fold=1))
    if after <= before:
        return shown - before
    return _transition(shown - after, shown - before, before, zone)


def midnight_offset(day: int, zone: ZoneInfo) -> int | None:
    """Seconds east of UTC at the start of a local date; None in the midst of a change.

    Some zones changed their clocks across midnight: Toronto at 23:30 in 1919.
    """
    midnight = datetime.fromordinal(day)
    before = offset(midnight.replace(tzinfo=zone))
    after = offset(midnight.replace(tzinfo=zone, fold=1))
    return before if before == after else None


def offset(local: datetime) -> int:
    """Seconds east of UTC of an aware datetime."""
    east = local.utcoffset()
    if east is None:
        raise TypeError("An aware datetime is needed.")
    return east.days * DAY + east.seconds


def _transition(low: int, high: int, before: int, zone: ZoneInfo) -> int:
    """Return the first instant in (low, high] at which the old offset has ended."""
    while high - low > 1:
        middle = (low + high) // 2
        if offset(moment_of(middle).astimezone(zone)) == before:
            low = middle
        else:
            high = middle
    return high
