"""What is counted equals what is there, whenever and however often one counts."""

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime, timedelta

import pytest
from django.core.management import call_command
from django.db import connection, transaction
from django.db.models import Sum

from opsdesk.core.clock import now as clock_now
from opsdesk.core.models import Heartbeat
from sla.services.calendars import correct_calendar
from snags.buckets import bucket_of, packed
from snags.days import begins, day_of, pieces
from snags.models import Clock, Rollup, RollupNote, Snag
from snags.services import (
    clocks,
    editing,
    lifecycle,
    recompute,
    rollups,
    sweep,
    talk,
)
from snags.services.clocks import Cause
from snags.services.rows import note_days
from tests.factories import NINE, make_contract, make_party, make_snag, make_user

HOUR = timedelta(hours=1)


def counted(**wanted):
    """The day's row for everything, or None."""
    return Rollup.objects.filter(
        **{"span": 1, "scope": 0, "dimension": "all", **wanted}
    ).first()


def all_rows():
    names = [f.name for f in Rollup._meta.fields if f.name != "id"]
    return sorted(Rollup.objects.values_list(*names), key=str)


@pytest.fixture
def quiet(db):
    """As after the first run: only what is noted is counted."""
    Heartbeat.objects.create(name="rollup", at=NINE)


@pytest.fixture
def resolved(live, rob, sam, quiet):
    """Reported on Monday, answered on Tuesday, resolved on Wednesday: both too late."""
    make_contract(live.landscape, p3_response=60, p3_resolution=480)
    snag = make_snag(live, rob, at=NINE)
    talk.comment(snag, body="Looking.", actor=sam, at=NINE + 24 * HOUR)
    return lifecycle.resolve(
        snag,
        actor=sam,
        resolution="configuration",
        resolution_note="Done.",
        at=NINE + 48 * HOUR,
    )


def test_each_fact_counts_on_the_day_it_happened(resolved):
    rollups.roll_up()

    monday = counted(start=date(2026, 3, 2))
    tuesday = counted(start=date(2026, 3, 3))
    wednesday = counted(start=date(2026, 3, 4))
    assert (monday.opened, monday.breached) == (1, 2)
    assert (tuesday.response_met, tuesday.response_missed) == (0, 1)
    assert (wednesday.resolution_missed, wednesday.resolved) == (1, 1)
    assert wednesday.times == packed(bucket_of(48 * 60))


def test_weeks_and_four_weeks_are_the_sums_of_their_days(resolved):
    rollups.roll_up()

    for span in (1, 7, 28):
        rows = Rollup.objects.filter(span=span, scope=0, dimension="all")
        assert rows.aggregate(
            Sum("opened"), Sum("resolved"), Sum("breached"), Sum("response_missed")
        ) == {
            "opened__sum": 1,
            "resolved__sum": 1,
            "breached__sum": 2,
            "response_missed__sum": 1,
        }
    assert counted(span=7).start == date(2026, 3, 2)
    assert counted(span=7).times == packed(bucket_of(48 * 60))


def test_counting_twice_changes_nothing(resolved):
    rollups.roll_up()
    first = all_rows()
    ids = set(Rollup.objects.values_list("pk", flat=True))

    rollups.note_all_days()
    rollups.roll_up(limit=1000)

    assert all_rows() == first
    assert set(Rollup.objects.values_list("pk", flat=True)) == ids


def test_only_noted_days_are_counted(resolved):
    assert rollups.roll_up() == 3
    assert rollups.roll_up() == 0


def test_the_first_run_counts_what_nobody_noted(live, rob):
    make_snag(live, rob, at=NINE)
    RollupNote.objects.all().delete()

    rollups.roll_up(limit=1000)

    assert counted(start=date(2026, 3, 2)).opened == 1


def test_rebuilding_forgets_rows_of_days_that_hold_nothing(resolved):
    rollups.roll_up()
    good = all_rows()
    Rollup.objects.filter(dimension="all").update(opened=7)
    Rollup.objects.create(
        span=1, start=date(2026, 3, 9), dimension="team", key="9", priority=1, opened=4
    )

    call_command("rollup", rebuild=True, verbosity=0)

    assert all_rows() == good


