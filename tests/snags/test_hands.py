"""Several hands recompute at once: each clock once, whatever becomes of a hand."""

import threading
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from time import monotonic

import pytest
from django.db import IntegrityError, OperationalError, connection, transaction

from sla.models import Target, TermsChange
from sla.services.calendars import amend_calendar
from snags.models import Clock
from snags.services import hands, recompute
from snags.services.clock_batches import Batch
from snags.services.hands import HANDS, Portions, work_through
from tests.factories import make_contract, make_snag

pytestmark = pytest.mark.django_db(transaction=True)

SNAGS = 6


@pytest.fixture(autouse=True)
def one_snag_a_portion(monkeypatch):
    for name in ("FIRST_PORTION", "MIN_PORTION", "MAX_PORTION"):
        monkeypatch.setattr(hands, name, 1)


@pytest.fixture
def stale(live, rob, mia):
    """Snags whose two clocks each are due by hours that have just changed."""
    make_contract(live.landscape, p3_response=60 * 40_000, p3_resolution=60 * 50_000)
    snags = [make_snag(live, rob) for _ in range(SNAGS)]
    amend_calendar(
        Target.objects.first().calendar,
        actor=mia,
        version=1,
        timezone="Europe/London",
        week="24x7",
    )
    return snags


def run():
    return recompute.run_pending(stragglers=timedelta(0))


def run_elsewhere():
    try:
        return run()
    finally:
        connection.close()


def assert_each_once():
    for clock in Clock.objects.order_by("pk"):
        causes = list(clock.revisions.values_list("cause", flat=True))
        assert causes == ["started", "amendment"]
        assert len(clock.timeline) == 2
    change = TermsChange.objects.get()
    assert (change.recomputed, change.finished_at is None) == (2 * SNAGS, False)
    assert run() == 0


def test_two_hands_compute_every_clock_once(stale):
    assert run() == 2 * SNAGS
    assert_each_once()


def test_a_snag_that_fails_is_raised_and_the_rest_found_stale_again(stale):
    victim = stale[2].clocks.first().pk
    with connection.cursor() as cursor:
        cursor.execute(
            "ALTER TABLE snags_clock ADD CONSTRAINT stays_as_it_is"
            " CHECK (id <> %s OR revision = 1) NOT VALID",
            [victim],
        )
    try:
        with pytest.raises(IntegrityError, match="stays_as_it_is"):
            run()
    finally:
        with connection.cursor() as cursor:
            cursor.execute("ALTER TABLE snags_clock DROP CONSTRAINT stays_as_it_is")
    done = TermsChange.objects.get().recomputed
    assert done == Clock.objects.filter(revision=2).count()
    assert {clock.revision for clock in stale[2].clocks.all()} == {1}

    assert run() == 2 * SNAGS - done

    assert_each_once()


def test_hands_that_are_killed_while_they_write_leave_it_to_the_next_run(stale):
    with ThreadPoolExecutor(1) as pool:
        with transaction.atomic():
            # Hands that have computed their first snag wait here to say so.
            TermsChange.objects.select_for_update().get()
            running = pool.submit(run_elsewhere)
            kill_those_that_wait()
        with pytest.raises(OperationalError):
            running.result()
    assert set(Clock.objects.values_list("revision", flat=True)) == {1}

    assert run() == 2 * SNAGS

    assert_each_once()


def kill_those_that_wait():
    """Both at once: when one dies, the other takes no further portion."""
    deadline, waiting = monotonic() + 10, []
    while len(waiting) < HANDS and monotonic() < deadline:
        time.sleep(0.02)
        # Within a transaction, who is connected is else told as it was at first.
        fetch("SELECT pg_stat_clear_snapshot()")
        waiting = fetch(
            "SELECT pid FROM pg_stat_activity"
            " WHERE datname = current_database() AND wait_event_type = 'Lock'"
        )
    assert len(waiting) == HANDS
    for (pid,) in waiting:
        fetch("SELECT pg_terminate_backend(%s)", pid)


def fetch(statement, *params):
    with connection.cursor() as cursor:
        cursor.execute(statement, params)
        return cursor.fetchall()


def test_hands_work_at_once_and_leave_no_connection_open():
    meet, opened = threading.Barrier(HANDS), []

    def work(ids):
        meet.wait(10)
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
        opened.append(connection.connection)
        return Batch(written=ids[0])

    ids = list(range(1, 2 * HANDS + 1))
    batches = work_through(Portions(ids, monotonic() + 10), work)

    assert sorted(batch.written for batch in batches) == ids
    assert len(set(map(id, opened))) == HANDS
    assert all(found.closed for found in opened)


def test_an_error_stops_the_other_hands_after_the_portion_they_are_at():
    begun = threading.Barrier(HANDS)
    worked = []

    def work(ids):
        worked.append(ids[0])
        if ids[0] <= HANDS:
            begun.wait(10)
        if ids[0] == 1:
            raise ValueError("no such snag")
        time.sleep(0.01)
        return Batch()

    with pytest.raises(ValueError, match="no such snag"):
        work_through(Portions(list(range(1, 1_000)), monotonic() + 30), work)

    assert len(worked) < 100


def test_nothing_is_dealt_once_the_time_is_up():
    portions = Portions([1, 2, 3], monotonic() - 1)
    assert work_through(portions, lambda ids: Batch(written=1)) == []
    assert portions.dealt == 0
