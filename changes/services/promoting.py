"""A promotion is planned: scheduled, asked about, confirmed anew, tried again."""

from collections.abc import Sequence

from django.db import transaction

from changes import permissions
from changes.models import ChangeRequest, ChangeTarget, Promotion, PromotionStep
from changes.moves import UNPROMOTED, ChangeState, PromotionState
from changes.queries.evidence import approvals_needed
from changes.queries.scheduling import baseline_of, lacks_backup, sheet, subject_sha256
from changes.queries.separation import excluded_from_promotion
from changes.services import rows
from changes.services.promotion_rows import (
    call_off,
    hold_environments,
    judge,
    locked,
    log,
    require_runner,
    tell,
)
from changes.services.revisions import ordinal_of, record
from environments.models import Environment, Installation
from opsdesk.accounts.models import User
from opsdesk.core import clock
from opsdesk.core.errors import RuleError, require
from opsdesk.core.models import ApprovalRequest
from opsdesk.core.services import approvals

Kind = Promotion.Kind
LIVE = (PromotionState.SCHEDULED, PromotionState.RUNNING, PromotionState.VERIFYING)
AGREED = (ChangeState.APPROVED, ChangeState.IMPLEMENTING, ChangeState.VERIFYING)


@transaction.atomic
def schedule(
    change: ChangeRequest,
    *,
    actor: User,
    environment: Environment,
    kind: str = Kind.DEPLOY,
    steps: Sequence[tuple[str, str]] = (),
) -> Promotion:
    """Plan to bring the change's package there; a failed attempt is tried once more.

    Without `steps`, (kind, title) in order, they come from the change's plans. Where
    administrators must agree and the change is approved, they are asked at once.
    """
    change = rows.locked(change)
    require(permissions.can_run(actor, change), "The implementer plans it.")
    if change.state in UNPROMOTED:
        state = change.get_state_display().lower()
        raise RuleError(f"{change.ref} is {state}; nothing is promoted.", code="state")
    rows.refuse_held(change)
    environment = hold_environments(environment.pk)
    _check_new(change, environment, kind)
    steps = steps or sheet(change, environment, change.implementation_plan)
    if lacks_backup(environment, steps):
        raise RuleError(
            f"{environment} is backed up before anything is applied: plan that step.",
            code="backup_missing",
        )
    promotion = create(
        change,
        actor=actor,
        target=_target(change, environment, kind, actor),
        kind=kind,
        steps=steps,
    )
    log(promotion, "scheduled", actor=actor, at=clock.now(), kind=kind)
    if approvals_needed(promotion) and change.state in AGREED:
        _ask(promotion, actor)
    return promotion


@transaction.atomic(savepoint=False)
def create(
    change: ChangeRequest,
    *,
    actor: User,
    target: ChangeTarget,
    kind: str,
    steps: Sequence[tuple[str, str]],
    undoes: Promotion | None = None,
    back_to: Installation | None = None,
) -> Promotion:
    """The row and its run sheet; the caller has locked the change and judged."""
    assert change.package is not None
    before = change.promotions.filter(environment=target.environment, kind=kind)
    promotion = Promotion.objects.create(
        change=change,
        target=target,
        environment=target.environment,
        package=change.package,
        sha256=change.package.sha256,
        undoes=undoes,
        back_to=back_to,
        kind=kind,
        attempt=before.count() + 1,
        revision=change.revision,
        baseline=baseline_of(target.environment),
        created_at=clock.now(),
        created_by=actor,
    )
    PromotionStep.objects.bulk_create(
        PromotionStep(promotion=promotion, ordinal=number, kind=kind, title=title)
        for number, (kind, title) in enumerate(steps, start=1)
    )
    return promotion


