"""A change is sent back to be written better, or taken up again after a no."""

from django.db import transaction

from changes import permissions
from changes.models import ChangeRequest
from changes.moves import RUNNING
from changes.services.rows import involved, judge, locked, log, move
from opsdesk.accounts.models import User
from opsdesk.core import clock
from opsdesk.core.errors import RuleError, require
from opsdesk.core.services.outbox import Note, notify


@transaction.atomic
def send_back(change: ChangeRequest, *, actor: User, reason: str) -> ChangeRequest:
    """It is a draft again; the reason goes to who asked for it and who does it."""
    change = locked(change)
    require(permissions.can_manage(actor))
    judge(change, "send_back")
    if change.promotions.filter(state__in=RUNNING).exists():
        raise RuleError("A promotion of it is running; let it end.", code="running")
    at = clock.now()
    move(change, "send_back", actor=actor)
    event = log(change, "send_back", actor=actor, at=at, note=reason)
    notify(
        involved(change),
        Note(
            key=f"change-{change.pk}-{event.pk}",
            title=f"Sent back: {change}",
            body=reason,
            url=change.get_absolute_url(),
        ),
    )
    return change


@transaction.atomic
def rework(change: ChangeRequest, *, actor: User) -> ChangeRequest:
    """After a no it is drafted anew, as the next revision."""
    change = locked(change)
    require(permissions.can_prepare(actor))
    judge(change, "rework")
    change.revision += 1
    move(change, "rework", "revision", actor=actor)
    log(change, "rework", actor=actor, at=clock.now(), revision=change.revision)
    return change