def test_a_reopened_snag_leaves_the_days_it_was_resolved_and_stopped_on(resolved, rob):
    rollups.roll_up()

    lifecycle.reopen(resolved, actor=rob, body="Still wrong.")
    rollups.roll_up()

    wednesday = counted(start=date(2026, 3, 4))
    assert wednesday is None
    assert counted(start=date(2026, 3, 2)).breached == 2


def test_a_new_owner_takes_along_what_was_counted_for_the_old_one(
    live, rob, sam, sue, quiet
):
    make_contract(live.landscape, p3_response=60)
    snag = make_snag(live, rob, at=NINE)
    talk.comment(snag, body="Looking.", actor=sam, at=NINE + 24 * HOUR)
    lifecycle.triage(snag, actor=sam, owner=sam, impact=2, urgency=2)
    rollups.roll_up()
    assert counted(dimension="owner", key=str(sam.pk), response_missed=1)

    editing.assign(snag, owner=sue, actor=sam)
    rollups.roll_up()

    of_owner = Rollup.objects.filter(span=1, dimension="owner", scope=0)
    assert set(of_owner.values_list("key", flat=True)) == {str(sue.pk)}
    assert of_owner.aggregate(n=Sum("response_missed"))["n"] == 1


def test_late_evidence_takes_a_breach_out_of_its_day(live, rob, sam, quiet):
    make_contract(live.landscape, p3_response=60)
    snag = make_snag(live, rob, at=NINE)
    sweep.fire_due_clocks()
    rollups.roll_up()
    assert counted(start=date(2026, 3, 2)).breached == 1

    talk.comment(snag, body="I rang at once.", actor=sam, at=NINE + HOUR / 2)
    rollups.roll_up()

    monday = counted(start=date(2026, 3, 2))
    assert (monday.breached, monday.response_met, monday.response_missed) == (0, 1, 0)


@pytest.mark.parametrize("kind", ["bulk", "verb", "late evidence"])
def test_a_breach_nobody_was_told_of_leaves_its_day_when_it_falls_away(
    live, rob, sam, mia, quiet, kind
):
    contract = make_contract(live.landscape, p3_resolution=60 * 5_000)
    calendar = contract.versions.get().targets.get().calendar
    snag = make_snag(live, rob, at=NINE)
    put_right = {"actor": mia, "reason": "As agreed.", "timezone": "Europe/London"}
    correct_calendar(calendar, version=1, replaces=1, week="24x7", **put_right)
    recompute.run_pending(stragglers=timedelta(0))
    broke_at = snag.clocks.get().breached_at
    assert not snag.clocks.get().events.exists()
    note_days(broke_at)
    rollups.roll_up()
    assert counted(start=day_of(broke_at)).breached == 1

    if kind == "late evidence":
        clocks.stop(snag, Cause("resolved", NINE + HOUR))
    elif kind == "verb":
        Clock.objects.update(timeline=[[None, calendar.versions.first().pk]])
        clocks.recompute(snag, Cause("forced", clock_now()))
    else:
        number = calendar.versions.in_force().get().number
        week = "Mon-Fri 09:00-17:00"
        correct_calendar(calendar, version=2, replaces=number, week=week, **put_right)
        recompute.run_pending(stragglers=timedelta(0))
    assert snag.clocks.get().breached_at is None
    rollups.roll_up()

    assert counted(start=day_of(broke_at)) is None


def test_a_department_has_rows_of_its_own(live, rob, quiet):
    finance = make_party("Finance")
    fay = make_user("fay", "reporter", department=finance)
    make_snag(live, fay, at=NINE)
    make_snag(live, rob, at=NINE)

    rollups.roll_up()

    assert counted().opened == 2
    assert counted(scope=finance.pk).opened == 1


