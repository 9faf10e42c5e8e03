"""What follows from a request for approval: the row it is about moves by its state.

Called with that row locked, in the transaction of the vote. Nothing here votes.
"""

from datetime import datetime

from django.db import transaction

from changes.models import ChangeDuty, ChangeRequest, ChangeTemplate, Promotion
from changes.moves import PromotionState
from changes.queries.approvals import Owner, change_of
from changes.services import slots
from changes.services.after import judged
from changes.services.promotion_rows import call_off, call_off_planned
from changes.services.revisions import AGREEING
from changes.services.rows import involved, judge, log, move
from changes.services.templates import put_in_force
from opsdesk.accounts.models import User
from opsdesk.core.models import ApprovalRequest
from opsdesk.core.services.outbox import Note, notify

State = ApprovalRequest.State
SAID = {
    State.GRANTED: "Approved",
    State.REJECTED: "Rejected",
    State.EXPIRED: "Nobody decided in time",
    State.OPEN: "A vote was taken back",
    State.WITHDRAWN: "The question was taken back",
}


@transaction.atomic(savepoint=False)
def follow(
    owner: Owner,
    request: ApprovalRequest,
    *,
    before: str,
    actor: User | None,
    at: datetime,
) -> None:
    """Move the row by what the request has come to; nothing when that is nothing new.

    What grants a promotion, or leave during a freeze, is read from the request when it
    is used, so their people are only told; one that is rejected is cancelled.
    """
    if request.state == before:
        return
    if isinstance(owner, ChangeRequest) and owner.state in AGREEING:
        _move_change(owner, request.state, actor=actor, at=at)
    if isinstance(owner, ChangeTemplate) and actor and request.state == State.GRANTED:
        put_in_force(owner, request, actor=actor)
    if isinstance(owner, ChangeDuty):
        judged(owner, actor=actor, at=at)
    if isinstance(owner, Promotion) and request.state == State.REJECTED:
        _cancel(owner, request, actor=actor, at=at)
    _tell(owner, request, actor=actor, at=at)


def _move_change(
    change: ChangeRequest, state: str, *, actor: User | None, at: datetime
) -> None:
    verb = {
        State.GRANTED: "grant",
        State.REJECTED: "reject",
        State.OPEN: "reask",
        State.EXPIRED: "lapse",
    }[State(state)]
    if verb in {"reject", "lapse"}:
        slots.free(change)
    if verb != "lapse":
        judge(change, verb)
    move(change, verb, actor=actor)
    by = actor if verb == "reject" else None
    log(change, verb, actor=by, at=at, revision=change.revision)
    if verb == "reject":
        note = "The change was rejected."
        call_off_planned(change, actor=actor, at=at, note=note)


def _cancel(
    promotion: Promotion, request: ApprovalRequest, *, actor: User | None, at: datetime
) -> None:
    """Another attempt is planned, and asked about, anew."""
    if promotion.state == PromotionState.SCHEDULED:
        call_off(promotion, actor=actor, at=at, note=_objection(request))


def _objection(request: ApprovalRequest) -> str:
    """Why it was rejected, or nothing."""
    if request.state != State.REJECTED:
        return ""
    said = request.votes.filter(decision="reject").order_by("-pk").first()
    return said.comment if said else ""


def _tell(
    owner: Owner, request: ApprovalRequest, *, actor: User | None, at: datetime
) -> None:
    """Tell who asked, and who implements it, but not whoever just voted."""
    change = change_of(owner)
    by = request.requested_by_id
    people = involved(change, by) if change else User.objects.filter(pk=by)
    note = Note(
        key=f"approval-{request.pk}-{request.state}-{at:%Y%m%d%H%M%S}",
        title=f"{SAID[State(request.state)]}: {request.title}",
        body=_objection(request),
        url=request.url,
    )
    notify(people.exclude(pk=actor.pk if actor else 0), note)
