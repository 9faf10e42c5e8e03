"""The only clock rules may read: the database's."""

from datetime import UTC, date, datetime

from django.db import connection
from django.utils import timezone


def now() -> datetime:
    """The instant on the database clock, in UTC, whole seconds rounded down.

    Read it after taking the row lock, so that a wait for the lock is not counted
    against the person who waited.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT date_trunc('second', clock_timestamp())")
        instant: datetime = cursor.fetchone()[0]
    return instant.astimezone(UTC)


def exact() -> datetime:
    """The instant on the database clock, in UTC, to the microsecond.

    For what begins where something else ends: two in one second are two instants.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT clock_timestamp()")
        instant: datetime = cursor.fetchone()[0]
    return instant.astimezone(UTC)


def today() -> date:
    """The calendar day in the organisation's time zone, by this machine's clock.

    Only for day-granular facts (is a membership in force?), where a second is nothing
    and a query per page is something.
    """
    return timezone.localdate(timezone=timezone.get_default_timezone())
