"""Counting: what the dashboard reads is recounted from raw rows, day by day.

A write notes the days it touched in its own transaction. The rollup takes notes, counts
those days again and commits both together: killed at any point it has done all or
nothing, and the notes are still there.
"""

from collections.abc import Collection
from datetime import date, timedelta

from django.db import connection, transaction

from opsdesk.core import locks
from opsdesk.core.models import Heartbeat
from snags.buckets import EDGES
from snags.days import FOUR_WEEKS, WEEK, begins, start_of
from snags.services.rollup_sql import ADD_UP, COUNT_DAY, NOTE_ALL_DAYS, TAKE_NOTES

HEARTBEAT = "rollup"
BATCH = 28


def roll_up(*, limit: int = 112) -> int:
    """Recount the days noted since last time, at most `limit`; returns how many.

    What is left waits for the next run. While another worker counts, nothing is done.
    The very first run counts everything there is.
    """
    if not Heartbeat.objects.filter(pk=HEARTBEAT).exists():
        note_all_days()
    done = 0
    while done < limit:
        days = _count_batch(min(BATCH, limit - done))
        if not days:
            break
        done += days
    return done


def rebuild() -> int:
    """Recount every day from the first snag to today, in batches that each commit."""
    note_all_days()
    done = 0
    while days := _count_batch(BATCH, wait=True):
        done += days
    return done


def note_all_days() -> None:
    """Note every day on which anything was or could have been counted."""
    with connection.cursor() as cursor:
        cursor.execute(NOTE_ALL_DAYS)


def _count_batch(limit: int, *, wait: bool = False) -> int:
    """Take the notes of some days and count those days; none while another worker does.

    Statements see what was committed before they began. A write whose note is not yet
    visible here commits its note later, so that its day is counted once more.
    """
    with locks.alone(locks.ROLLUPS, wait=wait) as alone:
        return _counted_batch(limit) if alone else 0


@transaction.atomic
def _counted_batch(limit: int) -> int:
    with connection.cursor() as cursor:
        cursor.execute(TAKE_NOTES, [limit])
        days = sorted({row[0] for row in cursor.fetchall()})
        if days:
            _count(days)
        cursor.execute(
            "INSERT INTO core_heartbeat (name, at) VALUES (%s, clock_timestamp())"
            " ON CONFLICT (name) DO UPDATE SET at = excluded.at",
            [HEARTBEAT],
        )
    return len(days)


def _count(days: Collection[date]) -> None:
    with connection.cursor() as cursor:
        for day in days:
            cursor.execute(
                COUNT_DAY,
                {
                    "span": 1,
                    "day": day,
                    "starts": [day],
                    "begins": begins(day),
                    "ends": begins(day + timedelta(days=1)),
                    "edges": list(EDGES),
                },
            )
        for part, span in ((1, WEEK), (WEEK, FOUR_WEEKS)):
            starts = sorted({start_of(day, span) for day in days})
            cursor.execute(ADD_UP, {"part": part, "span": span, "starts": starts})
