"""Messages owed: with the fact, at least once, and never in each other's way."""

import threading
from datetime import timedelta
from email import message_from_bytes
from smtplib import SMTPServerDisconnected

import pytest
from django.core import mail
from django.core.mail.backends.base import BaseEmailBackend
from django.db import IntegrityError, close_old_connections, connection, transaction
from django.test.utils import CaptureQueriesContext

from opsdesk.core import clock
from opsdesk.core.errors import NotAllowedError, RuleError
from opsdesk.core.models import Message, Notification
from opsdesk.core.services import outbox
from opsdesk.core.services.outbox import BACKOFF, Note, deliver, notify, post_mail
from tests.factories import make_user

pytestmark = pytest.mark.django_db
NOTE = Note(key="snag-1-raised", title="SN-1 is here", body="It jams.", url="/snags/1/")


class Post(BaseEmailBackend):
    """A mail server that drops what `fails` names and keeps what it took."""

    taken = []
    fails = staticmethod(lambda message: None)
    lock = threading.Lock()

    def send_messages(self, messages):
        for message in messages:
            if error := Post.fails(message):
                raise error
            with Post.lock:
                Post.taken.append(message)
        return len(messages)


@pytest.fixture
def post(settings):
    settings.EMAIL_BACKEND = f"{__name__}.Post"
    Post.taken, Post.fails = [], staticmethod(lambda message: None)
    return Post


def due_again():
    Message.objects.waiting().update(next_try_at=clock.now() - timedelta(seconds=1))


def dead(**fields):
    return Message.objects.create(
        key="dead", to="x@example.org", subject="Dead", dead_at=clock.now(), **fields
    )


def test_a_fact_is_told_in_the_inbox_and_by_mail_and_once(sam):
    notify([sam, sam], NOTE)
    notify([sam], NOTE)

    line = Notification.objects.get()
    assert (line.recipient, line.title, line.url) == (sam, NOTE.title, "/snags/1/")
    message = Message.objects.get()
    assert (message.to, message.subject) == ("sam@example.org", "SN-1 is here")
    assert message.body == "It jams.\n\nhttp://localhost:8000/snags/1/"


def test_nothing_is_told_of_a_fact_that_did_not_happen(sam):
    def fact():
        notify([sam], NOTE)
        raise RuleError("No.")

    with pytest.raises(RuleError):
        transaction.atomic(fact)()

    assert not Notification.objects.exists()
    assert not Message.objects.exists()


def test_who_left_is_told_nothing_and_who_wants_no_mail_gets_none(sam, sue, rob):
    sam.is_active = False
    sue.mail_me = False
    robot = make_user("robot", "support", is_service=True)

    notify([None, sam, sue, rob, robot], NOTE)

    told = set(Notification.objects.values_list("recipient__name", flat=True))
    assert told == {"Sue", "Rob", "Robot"}
    assert [m.to for m in Message.objects.all()] == ["rob@example.org"]


def test_many_are_told_many_things_in_two_statements(sam, sue, rob):
    told = [([sam, sue, rob], Note(key=f"k{n}", title="News")) for n in range(20)]

    with CaptureQueriesContext(connection) as queries:
        outbox.notify_all(told)

    assert len(queries) == 2
    assert Message.objects.count() == Notification.objects.count() == 60


def test_a_message_id_is_the_same_whenever_and_wherever_it_is_sent(sam, post):
    notify([sam], NOTE)

    assert deliver() == 1
    Message.objects.update(sent_at=None)
    due_again()
    assert deliver() == 1

    ids = [m.extra_headers["Message-ID"] for m in post.taken]
    assert ids == [f"<snag-1-raised.{sam.pk}@localhost>"] * 2
    assert {m.extra_headers["Auto-Submitted"] for m in post.taken} == {"auto-generated"}


def test_what_was_sent_is_not_sent_again(sam):
    notify([sam], NOTE)

    assert (deliver(), deliver()) == (1, 0)
    assert len(mail.outbox) == 1
    assert Message.objects.get().sent_at is not None


def test_a_sender_killed_midway_leaves_the_message_to_the_next(sam, post):
    post_mail(key="k", to="x@example.org", subject="S", body="B")
    post.fails = staticmethod(lambda message: KeyboardInterrupt())
    with pytest.raises(KeyboardInterrupt):
        deliver()
    post.fails = staticmethod(lambda message: None)

    assert deliver() == 0  # leased to the one that died
    due_again()
    assert deliver() == 1
    assert Message.objects.get().attempts == 2


def test_a_message_that_kills_every_sender_is_given_up(post):
    post_mail(key="k", to="x@example.org", subject="S", body="B")
    post.fails = staticmethod(lambda message: KeyboardInterrupt())
    for _ in range(Message.MAX_ATTEMPTS):
        due_again()
        with pytest.raises(KeyboardInterrupt):
            deliver()

    due_again()
    assert deliver() == 0
    message = Message.objects.get()
    assert message.dead_at is not None
    assert "did not live" in message.last_error


