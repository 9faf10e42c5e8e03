"""A person's own inbox lines, read and in time forgotten."""

from datetime import timedelta

from django.db import transaction
from django.db.models import Q, QuerySet

from opsdesk.accounts.models import User
from opsdesk.core import clock
from opsdesk.core.errors import require
from opsdesk.core.models import Notification

KEPT_FOR = timedelta(days=90)  # what was read


@transaction.atomic
def mark_read(note: Notification, *, actor: User) -> int:
    """The recipient goes where a line leads: all lines that lead there are read.

    Returns how many were not; done again, it changes nothing.
    """
    require(note.recipient_id == actor.pk)
    there = Q(pk=note.pk) | Q(url=note.url) & ~Q(url="")
    return _unread(actor).filter(there).update(read_at=clock.now())


@transaction.atomic
def mark_all_read(*, actor: User) -> int:
    """Everything up to now is read; returns how many lines were not."""
    return _unread(actor).update(read_at=clock.now())


def forget_old(*, limit: int = 10_000) -> int:
    """Drop lines read long ago; what nobody has read yet stays."""
    old = Notification.objects.filter(read_at__lt=clock.now() - KEPT_FOR)
    ids = list(old.order_by("pk").values_list("pk", flat=True)[:limit])
    return Notification.objects.filter(pk__in=ids).delete()[0]


def _unread(actor: User) -> QuerySet[Notification]:
    return Notification.objects.filter(recipient=actor, read_at__isnull=True)
