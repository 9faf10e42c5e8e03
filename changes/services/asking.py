"""People are asked to agree to one revision of a change."""

from django.db import transaction

from changes import permissions
from changes.models import ChangeRequest
from changes.queries.readiness import Proposal, to_ask
from changes.queries.separation import excluded_from_change
from changes.services import slots
from changes.services.revisions import record
from changes.services.rows import judge, locked, log, move
from opsdesk.accounts.access import Role, people_with
from opsdesk.accounts.models import User
from opsdesk.core import clock
from opsdesk.core.errors import require
from opsdesk.core.services import approvals
from opsdesk.core.services.outbox import Note, notify

EMERGENCY = "emergency"


@transaction.atomic
def request_approval(
    change: ChangeRequest, *, actor: User, conflicts_accepted: str = ""
) -> ChangeRequest:
    """Book the slots and ask; tested, signed off and free of hard conflicts only.

    Soft conflicts are accepted in words, which the approvers read.
    """
    change = locked(change)
    require(permissions.can_prepare(actor))
    judge(change, "request_approval")
    at = clock.now()
    change.conflicts_accepted = conflicts_accepted
    record(change, actor=actor, at=at)
    case = Proposal(change)
    to_ask(change).require(case, at)
    slots.book(case.aims)
    ask(change, actor=actor)
    fields = "approval", "conflicts_accepted"
    move(change, "request_approval", *fields, actor=actor)
    log(change, "request_approval", actor=actor, at=at, revision=change.revision)
    return change


@transaction.atomic
def ask(change: ChangeRequest, *, actor: User) -> None:
    """Open the request for a locked change; who voted before is asked again."""
    before = change.approval
    voted = (
        list(User.objects.filter(votes__request=before).distinct()) if before else []
    )
    excluded = excluded_from_change(change)
    is_emergency = change.kind == ChangeRequest.Kind.EMERGENCY
    change.approval = approvals.ask(
        kind="change",
        level=EMERGENCY if is_emergency else change.risk,
        title=str(change),
        url=change.get_absolute_url(),
        revision=change.revision,
        sha256=change.sha256,
        actor=actor,
        excluded=excluded,
        also=[person for person in voted if person.pk not in excluded],
    )
    _warn_of_shortage(change, excluded)


def _warn_of_shortage(change: ChangeRequest, excluded: dict[int, str]) -> None:
    """Tell the managers when no vote could make up for who is missing."""
    assert change.approval is not None
    short = approvals.short_of(change.approval, excluded)
    if short:
        note = Note(
            key=f"approval-{change.approval_id}-short",
            title=f"{change.ref} cannot be approved: not enough people",
            body=f"Missing, besides who has another part in it: {short}.",
            url=change.get_absolute_url(),
        )
        notify(people_with(Role.MANAGER), note)
