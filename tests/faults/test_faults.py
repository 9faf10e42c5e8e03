"""Processes are killed, the broker is emptied, mail servers refuse: nothing is lost.

Real workers and a real beat, on a database of their own beside the test database; what
they did is read from it. Nothing here waits for a time, only for a thing to be so.
"""

from collections import Counter

import pytest
from django.db import connection
from django.db.models import F
from django.test import Client

from opsdesk.accounts.models import User
from opsdesk.core.models import Heartbeat, Message, Notification
from opsdesk.core.services import heartbeats, outbox
from snags.models import Clock, ClockEvent
from tests.factories import NINE, make_contract, make_landscape, make_snag, make_user
from tests.faults.machinery import OwnDatabase, Processes, Sink, until

pytestmark = pytest.mark.worker
SNAGS = 101  # with two clocks each


@pytest.fixture(scope="module")
def db(django_db_setup, django_db_blocker):
    """In this module every test has committed rows in a database of its own."""
    with django_db_blocker.unblock():
        yield


@pytest.fixture
def own(db):
    database = OwnDatabase().make()
    with database:
        yield database
    database.drop()


@pytest.fixture
def sink():
    with Sink() as server:
        yield server


@pytest.fixture
def processes(own, sink, tmp_path):
    started = Processes(own, tmp_path, OPSDESK_MAIL_URL=sink.url)
    yield started
    started.stop()
    started.flush_broker()
    print(started.said())  # shown when the test failed


@pytest.fixture(scope="module")
def late(db):
    """More than two hundred clocks whose every level is long due; nobody has looked."""
    database = OwnDatabase("proof_of_lateness").make()
    with database:
        live = make_landscape()
        make_contract(live.landscape, p3_response=60, p3_resolution=480)
        rob = make_user("rob", "reporter")
        make_user("mia", "manager")
        for number in range(SNAGS):
            make_snag(live, rob, title=f"Snag {number}", at=NINE)
        Notification.objects.all().delete()
        Message.objects.all().delete()
    yield database
    database.drop()


@pytest.fixture
def overdue(own, late):
    """That company, in the database of this test; gives its manager."""
    own.make(late)
    assert Clock.objects.count() == 2 * SNAGS
    return User.objects.get(name="Mia")


def all_done():
    waiting = Clock.objects.filter(next_event_at__isnull=False).count()
    connection.close()
    return not waiting


def assert_each_level_once(manager):
    """Two clocks a snag, two levels each: one event, one line and one mail a piece."""
    events = Counter(ClockEvent.objects.values_list("clock", "level"))
    assert len(events) == 4 * SNAGS
    assert set(events.values()) == {1}
    assert set(ClockEvent.objects.values_list("arm", flat=True)) == {0}
    told = Notification.objects.filter(recipient=manager)
    assert told.count() == Notification.objects.count() == 4 * SNAGS
    assert told.values("key").distinct().count() == 4 * SNAGS
    assert Message.objects.count() == 4 * SNAGS


def test_a_worker_killed_mid_transaction_with_the_broker_emptied(
    own, processes, overdue
):
    # Whoever sweeps first gets as far as writing events, and no further.
    bystander = own.connect()
    bystander.cursor().execute("LOCK TABLE snags_clockevent IN SHARE MODE")
    processes.worker("one")
    processes.worker("two")
    processes.beat()

    def stuck():
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT application_name FROM pg_stat_activity WHERE datname = %s"
                " AND wait_event_type = 'Lock' AND application_name IN ('one', 'two')",
                [own.name],
            )
            return [name for (name,) in cursor.fetchall()]

    victim = until(stuck)[0]
    assert ClockEvent.objects.count() == 0
    processes.kill(victim)
    processes.flush_broker()
    bystander.rollback()
    bystander.close()

    until(all_done)
    assert_each_level_once(overdue)
    processes.kill(({"one", "two"} - {victim}).pop())
    processes.worker(victim)  # alone now; looks again, and finds nothing to do
    # A tick is noted every few seconds only; this one is to be noted at once.
    Heartbeat.objects.filter(pk="tick").update(at=F("at") - heartbeats.EVERY)
    before = Heartbeat.objects.get(pk="tick").at

    def ticked_since():
        return Heartbeat.objects.get(pk="tick").at > before

    until(ticked_since)
    assert_each_level_once(overdue)


def test_without_a_broker_the_tick_alone_does_it(processes, overdue):
    processes.environ["REDIS_URL"] = "redis://127.0.0.1:1/0"

    ticks = [processes.tick(f"tick{number}") for number in (1, 2)]

    assert [tick.wait(60) for tick in ticks] == [0, 0]
    processes.running.clear()
    assert_each_level_once(overdue)


def test_workers_tick_by_themselves_when_beat_is_silent(processes, overdue):
    processes.environ["OPSDESK_WATCH_PATIENCE"] = "3"

    processes.worker("one")

    until(all_done)
    assert_each_level_once(overdue)
    assert Heartbeat.objects.filter(name__startswith="worker ").exists()


# --- Mail ---


@pytest.fixture
def owed(own):
    """A mail to Rob, due now."""
    rob = make_user("rob", "reporter")
    outbox.notify([rob], outbox.Note(key="fact-1", title="It is fixed"))
    return Message.objects.get()


@pytest.fixture
def by_smtp(settings, sink):
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", sink.port
    return sink


def time_passes():
    """What was put off or leased is due again."""
    Message.objects.update(next_try_at=outbox.clock.now())


def test_a_refused_mail_is_tried_again_until_it_is_taken(owed, by_smtp):
    by_smtp.refusals = 3
    sent = []
    for _ in range(4):
        sent.append(outbox.deliver())
        time_passes()

    assert sent == [0, 0, 0, 1]
    owed.refresh_from_db()
    assert (owed.attempts, owed.dead_at, owed.last_error) == (4, None, "")
    assert by_smtp.ids() == [f"<{owed.key.replace('/', '.')}@localhost>"]


def test_after_eight_tries_it_is_a_dead_letter_people_see_and_revive(owed, by_smtp):
    by_smtp.refusals = 8
    for _ in range(9):
        outbox.deliver()
        time_passes()
    owed.refresh_from_db()
    assert (owed.attempts, owed.dead_at is None) == (8, False)
    assert by_smtp.mails == []
    client = Client()
    client.force_login(make_user("ada", "administrator"))

    page = client.get("/inbox/outbox/").content.decode()
    assert "It is fixed" in page
    assert "try again later" in page
    client.post(f"/inbox/outbox/{owed.pk}/retry/")

    assert outbox.deliver() == 1
    assert len(by_smtp.mails) == 1


def test_killed_between_sending_and_noting_it_sends_the_same_mail_again(
    processes, owed, sink
):
    sink.hold.set()
    processes.tick()

    def taken():
        return sink.mails

    until(taken)
    processes.kill("tick")
    owed.refresh_from_db()
    assert (owed.sent_at, owed.attempts) == (None, 1)
    sink.hold.clear()
    time_passes()

    assert processes.tick("again").wait(60) == 0
    processes.running.clear()
    owed.refresh_from_db()
    assert owed.sent_at is not None
    assert len(sink.ids()) == 2
    assert len(set(sink.ids())) == 1
