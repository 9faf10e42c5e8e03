"""Reads of the kernel: the inbox, duties, messages, saved views."""

from datetime import timedelta

from django.db.models import Q, QuerySet

from opsdesk.accounts.access import Role, access_of
from opsdesk.accounts.models import User
from opsdesk.core.models import Duty, Message, Notification, SavedView

# The worker's tick is silent longer than this: times on screen can no longer be trusted
# to have been acted upon, and the banner says so.
STALE_AFTER = timedelta(seconds=60)
COUNT_CAP = 100


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


def duties_climbed_to(user: User) -> QuerySet[Duty]:
    """What others owe and did not do: it has come up to the managers."""
    late = Duty.objects.open().filter(step=Duty.Step.MANAGER)
    if not access_of(user).has(Role.MANAGER):
        late = late.none()
    others = late.exclude(Q(owner=user) | Q(deputy=user) & Q(deputy__isnull=False))
    return others.select_related("owner", "deputy").order_by("due_at", "pk")


def duties_to_settle(user: User) -> QuerySet[Duty]:
    """The duties this person's inbox shows a button for."""
    mine, others = duties_of(user), duties_climbed_to(user)
    either = Q(pk__in=mine.values("pk")) | Q(pk__in=others.values("pk"))
    return Duty.objects.settled_here().filter(either).order_by("due_at", "pk")


def messages() -> QuerySet[Message]:
    """Mail that left or will leave, the latest first."""
    return Message.objects.filter(dead_at__isnull=True).order_by("-pk")


def dead_letters() -> QuerySet[Message]:
    """Mail that was given up and waits for somebody."""
    return Message.objects.dead().order_by("-dead_at", "-pk")


def saved_views(user: User, screen: str) -> QuerySet[SavedView]:
    """One's own views of a screen and those shared with everybody."""
    return (
        SavedView.objects.filter(Q(owner=user) | Q(is_shared=True), screen=screen)
        .select_related("owner")
        .order_by("name", "pk")
    )
