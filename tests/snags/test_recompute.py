"""Changed terms reach running clocks in batches, each once, whatever else happens."""

import threading
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta

import pytest
from django.core.management import call_command
from django.db import connection, transaction
from django.db.models import F

from sla import zonedata
from sla.hours import Hours
from sla.models import CalendarVersion, Target, TermsChange, ZoneRelease
from sla.services.calendars import amend_calendar, correct_calendar
from sla.services.contracts import Conditions, Line, amend_contract, correct_contract
from snags.models import Clock, ClockEvent, ClockRevision, Pause
from snags.services import clocks, recompute, sweep
from snags.services.clocks import Cause
from snags.services.replay import drifted
from tests.factories import NINE, make_calendar, make_contract, make_snag

HOUR = timedelta(hours=1)
DAY = timedelta(days=1)
ALL_DAY = {"timezone": "Europe/London", "week": "24x7"}
OFFICE = {"timezone": "Europe/London", "week": "Mon-Fri 09:00-17:00"}
NOW = timedelta(0)


def run():
    return recompute.run_pending(stragglers=NOW)


def causes(clock):
    return list(clock.revisions.values_list("cause", flat=True))


def assert_replays():
    assert drifted(ClockRevision.objects.order_by("pk")) == []


@pytest.fixture
def long(live, mia):
    """P3 within 50,000 working hours: due long after any test."""
    return make_contract(
        live.landscape, p3_response=60 * 40_000, p3_resolution=60 * 50_000
    )


@pytest.fixture
def office(long):
    return Target.objects.first().calendar


def test_an_amendment_keeps_what_was_consumed(live, rob, mia, long, office):
    snag = make_snag(live, rob, at=NINE)
    before = snag.clocks.get(kind="resolution").due_at
    amended = amend_calendar(office, actor=mia, version=1, **ALL_DAY)

    assert run() == 2

    clock = snag.clocks.get(kind="resolution")
    assert clock.due_at < before
    assert clock.timeline[-1] == [amended.effective_from.isoformat(), amended.pk]
    assert len(clock.timeline) == 2
    assert causes(clock) == ["started", "amendment"]
    snag.refresh_from_db()
    assert snag.next_due_at == snag.clocks.get(kind="response").due_at
    assert_replays()


def test_scenario_e6_an_amendment_to_all_day_from_midnight(live, rob, mia):
    contract = make_contract(live.landscape, p3_resolution=240)
    calendar = Target.objects.get(version__contract=contract).calendar
    calendar.versions.create(
        number=2,
        effective_from=datetime(2026, 3, 4, tzinfo=UTC),
        hours={
            "timezone": "Europe/London",
            "weekly": {d: [["00:00", "24:00"]] for d in ("tue", "wed")},
        },
    )
    snag = make_snag(live, rob, at=datetime(2026, 3, 3, 16, tzinfo=UTC))
    assert snag.clocks.get().due_at == datetime(2026, 3, 4, 3, tzinfo=UTC)


def test_running_it_twice_writes_nothing_twice(live, rob, mia, long, office):
    make_snag(live, rob)
    amend_calendar(office, actor=mia, version=1, **ALL_DAY)
    assert run() == 2
    revisions = ClockRevision.objects.count()

    assert run() == 0

    assert ClockRevision.objects.count() == revisions
    assert not TermsChange.objects.filter(finished_at=None).exists()
    assert TermsChange.objects.get().recomputed == 2


def test_a_change_stays_open_for_stragglers(live, rob, mia, long, office):
    make_snag(live, rob)
    amend_calendar(office, actor=mia, version=1, **ALL_DAY)
    assert recompute.run_pending() == 2
    assert TermsChange.objects.filter(finished_at=None).exists()


def test_a_correction_counts_from_the_start_and_breaks_with_its_cause(
    live, rob, mia, sam
):
    contract = make_contract(live.landscape, p3_resolution=60 * 5_000)
    calendar = Target.objects.get(version__contract=contract).calendar
    snag = make_snag(live, rob, at=NINE)
    assert snag.clocks.get().breached_at is None

    correct_calendar(
        calendar, actor=mia, version=1, replaces=1, reason="Always open.", **ALL_DAY
    )
    run()

    clock = snag.clocks.get()
    due = NINE + 5_000 * HOUR
    assert (clock.due_at, clock.breached_at) == (due, due)
    assert clock.breach_cause == "correction"
    assert sweep.fire_due_clocks() == 1
    event = clock.events.get(level="breach")
    assert (event.due_at, event.cause) == (due, "correction")
    assert sweep.fire_due_clocks() == 0
    assert_replays()


def test_an_earlier_breach_stays_on_record_after_a_correction(live, rob, mia):
    contract = make_contract(live.landscape, p3_resolution=60)
    calendar = Target.objects.get(version__contract=contract).calendar
    snag = make_snag(live, rob, at=NINE)
    sweep.fire_due_clocks()
    correct_calendar(
        calendar,
        actor=mia,
        version=1,
        replaces=1,
        reason="One hour a week.",
        timezone="Europe/London",
        week="Tue 09:00-10:00",
    )
    run()
    clock = snag.clocks.get()
    assert (clock.due_at, clock.breached_at) == (NINE + DAY + HOUR, NINE + HOUR)
    assert clock.events.filter(level="breach").count() == 1


