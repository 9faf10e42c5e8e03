"""A change is edited: what is of substance asks anew, what is not leaves it agreed."""

from datetime import datetime

from django.db import transaction
from django.urls import reverse

from changes import permissions
from changes.content import Content
from changes.models import ChangeRequest
from changes.moves import BEFORE, RUNNING, ChangeState
from changes.queries.conflicts import aims_of, bookings_over, conflicts_of
from changes.queries.separation import excluded_from_change
from changes.services import slots, testing
from changes.services.drafting import write
from changes.services.promotion_rows import call_off_planned, tell
from changes.services.revisions import AGREEING, record
from changes.services.rows import locked, log, move, refuse_held
from opsdesk.accounts.models import User
from opsdesk.core import clock
from opsdesk.core.errors import RuleError, require
from opsdesk.core.models import ApprovalRequest
from opsdesk.core.records import check_version, save
from opsdesk.core.services import approvals
from opsdesk.core.services.outbox import Note, notify


@transaction.atomic
def edit(
    change: ChangeRequest, *, actor: User, content: Content, version: int | None
) -> ChangeRequest:
    """Save what was written; StaleError when somebody else was faster.

    Once people are asked, another digest is another revision: it is assessed again,
    the request is superseded and who voted is told. A slot that moves outside the
    envelope widens it, and the envelope is of substance. Another package is tested
    anew, by whoever has tried the one before.
    """
    change = locked(change)
    require(permissions.can_prepare(actor))
    _check_editable(change)
    check_version(change, version)
    at = clock.now()
    _check_kind(change, content)
    before = change.package_id
    write(change, content, actor=actor)
    if change.package_id != before:
        testing.ask_again(change, actor=actor)
    params = {"retyped": True} if change.kind != content.kind else {}
    if change.state == ChangeState.DRAFT:
        log(change, "edited", actor=actor, at=at, is_draft=True, **params)
        return change
    _widen(change, actor)
    is_new = record(change, actor=actor, at=at)
    log(change, "revised" if is_new else "edited", actor=actor, at=at, **params)
    if change.state in AGREEING:
        _ask_again(change, actor, at) if is_new else _stays(change, actor, at)
    return change


def _check_editable(change: ChangeRequest) -> None:
    if change.state not in BEFORE:
        state = change.get_state_display().lower()
        raise RuleError(
            f"{change.ref} is {state}, so it is not edited any more.", code="not_now"
        )
    refuse_held(change)


def _check_kind(change: ChangeRequest, content: Content) -> None:
    if content.kind != change.kind and change.state != ChangeState.DRAFT:
        raise RuleError("Once submitted, a change stays of its kind.", code="kind")


def _widen(change: ChangeRequest, actor: User) -> None:
    """Make the envelope hold every slot: to move outside it is to ask anew."""
    held = [aim.slot for aim in change.targets.order_by("pk") if aim.slot]
    if not held or not (change.earliest_start and change.latest_end):
        return
    change.earliest_start = min(change.earliest_start, *(s.lower for s in held))
    change.latest_end = max(change.latest_end, *(s.upper for s in held))
    save(change, "earliest_start", "latest_end", actor=actor)


def _ask_again(change: ChangeRequest, actor: User, at: datetime) -> None:
    """Back to assessing: the request is superseded, and who voted is told; what was
    planned is called off, and who would have done it is told."""
    if change.promotions.filter(state__in=RUNNING).exists():
        raise RuleError("A promotion of it is running; let it end.", code="running")
    if change.kind == ChangeRequest.Kind.STANDARD:
        change.kind = ChangeRequest.Kind.NORMAL
        record(change, actor=actor, at=at)
    slots.free(change)
    move(change, "edit", "kind", actor=actor)
    why = "The change was altered."
    for planned in call_off_planned(change, actor=actor, at=at, note=why):
        tell(planned, "Cancelled", actor=actor, body=why)
    if change.approval is None:
        return
    approvals.end(change.approval, ApprovalRequest.State.SUPERSEDED)
    voters = User.objects.filter(votes__request=change.approval).distinct()
    note = Note(
        key=f"change-{change.pk}-revision-{change.revision}",
        title=f"Changed since you voted: {change}",
        body="Your vote was for the revision before. You are asked again once it is"
        " assessed; here is what differs.",
        url=reverse("changes:diff", args=[change.pk]),
    )
    notify(voters, note)


def _stays(change: ChangeRequest, actor: User, at: datetime) -> None:
    """Nobody is asked again, but slots are booked as they are now and must be free."""
    aims = aims_of(change)
    hard = [found for found in conflicts_of(change, aims) if found.is_hard]
    if change.kind == ChangeRequest.Kind.EMERGENCY:
        hard = bookings_over(change)
    if hard:
        raise RuleError(" ".join(found.text for found in hard), code="conflict")
    slots.book(aims)
    if change.approval is None:
        return
    request = approvals.judge(change.approval, excluded=excluded_from_change(change))
    was_granted = change.state == ChangeState.APPROVED
    if was_granted and request.state == ApprovalRequest.State.OPEN:
        move(change, "reask", actor=actor)
        log(change, "reask", actor=None, at=at)