@pytest.mark.parametrize(
    ("instant", "day"),
    [
        (datetime(2026, 3, 2, 23, 59, 59, tzinfo=UTC), date(2026, 3, 2)),
        (datetime(2026, 3, 3, 0, 0, tzinfo=UTC), date(2026, 3, 3)),
        # From 29 March to 25 October London is an hour ahead of UTC.
        (datetime(2026, 3, 29, 0, 59, 59, tzinfo=UTC), date(2026, 3, 29)),
        (datetime(2026, 3, 29, 22, 59, 59, tzinfo=UTC), date(2026, 3, 29)),
        (datetime(2026, 3, 29, 23, 0, tzinfo=UTC), date(2026, 3, 30)),
        (datetime(2026, 7, 5, 23, 30, tzinfo=UTC), date(2026, 7, 6)),
        (datetime(2026, 10, 25, 0, 30, tzinfo=UTC), date(2026, 10, 25)),
        (datetime(2026, 10, 25, 23, 59, 59, tzinfo=UTC), date(2026, 10, 25)),
    ],
)
def test_a_day_is_the_organisations_from_midnight_to_midnight(
    live, rob, quiet, instant, day
):
    make_snag(live, rob, at=instant)

    rollups.roll_up()

    assert counted().start == day == day_of(instant)
    assert begins(day) <= instant < begins(day + timedelta(days=1))


def test_a_day_of_the_clock_change_has_23_or_25_hours():
    spring, autumn = date(2026, 3, 29), date(2026, 10, 25)

    assert begins(spring + timedelta(days=1)) - begins(spring) == 23 * HOUR
    assert begins(autumn + timedelta(days=1)) - begins(autumn) == 25 * HOUR


def test_any_days_are_cut_into_spans_that_follow_without_gap_or_overlap():
    for first in range(0, 60, 7):
        for length in (1, 6, 7, 8, 27, 28, 29, 90, 400):
            start = date(2026, 1, 1) + timedelta(days=first)
            last = start + timedelta(days=length - 1)
            day = start
            for span, begin in pieces(start, last):
                assert begin == day
                day += timedelta(days=span)
            assert day == last + timedelta(days=1)
    assert len(list(pieces(date(2024, 1, 1), date(2025, 12, 31)))) < 45


def test_a_worker_killed_half_way_loses_no_note(resolved):
    notes = RollupNote.objects.count()

    with transaction.atomic():
        rollups._count_batch(10)
        assert RollupNote.objects.count() == 0
        # As when the worker's connection is gone: nothing of the batch is kept.
        transaction.set_rollback(True)

    assert RollupNote.objects.count() == notes
    assert Rollup.objects.count() == 0
    assert rollups.roll_up() == 3


@pytest.mark.django_db(transaction=True)
def test_two_workers_at_once_count_once(live, rob):
    for day in range(12):
        make_snag(live, rob, at=NINE + timedelta(days=day))
    Heartbeat.objects.create(name="rollup", at=NINE)

    def work():
        try:
            rollups.roll_up()
        finally:
            connection.close()

    with ThreadPoolExecutor(4) as pool:
        workers = [pool.submit(work) for _ in range(4)]
    rollups.roll_up()

    assert [done.exception() for done in workers] == [None] * 4
    assert RollupNote.objects.count() == 0
    rows = Rollup.objects.filter(scope=0, dimension="all")
    assert rows.filter(span=1).aggregate(n=Sum("opened"))["n"] == 12
    assert rows.filter(span=7).aggregate(n=Sum("opened"))["n"] == 12


@pytest.mark.django_db(transaction=True)
def test_a_write_under_way_while_we_count_is_counted_next_time(live, rob):
    Heartbeat.objects.create(name="rollup", at=NINE)
    begun, counting = threading.Event(), threading.Event()

    def write():
        with transaction.atomic():
            make_snag(live, rob, at=NINE)
            begun.set()
            counting.wait(10)
        connection.close()

    writer = threading.Thread(target=write)
    writer.start()
    begun.wait(10)
    assert rollups.roll_up() == 0
    counting.set()
    writer.join()

    assert rollups.roll_up() == 1
    assert counted(start=date(2026, 3, 2)).opened == 1


def test_the_run_is_known_by_its_heartbeat(quiet):
    rollups.roll_up()

    assert Heartbeat.objects.get(pk="rollup").at > NINE


def test_the_task_and_the_command_count(resolved):
    call_command("rollup", verbosity=0)

    assert counted().opened == 1
    assert Clock.objects.filter(state="stopped").count() == 2
    assert Snag.objects.get().status == "resolved"
