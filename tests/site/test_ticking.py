"""The product's heartbeat: what is due is done once, whoever ticks."""

import os
from datetime import timedelta

import pytest
from django.core import mail
from django.core.management import CommandError, call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext

from opsdesk.core import clock, submissions
from opsdesk.core.models import Duty, Heartbeat, Message, Notification, Submission
from opsdesk.core.services import duties, heartbeats, outbox
from opsdesk.site import health, tasks, ticking, watch
from snags.models import ClockEvent
from snags.services import sweep
from tests.factories import NINE, make_contract, make_snag

pytestmark = pytest.mark.django_db


@pytest.fixture
def due(live, rob, sam):
    """A missed promise and a duty that is late."""
    make_contract(live.landscape, p3_response=60)
    make_snag(live, rob, at=NINE)
    at = clock.now() - timedelta(minutes=1)
    return duties.owe(kind="task", title="Test the backup", owner=sam, due_at=at)


def last(name):
    return Heartbeat.objects.get(pk=name).at


def silent(name, seconds):
    at = clock.now() - timedelta(seconds=seconds)
    Heartbeat.objects.update_or_create(name=name, defaults={"at": at})


def test_a_tick_does_what_is_due_once(due):
    first, second = ticking.tick(), ticking.tick()

    assert first == {"clocks": 1, "duties": 1}
    assert second == {"clocks": 0, "duties": 0}
    assert ClockEvent.objects.filter(level="breach").count() == 1
    assert Notification.objects.filter(key=f"duty-{due.pk}-1").count() == 1


def test_a_tick_with_nothing_due_is_cheap(db):
    ticking.tick()

    with CaptureQueriesContext(connection) as queries:
        ticking.tick()

    assert len(queries) <= 10


@pytest.fixture
def broken_duties(due, monkeypatch):
    """A bug in a rule of duties: time plus nothing."""
    monkeypatch.setattr(duties, "CLIMB", None)
    return due


def test_a_part_that_fails_stops_no_other_and_is_no_sign_of_life(broken_duties):
    assert ticking.tick() == {"clocks": 1, "duties": None}
    assert ClockEvent.objects.filter(level="breach").count() == 1
    assert [beat.name for beat in Heartbeat.objects.all()] == ["failed duties"]


def test_the_first_part_failing_does_not_stop_the_second(due, monkeypatch):
    monkeypatch.setattr(sweep, "MOVE_ON", "nonsense")

    assert ticking.tick() == {"clocks": None, "duties": 1}
    assert Duty.objects.get().step == Duty.Step.OWNER
    assert not ClockEvent.objects.exists()


def test_health_names_a_failing_part_until_it_works_again(broken_duties, monkeypatch):
    ticking.tick()
    assert health.lag()["failing"] == ["duties"]
    assert "failed duties" not in health.lag()["silent_s"]

    monkeypatch.undo()
    ticking.tick()

    assert health.lag()["failing"] == []


def test_the_command_goes_on_past_a_failing_part_and_says_so(broken_duties, capsys):
    with pytest.raises(CommandError, match="Failed, see the log: duties"):
        call_command("tick")

    assert "clocks 1, closed 0" in capsys.readouterr().out
    assert not Message.objects.waiting().exists()


def test_a_sign_of_life_is_written_every_few_seconds_only(db):
    heartbeats.beat("x")
    silent("x", 1)
    before = last("x")
    heartbeats.beat("x")
    assert last("x") == before
    silent("x", 6)
    heartbeats.beat("x")

    assert last("x") > before
    assert heartbeats.silence("x") < timedelta(seconds=5)
    assert heartbeats.silence("never heard") is None


def test_parts_long_gone_are_forgotten(db):
    silent("worker of yesterday", 90_000)
    silent("stand-in", 90_000)
    silent("tick", 90_000)

    assert heartbeats.forget() == 2
    assert [beat.name for beat in Heartbeat.objects.all()] == ["tick"]