def test_a_contract_amendment_leaves_running_clocks_alone(live, rob, mia, long, office):
    snag = make_snag(live, rob)
    line = Line("resolution", 3, office, minutes=60)
    amend_contract(long, actor=mia, version=1, targets=[line], conditions=Conditions())
    assert run() == 0
    assert {c.target_seconds for c in snag.clocks.all()} == {144_000_000, 180_000_000}
    later = make_snag(live, rob)
    assert later.clocks.get().target_seconds == 3600


def test_a_contract_correction_moves_targets_and_takes_off_what_is_gone(
    live, rob, mia, long, office
):
    snag = make_snag(live, rob)
    line = Line("resolution", 3, office, minutes=60 * 45_000)
    right = correct_contract(
        long,
        actor=mia,
        version=1,
        replaces=1,
        reason="Typed wrong.",
        targets=[line],
        conditions=Conditions(warn_percents=(50,)),
    )
    assert run() == 2

    resolution = snag.clocks.get(kind="resolution")
    assert resolution.target_seconds == 3600 * 45_000
    assert resolution.contract_version == right
    assert snag.clocks.get(kind="response").state == "cancelled"
    snag.refresh_from_db()
    assert snag.next_due_at == resolution.due_at
    assert snag.at_risk_from < resolution.due_at
    assert run() == 0
    assert_replays()


def test_a_snag_that_cannot_be_counted_stays_whole_as_it_was(
    live, rob, mia, long, office
):
    snag = make_snag(live, rob)
    before = list(snag.clocks.order_by("pk").values())
    never = make_calendar("Never")
    never_open = Hours("UTC", ((),) * 7).to_json()
    CalendarVersion.objects.filter(calendar=never).update(hours=never_open)
    right = correct_contract(
        long,
        actor=mia,
        version=1,
        replaces=1,
        reason="The response is no promise.",
        targets=[Line("resolution", 3, office, minutes=60)],
        conditions=Conditions(),
    )
    Target.objects.filter(version=right).update(calendar=never)

    assert run() == 0

    assert list(snag.clocks.order_by("pk").values()) == before
    snag.refresh_from_db()
    assert snag.next_due_at == min(row["due_at"] for row in before)
    assert TermsChange.objects.filter(finished_at=None).exists()


def test_counting_all_again_blames_no_change_for_a_breach(live, rob, long):
    snag = make_snag(live, rob, at=NINE)
    Target.objects.filter(kind="resolution").update(minutes=60)

    assert recompute.recompute_all(seconds_budget=10) == 1

    clock = snag.clocks.get(kind="resolution")
    assert (clock.breached_at, clock.breach_cause) == (NINE + HOUR, "")


def test_a_clock_on_hold_stays_on_hold_and_runs_by_the_new_hours_after(
    live, rob, mia, long, office
):
    snag = make_snag(live, rob)
    at = snag.reported_at
    clocks.pause(snag, Pause.Reason.CHANGE, Cause("paused", at))
    amended = amend_calendar(office, actor=mia, version=1, **ALL_DAY)
    run()
    clock = snag.clocks.get(kind="resolution")
    assert (clock.state, clock.due_at) == ("paused", None)
    assert clock.timeline[-1][1] == amended.pk
    assert_replays()


def test_a_clock_that_breaks_on_hold_is_told(live, rob, mia):
    contract = make_contract(live.landscape, p3_resolution=600)
    calendar = Target.objects.get(version__contract=contract).calendar
    snag = make_snag(live, rob, at=NINE)
    clocks.pause(snag, Pause.Reason.CHANGE, Cause("paused", NINE + DAY))
    correct_calendar(
        calendar, actor=mia, version=1, replaces=1, reason="Always.", **ALL_DAY
    )
    run()
    clock = snag.clocks.get()
    assert (clock.state, clock.due_at) == ("paused", NINE + 10 * HOUR)
    assert clock.events.get(level="breach").cause == "correction"
    assert_replays()


@pytest.mark.parametrize("held", [False, True])
def test_bulk_and_verbs_compute_the_same(live, rob, mia, long, office, held):
    snag = make_snag(live, rob, at=NINE)
    Pause.objects.create(
        snag=snag, reason="change", from_at=NINE + HOUR, to_at=NINE + 3 * HOUR
    )
    if held:
        clocks.pause(snag, Pause.Reason.CHANGE, Cause("paused", NINE + DAY))
    amend_calendar(office, actor=mia, version=1, **ALL_DAY)
    run()
    fields = ("due_at", "next_event_at", "next_level", "state", "breached_at")
    fast = list(snag.clocks.order_by("pk").values(*fields))
    snag.refresh_from_db()
    cached = snag.next_due_at, snag.at_risk_from
    last = ClockRevision.objects.filter(cause="amendment").order_by("clock")
    inputs = list(last.values_list("inputs", flat=True))

    clocks.recompute(snag, Cause("amendment", last[0].at))

    assert list(snag.clocks.order_by("pk").values(*fields)) == fast
    snag.refresh_from_db()
    assert (snag.next_due_at, snag.at_risk_from) == cached
    again = ClockRevision.objects.order_by("-number", "clock")[:2]
    assert [row.inputs for row in again] == inputs


