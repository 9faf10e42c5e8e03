"""One process at a time: the second goes without, and a dead one holds nothing."""

from contextlib import closing

import psycopg2
import pytest
from django.db import connection, transaction

from opsdesk.core import locks
from snags.models import RollupNote
from snags.services import orphans, rollups

pytestmark = pytest.mark.django_db
EVERY = (locks.RECOMPUTE, locks.ORPHANS, locks.ROLLUPS, locks.IMPORT)


@pytest.fixture
def other():
    """Another process: a connection of its own."""
    with closing(psycopg2.connect(**connection.get_connection_params())) as process:
        process.autocommit = True
        yield process


def take(process, lock):
    with process.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_lock(%s)", [lock])
        return cursor.fetchone()[0]


def test_each_kind_of_work_has_a_lock_of_its_own(other):
    assert len(set(EVERY)) == len(EVERY)
    with locks.alone(locks.ORPHANS) as alone:
        assert alone
        assert take(other, locks.ROLLUPS)


def test_a_lock_is_held_for_the_while_and_given_back(other):
    with locks.alone(locks.ORPHANS):
        assert not take(other, locks.ORPHANS)
    assert take(other, locks.ORPHANS)

    with locks.alone(locks.ORPHANS) as alone:
        assert not alone


def test_a_failure_gives_the_lock_back(other):
    with (
        pytest.raises(ZeroDivisionError),
        locks.alone(locks.ORPHANS),
        transaction.atomic(),
    ):
        _ = 1 / 0
    assert take(other, locks.ORPHANS)


def test_who_waits_has_it_once_the_holder_died(other):
    assert take(other, locks.ROLLUPS)
    other.close()

    with locks.alone(locks.ROLLUPS, wait=True) as alone:
        assert alone


def test_work_that_is_being_done_is_left_to_whoever_does_it(other, live, rob):
    RollupNote.objects.create(day="2026-11-23")
    take(other, locks.ROLLUPS)
    take(other, locks.ORPHANS)

    assert (rollups.roll_up(), orphans.raise_duties()) == (0, 0)
    assert RollupNote.objects.filter(day="2026-11-23").exists()
