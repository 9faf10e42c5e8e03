"""Everything the run sheet of one promotion shows, in a fixed number of queries."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime

from django.db.models import QuerySet
from django.urls import reverse

from changes import permissions
from changes.models import ChangeRequest, Promotion, PromotionStep
from changes.moves import UNPROMOTED, ChangeState, PromotionState
from changes.queries.evidence import approvals_needed, backout_until
from changes.queries.gates import findings
from changes.queries.scheduling import baseline_of
from changes.queries.separation import excluded_from_promotion
from changes.queries.verbs import Verb
from changes.queries.voters import may_vote
from environments.models import Occurrence
from environments.queries.windows import freezes_now
from opsdesk.accounts.models import User
from opsdesk.core.approving import Standing, standing
from opsdesk.core.gates import Finding
from opsdesk.core.models import ApprovalRequest

S = PromotionState
TONES: dict[str, str] = {
    S.SCHEDULED: "amber",
    S.RUNNING: "blue",
    S.VERIFYING: "violet",
    S.SUCCEEDED: "green",
    S.FAILED: "red",
    S.ABORTED: "slate",
    S.CANCELLED: "slate",
    S.ROLLED_BACK: "red",
}
OVER = (S.FAILED, S.ABORTED, S.CANCELLED)
# verb -> (label, icon, tone, one click), in the order people meet them.
BUTTONS: dict[str, tuple[str, str, str, bool]] = {
    "start": ("Start", "play", "pri", True),
    "ask": ("Ask for approval", "user-check", "", True),
    "confirm_baseline": ("Confirm what runs there", "check", "", True),
    "waive": ("Waive a gate", "triangle-alert", "", False),
    "succeed": ("It has succeeded", "circle-check", "ok", True),
    "fail": ("It has failed", "octagon-alert", "danger", False),
    "abort": ("Abort", "x", "danger", False),
    "roll_back": ("Roll back", "undo-2", "danger", False),
    "retry": ("Try again", "rotate-ccw", "pri", True),
    "cancel": ("Cancel", "x", "danger", False),
}


@dataclass(frozen=True)
class Line:
    """One step, and whether it is the one to do now."""

    step: PromotionStep
    is_next: bool


@dataclass(frozen=True)
class RunSheet:
    promotion: Promotion
    lines: list[Line]
    verbs: list[Verb]
    findings: list[Finding]
    standing: Standing | None
    may_vote: bool
    may_run: bool
    is_reporting: bool
    frozen_by: list[tuple[Occurrence, ApprovalRequest | None]]
    back_until: datetime | None
    tone: str
    next: str

    @property
    def done(self) -> int:
        return sum(line.step.done_at is not None for line in self.lines)


def promotions_for(user: User) -> QuerySet[Promotion]:
    """Promotions of the changes a person may see, as lists name them."""
    seen = ChangeRequest.objects.visible_to(user)
    rows = Promotion.objects.filter(change__in=seen.order_by().values("pk"))
    named = rows.select_related(
        "environment", "package__component", "created_by", "started_by"
    )
    return named.order_by("-pk")


def sheets_for(user: User) -> QuerySet[Promotion]:
    """The same with what the run sheet of one reads of it."""
    return promotions_for(user).select_related(
        "change__package",
        "change__implementer",
        "target",
        "environment__pairs_with",
        "approval",
    )


def run_sheet(user: User, promotion: Promotion, at: datetime) -> RunSheet:
    """The page of one promotion for one reader, at an instant."""
    steps = list(promotion.steps.select_related("done_by").order_by("ordinal"))
    left = [step for step in steps if step.done_at is None]
    may_run = permissions.can_run_promotion(user, promotion)
    current = next(iter(left), None)
    is_scheduled = promotion.state == S.SCHEDULED
    request = promotion.approval
    excluded = excluded_from_promotion(promotion) if request else {}
    now = standing(request, excluded=excluded, at=at) if request else None
    state = S(promotion.state)
    is_running = may_run and state in {S.RUNNING, S.VERIFYING}
    checks = [step for step in left if step.kind != PromotionStep.Kind.POSTCHECK]
    found = findings(promotion, user, at) if is_scheduled else []
    unmet = [gate for gate in found if not gate.is_met and not gate.is_waived]
    return RunSheet(
        promotion=promotion,
        lines=[
            Line(step, is_running and step is current and _is_time(promotion, step))
            for step in steps
        ],
        verbs=[
            replace(verb, tone="") if unmet and verb.name == "start" else verb
            for verb in _verbs(user, promotion, steps)
        ],
        findings=found,
        standing=now,
        may_vote=is_scheduled and may_vote(user, now, excluded),
        may_run=may_run,
        is_reporting=may_run and state == S.RUNNING and not checks,
        frozen_by=_frozen(promotion, at) if is_scheduled and may_run else [],
        back_until=backout_until(promotion)
        if promotion.state == S.SUCCEEDED and promotion.environment.is_serving
        else None,
        tone=TONES[promotion.state],
        next=_next(promotion, current, checks, unmet),
    )


def _next(
    promotion: Promotion,
    current: PromotionStep | None,
    checks: list[PromotionStep],
    unmet: list[Finding],
) -> str:
    """Who does what now, in one line; "" once it is over."""
    planner = promotion.change.implementer or promotion.created_by
    who = (promotion.started_by or planner).name
    state = S(promotion.state)
    if unmet:
        return f"{unmet[0].detail} {unmet[0].clear}"
    if state == S.SCHEDULED:
        return f"{who} or an administrator starts it."
    if state in {S.RUNNING, S.VERIFYING}:
        is_reporting = state == S.RUNNING and not checks
        return f"{who} {_to_do(current, is_reporting=is_reporting)}."
    if state == S.CANCELLED or not _is_to_retry(promotion):
        return ""
    if promotion.change.state == ChangeState.IMPLEMENTING:
        return f"{planner.name} tries again, or the change is declared failed."
    return f"{planner.name} tries again."


def _to_do(current: PromotionStep | None, *, is_reporting: bool) -> str:
    if is_reporting:
        return "reports the digest of what is installed now"
    if current is None:
        return "says whether it has succeeded"
    return f"does step {current.ordinal}: {current.title}"


def _is_time(promotion: Promotion, step: PromotionStep) -> bool:
    is_check = step.kind == PromotionStep.Kind.POSTCHECK
    return is_check == (promotion.state == S.VERIFYING)


def _frozen(
    promotion: Promotion, at: datetime
) -> list[tuple[Occurrence, ApprovalRequest | None]]:
    """What is frozen there now, and the leave that was asked for it or given."""
    found = freezes_now(promotion.environment, at)
    change = promotion.change
    rows = change.overrides.filter(revision=change.revision, occurrence__in=found)
    asked = {
        row.occurrence_id: row.approval
        for row in rows.select_related("approval").order_by("pk")
        if row.approval.is_live or row.used_by_id
    }
    return [(freeze, asked.get(freeze.pk)) for freeze in found if freeze.is_hard]


def _verbs(user: User, promotion: Promotion, steps: list[PromotionStep]) -> list[Verb]:
    return [
        Verb(name, *looks, reverse(f"changes:promotion_{name}", args=[promotion.pk]))
        for name, looks in BUTTONS.items()
        if TIMES[name](promotion, steps) and _may(user, promotion, name)
    ]


def _may(user: User, promotion: Promotion, name: str) -> bool:
    change = promotion.change
    if name == "confirm_baseline":
        return permissions.can_confirm_baseline(user)
    if name == "waive":
        return permissions.can_waive(user, change)
    if name == "cancel" and permissions.can_manage(user):
        return True
    if name == "retry":
        return permissions.can_run(user, change)
    return permissions.can_run_promotion(user, promotion)


def _has_applied(steps: list[PromotionStep]) -> bool:
    return any(step.kind == PromotionStep.Kind.APPLY and step.done_at for step in steps)


Test = Callable[[Promotion, list[PromotionStep]], bool]
TIMES: dict[str, Test] = {
    "start": lambda p, _: p.state == S.SCHEDULED,
    "ask": lambda p, _: p.state == S.SCHEDULED and _is_unasked(p),
    "confirm_baseline": lambda p, _: p.state == S.SCHEDULED and _is_baseline_old(p),
    "waive": lambda p, _: p.state == S.SCHEDULED and p.change.kind == "emergency",
    "succeed": lambda p, steps: (
        p.state == S.VERIFYING and all(step.done_at for step in steps)
    ),
    "fail": lambda p, steps: (
        p.state == S.VERIFYING or (p.state == S.RUNNING and _has_applied(steps))
    ),
    "abort": lambda p, steps: p.state == S.RUNNING and not _has_applied(steps),
    "roll_back": lambda p, _: (
        p.kind != Promotion.Kind.ROLLBACK and p.state in {S.SUCCEEDED, S.FAILED}
    ),
    "retry": lambda p, _: _is_to_retry(p),
    "cancel": lambda p, _: p.state == S.SCHEDULED,
}


def _is_to_retry(promotion: Promotion) -> bool:
    """The last attempt there came to nothing, and the change may still go there."""
    is_roll_back = promotion.kind == Promotion.Kind.ROLLBACK
    if promotion.state not in OVER or is_roll_back:
        return False
    if promotion.change.state in UNPROMOTED:
        return False
    mine = promotion.change.promotions.filter(
        environment=promotion.environment_id, kind=promotion.kind
    )
    return not mine.filter(pk__gt=promotion.pk).exists()


def _is_unasked(promotion: Promotion) -> bool:
    request = promotion.approval
    is_stale = request is not None and request.revision != promotion.change.revision
    is_open = request is not None and request.is_live and not is_stale
    return bool(approvals_needed(promotion)) and not is_open


def _is_baseline_old(promotion: Promotion) -> bool:
    return bool(approvals_needed(promotion)) and promotion.baseline != baseline_of(
        promotion.environment
    )