def test_workers_leave_the_tick_to_beat_while_it_ticks(due):
    silent("beat", 10)

    assert watch.look() is False
    assert Duty.objects.get().step == Duty.Step.NOT_DUE


@pytest.mark.parametrize("seconds", [None, 16])
def test_workers_tick_when_beat_is_silent(due, seconds):
    if seconds:
        silent("beat", seconds)

    assert watch.look() is True
    assert ClockEvent.objects.filter(level="breach").count() == 1
    assert Duty.objects.get().step == Duty.Step.OWNER
    assert not Message.objects.waiting().exists()
    assert mail.outbox


def test_of_workers_that_stand_in_one_does_the_slow_work_every_few_seconds(due, sam):
    silent("beat", 16)
    watch.look()
    outbox.post_mail(key="later", to="sam@example.com", subject="Later", body="Later")
    promised = clock.now() - timedelta(minutes=1)
    task = duties.owe(kind="task", title="Look", owner=sam, due_at=promised)

    assert watch.look() is True
    task.refresh_from_db()
    assert task.step == Duty.Step.OWNER
    assert Message.objects.waiting().filter(key="later").exists()

    silent("stand-in", 6)
    assert watch.look() is True
    assert not Message.objects.waiting().exists()


def test_workers_go_on_ticking_as_long_as_beat_is_silent(due):
    silent("beat", 16)

    assert [watch.look() for _ in range(3)] == [True, True, True]

    tasks.tick()
    assert watch.look() is False


def test_each_worker_says_that_it_lives(db):
    watch.look()

    seen = Heartbeat.objects.filter(name__startswith="worker ")
    assert [name.split()[2] for name in seen.values_list("name", flat=True)] == [
        str(os.getpid())
    ]


def test_slow_sweeps_and_the_night_run_twice_without_harm(due, sam):
    submissions.claim(sam, "old", "d")
    Submission.objects.update(created_at=clock.now() - timedelta(days=3))
    Message.objects.create(
        key="old",
        to="x@example.org",
        subject="S",
        sent_at=clock.now() - timedelta(days=31),
    )

    note = Notification.objects.create(recipient=sam, key="old", title="Old")
    Notification.objects.exclude(pk=note.pk).delete()
    Notification.objects.update(read_at=clock.now() - timedelta(days=91))

    assert ticking.sweep_slowly() == ticking.sweep_slowly()
    first, second = ticking.nightly(), ticking.nightly()

    forgotten = ("submissions", "old_mails", "old_notes")
    assert [first[name] for name in forgotten] == [1, 1, 1]
    assert [second[name] for name in forgotten] == [0, 0, 0]
    assert second["drifted"] == 0


def test_tasks_do_the_same(due):
    assert tasks.tick() == {"clocks": 1, "duties": 1}
    assert set(tasks.sweep()) == {
        *("closed", "recomputed", "orphans"),
        *("expired", "reminded", "leases", "freezes", "leaves", "followed"),
    }
    assert "submissions" in tasks.nightly()


def test_one_command_does_all_without_a_broker(due, capsys):
    call_command("tick")
    call_command("tick", "--quiet")

    assert "clocks 1, duties 1" in capsys.readouterr().out
    assert not Message.objects.waiting().exists()


def test_without_beat_the_nights_work_is_done_once_a_day(db, capsys):
    for hours in (None, 23, 25):
        if hours:
            silent("nightly", hours * 3600)
        call_command("tick")

    said = capsys.readouterr().out.splitlines()
    assert ["submissions" in line for line in said] == [True, False, True]


def test_the_night_that_beat_began_is_not_begun_again(db):
    tasks.nightly()

    assert "submissions" not in ticking.catch_up()


def test_of_several_who_find_work_due_one_takes_it(db):
    day = timedelta(days=1)

    assert [heartbeats.beat("x", every=day) for _ in range(3)] == [True, False, False]
