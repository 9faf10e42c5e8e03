"""Signs of life: each moving part writes when it last moved, on the database clock."""

from collections.abc import Iterable
from datetime import timedelta

from django.db import connection
from django.db.models import Q

from opsdesk.core import clock
from opsdesk.core.models import Heartbeat

# Often enough to notice silence, seldom enough to cost nothing.
EVERY = timedelta(seconds=5)
STAND_IN = "stand-in"  # a worker did what a silent beat did not
FAILED = "failed "  # the last run of the part named after it went wrong


def beat(name: str, *, every: timedelta = EVERY) -> bool:
    """Note that a part is alive, at most once in so long; True for whoever wrote it.

    Of several that find the same work due, so exactly one takes it.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO core_heartbeat (name, at) VALUES (%s, clock_timestamp())"
            " ON CONFLICT (name) DO UPDATE SET at = excluded.at"
            " WHERE core_heartbeat.at < clock_timestamp() - make_interval(secs => %s)",
            [name, every.total_seconds()],
        )
        return bool(cursor.rowcount)


def failed(name: str) -> None:
    """Note that a part went wrong, until it has worked again."""
    beat(FAILED + name)


def recovered(names: Iterable[str]) -> None:
    """Parts have worked: what went wrong before is over."""
    Heartbeat.objects.filter(pk__in=[FAILED + name for name in names]).delete()


def silence(name: str) -> timedelta | None:
    """How long a part has been silent; None when it was never heard."""
    last = Heartbeat.objects.filter(pk=name).values_list("at", flat=True).first()
    return None if last is None else clock.now() - last


def forget(*, older_than: timedelta = timedelta(days=1)) -> int:
    """Drop workers long gone: they come back under new names; the tick is kept."""
    old = Heartbeat.objects.filter(at__lt=clock.now() - older_than)
    gone = Q(name__startswith="worker ") | Q(name=STAND_IN)
    return old.filter(gone).delete()[0]