def test_a_failing_server_is_tried_ever_less_often_and_then_no_more(post):
    post_mail(key="k", to="x@example.org", subject="S", body="B")
    post.fails = staticmethod(lambda message: SMTPServerDisconnected("gone\r\naway"))
    waits = []
    for _ in range(Message.MAX_ATTEMPTS):
        due_again()
        before = clock.now()
        assert deliver() == 0
        waits.append((Message.objects.get().next_try_at - before).total_seconds())

    message = Message.objects.get()
    assert message.dead_at is not None
    assert message.last_error == "SMTPServerDisconnected: gone away"
    assert [round(wait / 5) for wait in waits[:7]] == [wait // 5 for wait in BACKOFF]
    assert (BACKOFF[0], BACKOFF[-1]) == (5, 3600)
    due_again()
    assert deliver() == 0
    assert post.taken == []


def test_one_bad_message_does_not_hold_up_the_others(post):
    for name in "abc":
        post_mail(key=name, to=f"{name}@example.org", subject=name, body="B")
    post.fails = staticmethod(
        lambda message: OSError("no") if message.subject == "a" else None
    )

    assert deliver() == 2
    assert sorted(m.subject for m in post.taken) == ["b", "c"]


def test_a_bad_message_of_a_new_kind_is_loud_and_still_in_nobodys_way(post):
    for name in "ab":
        post_mail(key=name, to=f"{name}@example.org", subject=name, body="B")
    post.fails = staticmethod(
        lambda message: TypeError("a bug") if message.subject == "a" else None
    )

    with pytest.raises(TypeError):
        deliver()
    assert deliver() == 1
    assert [m.subject for m in post.taken] == ["b"]


def test_a_subject_cannot_smuggle_in_a_header(sam):
    """T-MAIL-05."""
    notify(
        [sam], Note(key="k", title="x\r\nBcc: all@example.org\x1b[31m\x00" + "y" * 400)
    )
    deliver()

    (sent,) = mail.outbox
    raw = message_from_bytes(sent.message().as_bytes())
    assert raw["Bcc"] is None
    assert sent.subject.startswith("x Bcc: all@example.org[31myyy")
    assert len(sent.subject) == 250
    assert sent.recipients() == ["sam@example.org"]


def test_an_address_cannot_smuggle_in_a_recipient(post):
    post_mail(key="k", to="x@example.org\nBcc: y@example.org", subject="S", body="B")
    post.fails = staticmethod(lambda message: message.message() and None)

    assert deliver() == 0
    assert "BadHeaderError" in Message.objects.get().last_error


def test_only_a_dead_letter_is_retried_and_only_by_an_administrator(sam, mia, ada, ann):
    message = dead(attempts=8)
    for actor in (sam, mia):
        with pytest.raises(NotAllowedError):
            outbox.retry(message, actor=actor)
    assert Message.objects.dead().count() == 1

    assert outbox.retry(message, actor=ada).attempts == 0
    with pytest.raises(RuleError, match="not a dead letter"):
        outbox.retry(message, actor=ann)
    assert deliver() == 1


def test_a_message_cannot_be_sent_and_dead():
    message = dead()

    with pytest.raises(IntegrityError, match="message_not_sent_and_dead"):
        Message.objects.filter(pk=message.pk).update(sent_at=clock.now())


def test_who_is_late_to_report_a_failure_does_not_unsend(post):
    """Two had the lease in turn: one sent it, the other failed afterwards."""
    post_mail(key="k", to="x@example.org", subject="S", body="B")
    message = Message.objects.get()
    message.attempts = Message.MAX_ATTEMPTS
    deliver()

    outbox._postpone(message, OSError("late"))

    now = Message.objects.get()
    assert now.sent_at is not None
    assert now.dead_at is None


def test_what_was_sent_long_ago_is_forgotten_and_nothing_else():
    at = clock.now() - timedelta(days=40)
    for key, fields in {
        "old": {"sent_at": at},
        "new": {"sent_at": clock.now()},
        "dead": {"dead_at": at},
        "waiting": {"created_at": at},
    }.items():
        Message.objects.create(key=key, to="x@example.org", subject="S", **fields)

    assert (outbox.forget_old(), outbox.forget_old()) == (1, 0)
    assert set(Message.objects.values_list("key", flat=True)) == {
        "new",
        "dead",
        "waiting",
    }


def test_waiting_is_counted_from_when_it_was_written_and_only_when_due(sam):
    at = clock.now()
    assert outbox.oldest_waiting(at) == 0.0
    Message.objects.create(
        key="k",
        to="x@example.org",
        subject="S",
        created_at=at - timedelta(seconds=90),
        next_try_at=at,
    )

    assert outbox.oldest_waiting(at) == 90.0
    assert outbox.oldest_waiting(at - timedelta(seconds=1)) == 0.0


@pytest.mark.django_db(transaction=True)
def test_two_senders_at_once_send_each_message_once(post):
    for n in range(30):
        post_mail(key=f"k{n}", to="x@example.org", subject=str(n), body="B")
    start = threading.Barrier(2)
    sent = []

    def send():
        start.wait()
        sent.append(deliver())
        connection.close()

    threads = [threading.Thread(target=send) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    close_old_connections()

    assert sum(sent) == 30
    assert sorted(int(m.subject) for m in post.taken) == list(range(30))
