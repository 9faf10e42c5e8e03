"""What the frame around every page needs from the database, in one statement."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import DateTimeField, F, Func, OuterRef, Q, Subquery

from opsdesk.accounts.models import Party, User
from opsdesk.core.models import Duty, Heartbeat, Notification
from opsdesk.core.queries import COUNT_CAP, STALE_AFTER


@dataclass(frozen=True)
class Facts:
    """The database's time, what waits in the inbox, the last tick, whose desk it is.

    `since` is when the reader joined: the installation is at least as old.
    """

    now: datetime
    unread: int
    owed: int
    ticked_at: datetime | None
    organisation: str
    since: datetime

    @property
    def waiting(self) -> int:
        return self.unread + self.owed

    @property
    def silent_for(self) -> timedelta | None:
        """Longer than it should be, or None; one that never ticked counts from `since`.

        An installation that has only just begun is starting, not silent.
        """
        silence = self.now - (self.ticked_at or self.since)
        return silence if silence > STALE_AFTER else None


def facts(user: User) -> Facts:
    """Counted up to the cap: a neglected inbox costs no more than a tidy one."""
    unread = Notification.objects.filter(recipient=OuterRef("pk"), read_at=None)
    owed = Duty.objects.open().filter(
        Q(owner=OuterRef("pk")) | Q(deputy=OuterRef("pk"))
    )
    organisation = Party.objects.filter(kind=Party.Kind.ORGANISATION).order_by()
    row = (
        User.objects.filter(pk=user.pk)
        .order_by()
        .values_list(
            Func(function="clock_timestamp", output_field=DateTimeField()),
            ArraySubquery(unread.order_by().values("pk")[:COUNT_CAP]),
            ArraySubquery(owed.order_by().values("pk")[:COUNT_CAP]),
            Subquery(Heartbeat.objects.filter(pk="tick").values(last=F("at"))[:1]),
            Subquery(organisation.values("name")[:1]),
        )
        .get()
    )
    return Facts(
        row[0], len(row[1]), len(row[2]), row[3], row[4] or "", user.date_joined
    )
