"""A change is put on hold, let go on, or cancelled before anything was done."""

from django.db import transaction

from changes import permissions
from changes.models import ChangeRequest
from changes.moves import HOLDABLE, RUNNING
from changes.services import slots
from changes.services.promotion_rows import call_off_planned
from changes.services.rows import involved, judge, locked, log, move
from changes.services.testing import drop_tests
from opsdesk.accounts.models import User
from opsdesk.core import clock
from opsdesk.core.errors import RuleError, require
from opsdesk.core.models import ApprovalRequest
from opsdesk.core.records import save
from opsdesk.core.services import approvals
from opsdesk.core.services.outbox import Note, notify


@transaction.atomic
def hold(change: ChangeRequest, *, actor: User, reason: str) -> ChangeRequest:
    """Nothing but cancelling is possible until a manager releases it."""
    change = locked(change)
    require(permissions.can_manage(actor))
    if change.state not in HOLDABLE or change.is_held:
        raise RuleError(f"{change.ref} cannot be put on hold now.", code="not_now")
    change.held_at, change.hold_reason = clock.now(), reason
    save(change, "held_at", "hold_reason", actor=actor)
    log(change, "hold", actor=actor, at=change.held_at, note=reason)
    _tell(change, "On hold", reason)
    return change


@transaction.atomic
def release(change: ChangeRequest, *, actor: User) -> ChangeRequest:
    """It goes on where it stood: votes and slots are as they were."""
    change = locked(change)
    require(permissions.can_manage(actor))
    if not change.is_held:
        raise RuleError(f"{change.ref} is not on hold.", code="not_now")
    change.held_at, change.hold_reason = None, ""
    save(change, "held_at", "hold_reason", actor=actor)
    log(change, "release", actor=actor, at=clock.now())
    _tell(change, "Goes on", "")
    return change


@transaction.atomic
def cancel(change: ChangeRequest, *, actor: User, reason: str) -> ChangeRequest:
    """Dropped for good, with what was planned for it: its slots are free and nobody is
    asked any more."""
    change = locked(change)
    require(permissions.can_cancel(actor, change))
    judge(change, "cancel")
    if change.promotions.filter(state__in=RUNNING).exists():
        raise RuleError("A promotion of it is running; let it end.", code="running")
    slots.free(change)
    if change.approval is not None:
        approvals.end(change.approval, ApprovalRequest.State.WITHDRAWN)
    at = clock.now()
    call_off_planned(change, actor=actor, at=at, note=reason)
    change.held_at, change.hold_reason = None, ""
    move(change, "cancel", "held_at", "hold_reason", actor=actor)
    log(change, "cancel", actor=actor, at=at, note=reason)
    drop_tests(change)
    _tell(change, "Cancelled", reason)
    return change


def _tell(change: ChangeRequest, what: str, why: str) -> None:
    event = change.events.order_by("-pk").first()
    note = Note(
        key=f"change-{change.pk}-{event.pk if event else 0}",
        title=f"{what}: {change}",
        body=why,
        url=change.get_absolute_url(),
    )
    notify(involved(change), note)