@transaction.atomic
def ask(promotion: Promotion, *, actor: User) -> Promotion:
    """Ask for approval of this promotion, anew when the last question has ended."""
    promotion = locked(promotion)
    require_runner(actor, promotion)
    judge(promotion, "start")
    if not approvals_needed(promotion):
        raise RuleError("Nobody needs to approve this promotion.", code="not_needed")
    rows.refuse_held(promotion.change)
    if promotion.change.state not in AGREED:
        raise RuleError("The change is to be approved first.", code="state")
    request = promotion.approval
    is_stale = request is not None and request.revision != promotion.change.revision
    if request is not None and request.is_live and not is_stale:
        raise RuleError("Its approvers have been asked.", code="asked")
    if request is not None:
        approvals.end(request, ApprovalRequest.State.SUPERSEDED)
    promotion.baseline = baseline_of(promotion.environment)
    promotion.save(update_fields=["baseline"])
    _ask(promotion, actor)
    return promotion


@transaction.atomic
def confirm_baseline(promotion: Promotion, *, actor: User) -> Promotion:
    """An administrator has seen what was installed there since, and it is well so."""
    promotion = locked(promotion)
    require(permissions.can_confirm_baseline(actor))
    judge(promotion, "start")
    promotion.baseline = baseline_of(promotion.environment)
    promotion.save(update_fields=["baseline"])
    log(promotion, "baseline_confirmed", actor=actor, at=clock.now())
    return promotion


@transaction.atomic
def cancel(promotion: Promotion, *, actor: User, note: str = "") -> Promotion:
    """It will not happen; nobody is asked about it any more."""
    promotion = locked(promotion)
    change = promotion.change
    require(permissions.can_run(actor, change) or permissions.can_manage(actor))
    judge(promotion, "cancel")
    call_off(promotion, actor=actor, at=clock.now(), note=note)
    tell(promotion, "Cancelled", actor=actor, body=note)
    return promotion


def _check_new(change: ChangeRequest, environment: Environment, kind: str) -> None:
    mine = change.promotions.filter(environment=environment, kind=kind)
    runs = list(mine.order_by("pk").values_list("state", "revision"))
    if any(state in LIVE for state, _ in runs):
        raise RuleError("It is scheduled there already.", code="replay")
    if (PromotionState.SUCCEEDED, change.revision) in runs:
        raise RuleError(f"It was promoted to {environment} before.", code="replay")


def _target(
    change: ChangeRequest, environment: Environment, kind: str, actor: User
) -> ChangeTarget:
    """Where it goes is part of what is agreed to. Where it is only tried, it is added
    while the change is assessed; where it must follow, when that is owed."""
    found = change.targets.filter(environment=environment).first()
    if found is not None:
        found.environment = environment
        return found
    is_trial = (
        environment.kind == Environment.Kind.DEV_TEST
        and change.state == ChangeState.ASSESSING
        and environment.landscape_id == change.landscape_id
    )
    owed = change.duties.filter(environment=environment, is_settled=False)
    if not is_trial and not (kind == Kind.RESYNC and owed.exists()):
        raise RuleError(f"{change.ref} does not go to {environment}.", code="target")
    made = ChangeTarget.objects.create(
        change=change,
        environment=environment,
        ordinal=ordinal_of(environment),
        is_mandatory=False,
    )
    if is_trial:
        record(change, actor=actor, at=clock.now())
    return made


def _ask(promotion: Promotion, actor: User) -> None:
    change = promotion.change
    is_emergency = change.kind == ChangeRequest.Kind.EMERGENCY
    is_high = change.risk == ChangeRequest.Risk.HIGH
    promotion.approval = approvals.ask(
        kind="promotion",
        level="emergency" if is_emergency else "high" if is_high else "normal",
        title=f"{change.ref}: {promotion}"[:200],
        url=promotion.get_absolute_url(),
        revision=change.revision,
        sha256=subject_sha256(promotion),
        actor=actor,
        excluded=excluded_from_promotion(promotion),
        needed=None if is_emergency else approvals_needed(promotion),
    )
    promotion.save(update_fields=["approval"])
    log(promotion, "promotion_asked", actor=actor, at=clock.now())
