"""The secret address under which a person's calendar program reads the calendar."""

from django.db import transaction

from environments import permissions
from environments.models import CalendarFeed
from opsdesk.accounts.models import User
from opsdesk.accounts.tokens import digest
from opsdesk.core import clock
from opsdesk.core.errors import require

MAX_SECRET = 100


@transaction.atomic
def open_feed(*, actor: User) -> str:
    """A new secret, which nobody can read again; the one before opens nothing more."""
    require(permissions.can_read_calendar(actor))
    _close(actor)
    secret = CalendarFeed.new_secret()
    CalendarFeed.objects.create(owner=actor, digest=digest(secret))
    return secret


@transaction.atomic
def close_feed(*, actor: User) -> int:
    """From the next request on the address opens nothing. Closing twice is once."""
    return _close(actor)


def reader(secret: str) -> User | None:
    """Whose address it is; None when it opens nothing, whatever the reason."""
    if len(secret) > MAX_SECRET:
        return None
    feeds = CalendarFeed.objects.filter(revoked_at__isnull=True)
    feed = feeds.filter(digest=digest(secret)).select_related("owner").first()
    if feed is None or not permissions.can_read_calendar(feed.owner):
        return None
    return feed.owner


def _close(owner: User) -> int:
    User.objects.select_for_update(of=("self",), no_key=True).get(pk=owner.pk)
    return CalendarFeed.objects.filter(owner=owner, revoked_at__isnull=True).update(
        revoked_at=clock.now()
    )
