"""Gates about people: the change is agreed to, this promotion is, by the right ones."""

from datetime import datetime

from changes.gates.case import Case
from changes.models import ChangeRequest
from changes.moves import ChangeState
from environments.models import Environment
from opsdesk.core.approving import Standing
from opsdesk.core.gates import Finding
from opsdesk.core.models import ApprovalRequest

# From where on a change may go into an environment of a kind.
TESTING = frozenset(
    {
        ChangeState.ASSESSING,
        ChangeState.AWAITING,
        ChangeState.APPROVED,
        ChangeState.IMPLEMENTING,
        ChangeState.VERIFYING,
    }
)
AGREED = frozenset(
    {ChangeState.APPROVED, ChangeState.IMPLEMENTING, ChangeState.VERIFYING}
)
# Failover and training follow; what went wrong is undone, until it is closed.
AFTER = AGREED | {ChangeState.REVIEW, ChangeState.BACKED_OUT}


def state(case: Case, _at: datetime) -> Finding:
    """The change has come far enough for this environment, and no further."""
    change = case.promotion.change
    allowed = AFTER if case.follows else AGREED
    if case.environment.kind == Environment.Kind.DEV_TEST:
        allowed |= TESTING
    if change.state in allowed:
        return Finding("STATE", is_met=True, detail=change.get_state_display() + ".")
    return Finding(
        "STATE",
        is_met=False,
        detail=f"{change.ref} is {change.get_state_display().lower()}.",
        clear="Take the change to approval first.",
        url=change.get_absolute_url(),
    )


def hold(case: Case, _at: datetime) -> Finding:
    """Nobody has put the change on hold."""
    change = case.promotion.change
    if not change.is_held:
        return Finding("HOLD", is_met=True, detail="Not on hold.")
    return Finding(
        "HOLD",
        is_met=False,
        detail=f"{change.ref} is on hold: {change.hold_reason}",
        clear="A manager lets it go on.",
        url=change.get_absolute_url(),
    )


def approval(case: Case, _at: datetime) -> Finding:
    """The change is approved as it is now, by people who may still say so."""
    change = case.promotion.change
    if case.follows:
        detail = "It follows from what was approved."
        return Finding("APPROVAL", is_met=True, detail=detail)
    if case.environment.kind == Environment.Kind.DEV_TEST or _needs_no_vote(change):
        return Finding("APPROVAL", is_met=True, detail="None is needed here.")
    found = case.change_standing
    if found is None or (found.request.revision, found.request.sha256) != (
        change.revision,
        change.sha256,
    ):
        return _unmet("APPROVAL", "This revision is not approved.", change)
    if found.is_expired:
        return _unmet("APPROVAL", "The approval has expired.", change)
    if found.request.state != ApprovalRequest.State.GRANTED or not found.is_granted:
        lost = " ".join(vote.why_not for vote in found.votes if vote.why_not)
        missing = f"Still missing: {found.wanted}." if found.wanted else ""
        return _unmet(
            "APPROVAL", f"{lost} {missing}".strip() or "Not approved.", change
        )
    return Finding("APPROVAL", is_met=True, detail="Approved, and everybody still may.")


def promotion_approval(case: Case, _at: datetime) -> Finding:
    """This promotion, of this build, here and now, is approved by administrators."""
    promotion = case.promotion
    if not case.approvals_needed:
        return Finding("PROMO_APPROVAL", is_met=True, detail="None is needed here.")
    found = case.promotion_standing
    is_this = found is not None and found.request.revision == promotion.change.revision
    if found is not None and is_this and found.is_granted and found.request.is_live:
        detail = "This promotion is approved."
        return Finding("PROMO_APPROVAL", is_met=True, detail=detail)
    return Finding(
        "PROMO_APPROVAL",
        is_met=False,
        detail=_unapproved(found, is_this=is_this),
        clear="Ask the administrators to approve this promotion.",
        url=promotion.get_absolute_url(),
    )


def separation(case: Case, _at: datetime) -> Finding:
    """Whoever starts it did not vote on it, nor on leave it uses; the rest counts in
    the approvals."""
    leave = [now for _, now in case.overrides_used]
    standings = (case.change_standing, case.promotion_standing, *leave)
    voters = {
        found.vote.user_id
        for each in standings
        if each is not None
        for found in each.votes
    }
    if case.starter.pk not in voters:
        return Finding("SOD", is_met=True, detail="Who starts it did not vote on it.")
    return Finding(
        "SOD",
        is_met=False,
        detail="You voted on this, so somebody else must start it.",
        clear="Ask the implementer or another administrator to start it.",
    )


def _unapproved(found: Standing | None, *, is_this: bool) -> str:
    """Why the approval of this promotion does not count, or not yet."""
    if found is None:
        return "Nobody was asked to approve this promotion."
    if not found.request.is_live:
        return f"Its approval is {found.request.get_state_display().lower()}."
    if not is_this:
        return "The change was altered since this promotion was asked about."
    lost = " ".join(vote.why_not for vote in found.votes if vote.why_not)
    return f"{lost} Still missing: {found.wanted}.".strip()


def _needs_no_vote(change: ChangeRequest) -> bool:
    """A template was agreed to once for all; breaking the glass answers afterwards."""
    return change.kind == ChangeRequest.Kind.STANDARD or change.is_break_glass


def _unmet(code: str, detail: str, change: ChangeRequest) -> Finding:
    return Finding(
        code,
        is_met=False,
        detail=detail,
        clear="Have the change approved.",
        url=change.get_absolute_url(),
    )
