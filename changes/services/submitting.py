"""A draft is submitted: the verb follows from its kind."""

from django.db import transaction

from changes import permissions
from changes.models import ChangeRequest
from changes.queries.readiness import Proposal, to_submit
from changes.services import asking, slots
from changes.services.revisions import record
from changes.services.rows import judge, locked, log, move
from opsdesk.accounts.models import User
from opsdesk.core import clock
from opsdesk.core.errors import require

Kind = ChangeRequest.Kind
VERBS = {Kind.EMERGENCY: "submit_emergency", Kind.STANDARD: "submit_standard"}


@transaction.atomic
def submit(change: ChangeRequest, *, actor: User) -> ChangeRequest:
    """Normal and statutory changes are assessed, an emergency asks at once, a standard
    change was agreed to with its template. Every gate that is not met is told."""
    change = locked(change)
    require(permissions.can_prepare(actor))
    verb = VERBS.get(Kind(change.kind), "submit")
    judge(change, verb)
    at = clock.now()
    record(change, actor=actor, at=at)
    case = Proposal(change)
    to_submit(change).require(case, at)
    if change.kind in VERBS:
        slots.book(case.aims)
    if change.kind == Kind.EMERGENCY:
        asking.ask(change, actor=actor)
    move(change, verb, "approval", actor=actor)
    log(change, verb, actor=actor, at=at, revision=change.revision)
    return change
