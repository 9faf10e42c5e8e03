"""Messages owed: written with the fact, delivered at least once with the same id."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from smtplib import SMTPException
from urllib.parse import urlsplit

import structlog
from django.conf import settings
from django.core.mail import EmailMessage
from django.db import transaction
from django.db.models import F

from opsdesk.accounts.models import User
from opsdesk.core import clock
from opsdesk.core.errors import RuleError
from opsdesk.core.models import Message, Notification

log = structlog.get_logger()

# Nobody else delivers a claimed message for this long; longer than any SMTP time-out.
LEASE = timedelta(seconds=60)
BACKOFF = (5, 15, 60, 300, 900, 1800, 3600)  # seconds before the next try


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
    Notification.objects.bulk_create(
        (_inbox_line(person, note) for person, note in pairs),
        ignore_conflicts=True,
        batch_size=1000,
    )
    Message.objects.bulk_create(
        (
            _message(person, note)
            for person, note in pairs
            if person.mail_me and not person.is_service
        ),
        ignore_conflicts=True,
        batch_size=1000,
    )


def post_mail(*, key: str, to: str, subject: str, body: str) -> None:
    """Owe one mail to an address; the same key is never owed twice."""
    Message.objects.bulk_create(
        [Message(key=key, to=to, subject=one_line(subject), body=body)],
        ignore_conflicts=True,
    )


def deliver(*, limit: int = 50) -> int:
    """Send what is due and return how many left; safe on any number of workers.

    Each message is leased before it is sent, outside any transaction, and marked
    after: a worker killed in between sends it again, with the same Message-ID.
    """
    sent = 0
    for message in _claim(limit):
        try:
            _mail(message).send()
        except (SMTPException, OSError, ValueError) as error:
            _postpone(message, error)
        else:
            Message.objects.filter(pk=message.pk).update(
                sent_at=clock.now(), last_error=""
            )
            sent += 1
    return sent


@transaction.atomic
def retry(message: Message, *, actor: User) -> Message:
    """Give a dead letter another set of tries."""
    message = Message.objects.select_for_update(of=("self",)).get(pk=message.pk)
    if message.dead_at is None:
        raise RuleError("This message is not a dead letter.")
    message.dead_at = None
    message.attempts = 0
    message.next_try_at = clock.now()
    message.save(update_fields=["dead_at", "attempts", "next_try_at"])
    log.info("dead_letter_retried", message=message.pk, actor=actor.pk)
    return message


def one_line(text: str) -> str:
    """A text fit for a subject: one line, no control characters, bounded."""
    return " ".join(text.split())[:250]


@transaction.atomic
def _claim(limit: int) -> list[Message]:
    at = clock.now()
    due = Message.objects.waiting().filter(next_try_at__lte=at)
    rows = list(
        due.order_by("next_try_at", "pk").select_for_update(
            of=("self",), skip_locked=True
        )[:limit]
    )
    Message.objects.filter(pk__in=[row.pk for row in rows]).update(
        next_try_at=at + LEASE, attempts=F("attempts") + 1
    )
    for row in rows:
        row.attempts += 1
    return rows


def _postpone(message: Message, error: Exception) -> None:
    at = clock.now()
    dead = message.attempts >= Message.MAX_ATTEMPTS
    delay = BACKOFF[min(message.attempts, len(BACKOFF)) - 1]
    Message.objects.filter(pk=message.pk).update(
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


def _inbox_line(person: User, note: Note) -> Notification:
    return Notification(
        recipient=person,
        key=note.key,
        title=one_line(note.title),
        body=note.body,
        url=note.url,
    )


def _message(person: User, note: Note) -> Message:
    return Message(
        key=f"{note.key}/{person.pk}",
        to=person.email,
        subject=one_line(note.title),
        body=_mail_body(note),
    )


def _mail_body(note: Note) -> str:
    link = f"{settings.SITE_URL}{note.url}" if note.url else ""
    return "\n\n".join(part for part in (note.body or note.title, link) if part)


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
