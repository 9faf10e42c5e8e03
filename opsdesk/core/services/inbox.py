"""A person's own inbox lines, read."""

from django.db import transaction

from opsdesk.accounts.models import User
from opsdesk.core import clock
from opsdesk.core.errors import require
from opsdesk.core.models import Notification


@transaction.atomic
def mark_read(note: Notification, *, actor: User) -> Notification:
    """The recipient has read a line; reading it again changes nothing."""
    require(note.recipient_id == actor.pk)
    if note.read_at is None:
        note.read_at = clock.now()
        note.save(update_fields=["read_at"])
    return note


@transaction.atomic
def mark_all_read(*, actor: User) -> int:
    """Everything up to now is read; returns how many lines were not."""
    unread = Notification.objects.filter(recipient=actor, read_at__isnull=True)
    return unread.update(read_at=clock.now())


@transaction.atomic
def mark_read_at(url: str, *, actor: User) -> int:
    """Lines that point at a page are read once the person has seen that page."""
    unread = Notification.objects.filter(recipient=actor, url=url, read_at__isnull=True)
    return unread.update(read_at=clock.now())
