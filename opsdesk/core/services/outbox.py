"""Messages owed: written with the fact, delivered at least once with the same id."""

import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from smtplib import SMTPException
from typing import Any
from urllib.parse import urlsplit

import structlog
from django.conf import settings
from django.core.mail import EmailMessage
from django.db import connection, transaction
from django.db.models.functions import Now

from opsdesk.accounts.access import Role, access_of
from opsdesk.accounts.models import User
from opsdesk.core import clock
from opsdesk.core.errors import RuleError, require
from opsdesk.core.models import Message, MessageQuerySet

log = structlog.get_logger()

# Nobody else delivers a claimed message for this long; longer than any SMTP time-out.
LEASE = timedelta(seconds=60)
BACKOFF = (5, 15, 60, 300, 900, 1800, 3600)  # seconds before the next try
# A round of deliveries ends after so long: a task may run for 20 s, one try for 10 s.
ROUND = timedelta(seconds=8)
KEPT_FOR = timedelta(days=30)  # what was sent
# A crowd of clocks falls due at once; through the ORM telling people of them took more
# than half of the time.
INBOX_LINES = """
INSERT INTO core_notification (recipient_id, key, title, body, url)
SELECT * FROM unnest(%s::bigint[], %s::text[], %s::text[], %s::text[], %s::text[])
ON CONFLICT DO NOTHING
"""
MAILS = """
INSERT INTO core_message (key, "to", subject, body, attempts, last_error)
SELECT *, 0, '' FROM unnest(%s::text[], %s::text[], %s::text[], %s::text[])
ON CONFLICT DO NOTHING
"""
MENDERS = (Role.ADMINISTRATOR, Role.ACCESS_ADMINISTRATOR)


@dataclass(frozen=True)
class Note:
    """What to tell people: a title for the inbox and the subject, a body, where to go.

    `key` names the fact: the same fact reaches the same person once.
    """

    key: str
    title: str
    body: str = ""
    url: str = ""


def notify(recipients: Iterable[User | None], note: Note) -> None:
    """Owe each person an inbox line and, where wanted, a mail; nothing twice.

    Belongs in the transaction of the fact: it leaves only if that commits.
    """
    notify_all([(recipients, note)])


def notify_all(told: Iterable[tuple[Iterable[User | None], Note]]) -> None:
    """Owe many people many notes, in two statements however many they are."""
    pairs = [
        (person, note)
        for recipients, note in told
        for person in {one.pk: one for one in recipients if one}.values()
        if person.is_active
    ]
    _write(INBOX_LINES, [_inbox_line(person, note) for person, note in pairs])
    _write(
        MAILS,
        [
            _owed(f"{note.key}/{person.pk}", person.email, note.title, _mail_body(note))
            for person, note in pairs
            if person.mail_me and person.email and not person.is_service
        ],
    )


def post_mail(*, key: str, to: str, subject: str, body: str) -> None:
    """Owe one mail to an address; the same key is never owed twice."""
    _write(MAILS, [_owed(key, to, subject, body)])


def deliver(*, limit: int = 50) -> int:
    """Send what is due and return how many left; safe on any number of workers.

    Each message is leased just before it is sent, outside any transaction, and marked
    after: a worker killed in between sends it again, with the same Message-ID, and a
    message that kills every worker is dead after as many tries as any other.
    """
    _bury_killers()
    sent, ends_at = 0, clock.now() + ROUND
    for _ in range(limit):
        if clock.now() > ends_at or (message := _claim()) is None:
            break
        sent += _send(message)
    return sent


@transaction.atomic
def retry(message: Message, *, actor: User) -> Message:
    """Give a dead letter another set of tries; administrators only."""
    require(access_of(actor).has(*MENDERS))
    message = Message.objects.select_for_update(of=("self",)).get(pk=message.pk)
    if message.dead_at is None:
        raise RuleError("This message is not a dead letter.")
    message.dead_at = None
    message.attempts = 0
    message.next_try_at = clock.now()
    message.save(update_fields=["dead_at", "attempts", "next_try_at"])
    log.info("dead_letter_retried", message=message.pk, actor=actor.pk)
    return message


