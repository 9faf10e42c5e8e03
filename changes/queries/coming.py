"""What has to happen next to a change, and who does it, in one line for its page."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from changes import permissions
from changes.gates import Case
from changes.models import ChangeRequest, ChangeTarget, Promotion, Review
from changes.moves import ChangeState, PromotionState
from changes.queries.ending import needs_review, unsettled
from changes.queries.gates import evaluated
from opsdesk.accounts.models import User
from opsdesk.core.approving import Standing
from opsdesk.core.gates import Finding

S, R = ChangeState, PromotionState
PROMOTED = (S.APPROVED, S.IMPLEMENTING)


@dataclass(frozen=True)
class Coming:
    """The line, and the promotion that is planned next with its gates."""

    text: str
    case: Case | None = None
    gates: list[Finding] = field(default_factory=list)

    @property
    def promotion(self) -> Promotion | None:
        return self.case.promotion if self.case else None


def planned(user: User, change: ChangeRequest, at: datetime) -> Coming:
    """The promotion to start next, judged as if who may start it did so now."""
    rows = change.promotions.filter(state=R.SCHEDULED).select_related(
        "target", "environment__pairs_with", "package__component", "approval"
    )
    promotion = rows.order_by("target__ordinal", "pk").first()
    if promotion is None:
        return Coming("")
    promotion.change = promotion.target.change = change
    may_run = permissions.can_run_promotion(user, promotion)
    starter = user if may_run else change.implementer or user
    case = Case(promotion, starter, at)
    found = evaluated(case)
    unmet = [gate for gate in found if not gate.is_met and not gate.is_waived]
    text = f"{_doer(change)} starts the promotion to {promotion.environment}."
    if unmet:
        text = f"{promotion.environment}: {unmet[0].detail} {unmet[0].clear}"
    return Coming(text, case, found)


def next_line(
    change: ChangeRequest,
    *,
    gates: Sequence[Finding],
    standing: Standing | None,
    places: Sequence[tuple[ChangeTarget, Promotion | None]],
    planned: str,
) -> str:
    """Who does what now; "" once nothing is left to do."""
    state = S(change.state)
    if change.is_held:
        return "A manager lets it go on, or it is cancelled."
    if state == S.AWAITING:
        wanted = standing.wanted if standing is not None else ""
        return f"Still to agree: {wanted}." if wanted else "Its approvers vote."
    if state == S.ASSESSING and planned and _is_untried(gates):
        return planned
    if state in PROMOTED:
        return planned or _to_promote(change, places)
    if unmet := [gate for gate in gates if not gate.is_met]:
        return f"{unmet[0].detail} {unmet[0].clear}".strip()
    return AFTERWARDS[state](change)


def _is_untried(gates: Sequence[Finding]) -> bool:
    return any(gate.code == "ROUTE" and not gate.is_met for gate in gates)


def _to_promote(
    change: ChangeRequest, places: Sequence[tuple[ChangeTarget, Promotion | None]]
) -> str:
    """By its targets, in the order of promotion."""
    doer = _doer(change)
    for aim, promotion in places:
        where = aim.environment
        if promotion is None:
            return f"{doer} plans the promotion to {where}."
        if promotion.state in {R.RUNNING, R.VERIFYING}:
            who = promotion.started_by or doer
            return f"{who} works through the promotion to {where}."
        if promotion.state in {R.FAILED, R.ABORTED, R.CANCELLED}:
            return f"{doer} tries the promotion to {where} again, or backs it out."
    return f"{doer} brings the environments that are left up to it."


def _review(change: ChangeRequest) -> str:
    if owed := unsettled(change):
        names = ", ".join(one.get_kind_display().lower() for one in owed)
        return f"What is owed is done first: {names}."
    if needs_review(change) and not Review.objects.filter(change=change).exists():
        return "A manager who did not implement it writes the review."
    return "A manager who did not implement it closes it."


def _doer(change: ChangeRequest) -> str:
    return change.implementer.name if change.implementer else "The implementer"


AFTERWARDS: dict[ChangeState, Callable[[ChangeRequest], str]] = {
    S.DRAFT: lambda change: f"It is complete: {change.requester.name} submits it.",
    S.ASSESSING: lambda change: (
        f"It is tested: {change.requester.name} asks for approval."
    ),
    S.VERIFYING: lambda change: (
        f"{_doer(change)}, or who owns the environment, confirms that it works."
    ),
    S.REVIEW: _review,
    S.BACKED_OUT: lambda _: "A manager who did not implement it writes the review.",
    S.FAILED: lambda _: "A manager who did not implement it writes the review.",
    S.REJECTED: lambda change: (
        f"{change.requester.name} takes it up again, or it is cancelled."
    ),
    S.CLOSED: lambda _: "",
    S.CANCELLED: lambda _: "",
}