def test_a_fraction_of_a_second_moves_no_deadline(live, rob, mia, long, office):
    snag = make_snag(live, rob, at=NINE + timedelta(milliseconds=700))
    before = set(snag.clocks.values_list("started_at", "due_at"))
    assert snag.reported_at == NINE

    assert recompute.recompute_all(seconds_budget=10) == 0

    assert set(snag.clocks.values_list("started_at", "due_at")) == before


def test_a_budget_of_nothing_does_nothing(live, rob, mia, long, office):
    make_snag(live, rob)
    amend_calendar(office, actor=mia, version=1, **ALL_DAY)
    assert recompute.run_pending(seconds_budget=-1, stragglers=NOW) == 0
    assert TermsChange.objects.filter(finished_at=None).exists()
    assert run() == 2


def test_a_newer_time_zone_database_computes_running_clocks_again(live, rob, mia, long):
    snag = make_snag(live, rob)
    run()
    assert ZoneRelease.objects.get().finished_at is not None
    ZoneRelease.objects.update(name="2000a")
    clock = snag.clocks.get(kind="resolution")
    Clock.objects.filter(pk=clock.pk).update(due_at=clock.due_at + HOUR)

    assert run() == 1

    assert causes(clock) == ["started", "tzdata"]
    newest = ZoneRelease.objects.get(name=zonedata.release())
    assert newest.finished_at is not None
    assert run() == 0


def test_older_zone_data_never_undo_newer_ones(live, rob, long):
    make_snag(live, rob)
    ZoneRelease.objects.create(name="2999z", finished_at=NINE)
    assert run() == 0
    assert ZoneRelease.objects.count() == 1


def test_the_command_finishes_what_is_pending(live, rob, mia, long, office, capsys):
    make_snag(live, rob)
    amend_calendar(office, actor=mia, version=1, **ALL_DAY)
    call_command("recompute_clocks")
    assert capsys.readouterr().out == "2 clocks moved, 0 changes left.\n"
    call_command("recompute_clocks", "--force")
    assert capsys.readouterr().out == "0 clocks moved, 0 changes left.\n"


@contextmanager
def held(snag):
    """Somebody else is at work on the snag."""
    holds, done = threading.Event(), threading.Event()

    def hold():
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(
                "SELECT 1 FROM snags_snag WHERE id = %s FOR UPDATE", [snag.pk]
            )
            holds.set()
            done.wait(10)
        connection.close()

    thread = threading.Thread(target=hold)
    thread.start()
    holds.wait(10)
    try:
        yield
    finally:
        done.set()
        thread.join()


@pytest.mark.django_db(transaction=True)
def test_a_snag_somebody_holds_is_taken_by_the_next_pass(live, rob, mia, long, office):
    first, second = make_snag(live, rob), make_snag(live, rob)
    amend_calendar(office, actor=mia, version=1, **ALL_DAY)
    with held(first):
        assert run() == 2
        assert TermsChange.objects.filter(finished_at=None).exists()
        assert all(len(c.timeline) == 2 for c in second.clocks.all())
        assert all(len(c.timeline) == 1 for c in first.clocks.all())
    assert run() == 2
    assert not TermsChange.objects.filter(finished_at=None).exists()


@pytest.mark.django_db(transaction=True)
def test_newer_zones_reach_a_snag_somebody_holds_with_the_next_pass(live, rob, long):
    first, _ = make_snag(live, rob), make_snag(live, rob)
    ZoneRelease.objects.create(name="2000a", finished_at=NINE)
    right = set(Clock.objects.values_list("pk", "due_at"))
    Clock.objects.update(due_at=F("due_at") + HOUR)
    with held(first):
        assert run() == 2
        assert ZoneRelease.objects.filter(finished_at=None).exists()
    assert run() == 2
    assert set(Clock.objects.values_list("pk", "due_at")) == right
    assert not ZoneRelease.objects.filter(finished_at=None).exists()
    assert run() == 0


@pytest.mark.django_db(transaction=True)
def test_two_sweepers_and_one_that_dies_record_each_event_once(live, rob):
    make_contract(live.landscape, p3_resolution=60)
    for _ in range(40):
        make_snag(live, rob, at=NINE)

    def sweep_all():
        while sweep.fire_batch(limit=5):
            pass
        connection.close()

    def die():
        with transaction.atomic():
            sweep.fire_batch(limit=15)
            transaction.set_rollback(True)
        connection.close()

    threads = [threading.Thread(target=work) for work in (die, sweep_all, sweep_all)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    sweep.fire_due_clocks()

    levels = list(ClockEvent.objects.values_list("clock", "level"))
    assert len(levels) == len(set(levels)) == 80
    assert not Clock.objects.exclude(next_event_at=None).exists()
