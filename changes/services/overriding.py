"""Leave to change one environment during one freeze."""

from django.db import transaction

from changes import permissions
from changes.models import ChangeRequest, FreezeOverride
from changes.moves import ENDED
from changes.queries.leave import freezes_in_the_way
from changes.queries.outgrown import outgrown
from changes.queries.scheduling import override_sha256
from changes.queries.separation import excluded_from_change
from changes.services import rows
from changes.written import SAY_WHY, is_enough
from environments.models import Occurrence
from opsdesk.accounts.models import User
from opsdesk.core import clock
from opsdesk.core.errors import RuleError, require
from opsdesk.core.models import ApprovalRequest
from opsdesk.core.services import approvals
from opsdesk.core.services.outbox import Note, notify


@transaction.atomic
def ask_override(
    change: ChangeRequest, *, actor: User, occurrence: Occurrence, reason: str
) -> FreezeOverride:
    """Ask a manager for leave: for this revision, this freeze, one promotion."""
    change = rows.locked(change)
    require(permissions.can_run(actor, change), "The implementer asks for it.")
    rows.refuse_held(change)
    at = clock.exact()
    is_over = occurrence.cancelled_at is not None or occurrence.ends_at <= at
    if change.state in ENDED or is_over:
        raise RuleError("There is nothing to ask leave for any more.", code="not_now")
    if occurrence not in freezes_in_the_way(actor, change, at):
        raise RuleError(
            f"{occurrence} is not in the way of {change.ref}: no leave is needed.",
            code="not_needed",
        )
    if not is_enough(reason):
        raise RuleError(SAY_WHY, code="reason_missing")
    return _ask(change, actor, occurrence, reason)


def end_outgrown() -> int:
    """Leave for a freeze that was moved or made longer since holds no more: whoever
    asked for it is told to ask anew. Returns for how many; twice is once."""
    return sum(_end_outgrown(override) for override in outgrown())


@transaction.atomic
def _end_outgrown(override: FreezeOverride) -> bool:
    change = rows.locked(override.change)
    held = outgrown().filter(pk=override.pk).select_for_update(of=("self",)).first()
    if held is None:
        return False
    approvals.end(held.approval, ApprovalRequest.State.SUPERSEDED)
    freeze = str(held.occurrence.rule)
    rows.log(change, "override_outgrown", actor=None, at=clock.now(), freeze=freeze)
    note = Note(
        key=f"override-{held.approval_id}-outgrown",
        title=f"Ask for leave again: {change.ref} during {freeze}"[:200],
        body="The freeze was moved or made longer since, so leave does not hold.",
        url=change.get_absolute_url(),
    )
    notify({held.requested_by}, note)
    return True


def _ask(
    change: ChangeRequest, actor: User, occurrence: Occurrence, reason: str
) -> FreezeOverride:
    before = FreezeOverride.objects.filter(
        change=change, revision=change.revision, occurrence=occurrence
    ).first()
    if before is not None and (before.approval.is_live or before.used_by_id):
        raise RuleError("Leave was asked for already.", code="asked")
    approval = approvals.ask(
        kind="override",
        level="normal",
        title=f"{change.ref} during {occurrence.rule}"[:200],
        url=change.get_absolute_url(),
        revision=change.revision,
        sha256=override_sha256(change, occurrence, reason),
        actor=actor,
        excluded=excluded_from_change(change),
    )
    override, _ = FreezeOverride.objects.update_or_create(
        change=change,
        revision=change.revision,
        occurrence=occurrence,
        defaults={"reason": reason, "approval": approval, "requested_by": actor},
    )
    name = str(occurrence.rule)
    rows.log(
        change, "override_asked", actor=actor, at=clock.now(), freeze=name, note=reason
    )
    return override