@transaction.atomic
def forget_old(*, limit: int = 10_000) -> int:
    """Drop mail that was sent long ago; what never left stays until somebody looks."""
    old = Message.objects.filter(sent_at__lt=clock.now() - KEPT_FOR)
    ids = list(old.order_by("pk").values_list("pk", flat=True)[:limit])
    return Message.objects.filter(pk__in=ids).delete()[0]


def one_line(text: str) -> str:
    """A text fit for a subject: one line, no control characters, bounded."""
    line = " ".join(text.split())
    if not line.isprintable():
        line = "".join(c for c in line if unicodedata.category(c) != "Cc")
    return line[:250]


@transaction.atomic
def _claim() -> Message | None:
    """Lease the message that has been due the longest, and count the try."""
    message = (
        _due()
        .filter(attempts__lt=Message.MAX_ATTEMPTS)
        .order_by("next_try_at", "pk")
        .select_for_update(of=("self",), skip_locked=True)
        .first()
    )
    if message is not None:
        message.next_try_at = clock.now() + LEASE
        message.attempts += 1
        message.save(update_fields=["next_try_at", "attempts"])
    return message


def _bury_killers() -> None:
    """Give up what was leased for the last time and never came back."""
    _due().filter(attempts__gte=Message.MAX_ATTEMPTS).update(
        dead_at=Now(), last_error="Whoever tried to send it did not live to tell."
    )


def _due() -> MessageQuerySet:
    return Message.objects.waiting().filter(next_try_at__lte=Now())


def _send(message: Message) -> bool:
    """Try once; True when it left. Who lost the lease meanwhile changes nothing."""
    try:
        _mail(message).send()
    except (SMTPException, OSError, ValueError) as error:
        _postpone(message, error)
        return False
    Message.objects.filter(pk=message.pk).update(
        sent_at=clock.now(), dead_at=None, last_error=""
    )
    return True


def _postpone(message: Message, error: Exception) -> None:
    at = clock.now()
    dead = message.attempts >= Message.MAX_ATTEMPTS
    delay = BACKOFF[min(message.attempts, len(BACKOFF)) - 1]
    Message.objects.waiting().filter(pk=message.pk).update(
        last_error=one_line(f"{type(error).__name__}: {error}"),
        next_try_at=at + timedelta(seconds=delay),
        dead_at=at if dead else None,
    )
    log.warning("mail_not_sent", message=message.pk, attempts=message.attempts)


def _mail(message: Message) -> EmailMessage:
    return EmailMessage(
        message.subject,
        message.body,
        settings.DEFAULT_FROM_EMAIL,
        [message.to],
        headers={
            "Message-ID": f"<{message.key.replace('/', '.')}@{_host()}>",
            "Auto-Submitted": "auto-generated",
            "X-Auto-Response-Suppress": "All",
        },
    )


def _host() -> str:
    return urlsplit(settings.SITE_URL).hostname or "localhost"


def _inbox_line(person: User, note: Note) -> tuple[Any, ...]:
    return person.pk, note.key, one_line(note.title), note.body, note.url


def _owed(key: str, to: str, subject: str, body: str) -> tuple[Any, ...]:
    return key, to, one_line(subject), body


def _write(statement: str, rows: list[tuple[Any, ...]]) -> None:
    """Insert rows from one array a column."""
    if rows:
        with connection.cursor() as cursor:
            cursor.execute(
                statement, [list(column) for column in zip(*rows, strict=True)]
            )


def _mail_body(note: Note) -> str:
    link = f"{settings.SITE_URL}{note.url}" if note.url else ""
    return "\n\n".join(
        part for part in (note.body or one_line(note.title), link) if part
    )


def oldest_waiting(at: datetime) -> float:
    """Seconds the longest-due undelivered message has waited; 0 when none is due."""
    first = (
        Message.objects.waiting()
        .filter(next_try_at__lte=at)
        .order_by("next_try_at")
        .values_list("created_at", flat=True)
        .first()
    )
    return max(0.0, (at - first).total_seconds()) if first else 0.0
