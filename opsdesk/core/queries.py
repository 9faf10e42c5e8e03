"""Reads of the kernel: the inbox, duties, messages, saved views."""

from dataclasses import dataclass
from datetime import timedelta

from django.db.models import Q, QuerySet

from opsdesk.accounts.models import User
from opsdesk.core import clock
from opsdesk.core.models import Duty, Heartbeat, Message, Notification, SavedView

# The worker's tick is silent longer than this: times on screen can no longer be trusted
# to have been acted upon, and the banner says so.
STALE_AFTER = timedelta(seconds=60)
COUNT_CAP = 100


@dataclass(frozen=True)
class InboxCounts:
    unread: int
    owed: int

    @property
    def total(self) -> int:
        return self.unread + self.owed


def inbox_counts(user: User) -> InboxCounts:
    """Unread lines and open duties, each counted up to the cap."""
    unread = Notification.objects.filter(recipient=user, read_at__isnull=True)
    return InboxCounts(
        unread=unread.order_by()[:COUNT_CAP].count(),
        owed=duties_of(user).order_by()[:COUNT_CAP].count(),
    )


def notifications_of(user: User) -> QuerySet[Notification]:
    return Notification.objects.filter(recipient=user).order_by("-created_at", "-pk")


def duties_of(user: User) -> QuerySet[Duty]:
    """What a person owes, as owner or deputy, soonest first."""
    mine = Q(owner=user) | Q(deputy=user)
    return (
        Duty.objects.open()
        .filter(mine)
        .select_related("owner", "deputy")
        .order_by("due_at", "pk")
    )


def messages() -> QuerySet[Message]:
    """The outbox, dead letters first."""
    return Message.objects.order_by("dead_at", "-created_at", "-pk")


def saved_views(user: User, screen: str) -> QuerySet[SavedView]:
    """One's own views of a screen and those shared with everybody."""
    return (
        SavedView.objects.filter(Q(owner=user) | Q(is_shared=True), screen=screen)
        .select_related("owner")
        .order_by("name", "pk")
    )


def silent_for() -> timedelta | None:
    """How long no tick has run, when that is longer than it should be."""
    last = Heartbeat.objects.filter(pk="tick").values_list("at", flat=True).first()
    if last is None:
        return timedelta.max
    age = clock.now() - last
    return age if age > STALE_AFTER else None
