"""What the one calendar shows of changes: the slots booked for them."""

from datetime import datetime

from django.db.backends.postgresql.psycopg_any import DateTimeTZRange

from changes.models import ChangeRequest, ChangeTarget
from environments.queries.calendar import AHEAD, KEPT, MOST, Entry
from opsdesk.accounts.models import User


def booked(
    user: User, since: datetime, until: datetime, environment: int | None = None
) -> list[Entry]:
    """Slots booked at some instant of [since, until), earliest first."""
    seen = ChangeRequest.objects.visible_to(user).order_by().values("pk")
    rows = ChangeTarget.objects.filter(
        change__in=seen, is_booked=True, slot__overlap=DateTimeTZRange(since, until)
    )
    if environment is not None:
        rows = rows.filter(environment=environment)
    named = rows.select_related("change", "environment").order_by("slot", "pk")
    return [
        Entry(
            uid=f"slot-{row.pk}",
            kind="change",
            title=str(row.change),
            where=row.environment.code or row.environment.name,
            starts_at=row.slot.lower,
            ends_at=row.slot.upper,
            url=row.change.get_absolute_url(),
        )
        for row in named[:MOST]
    ]


def booked_for_feed(user: User, now: datetime) -> list[Entry]:
    """What a calendar program is given: the last month and the next 18."""
    return booked(user, now - KEPT, now + AHEAD)
