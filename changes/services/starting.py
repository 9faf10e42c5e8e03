"""A promotion starts: every gate is asked under the locks, on the database's clock."""

from datetime import datetime, timedelta

from django.db import transaction

from changes import permissions
from changes.gates import PROMOTION_GATES, Case
from changes.models import ChangeDuty, ChangeRequest, Promotion, Waiver
from changes.moves import ChangeState
from changes.queries.gates import waived
from changes.services import after, rows
from changes.services.promotion_rows import (
    judge,
    locked,
    log,
    move,
    require_runner,
    tell,
)
from changes.written import SAY_WHY, is_enough
from environments.models import Lease
from environments.services import leases
from opsdesk.accounts.models import User
from opsdesk.core import clock
from opsdesk.core.errors import RuleError, require
from opsdesk.core.gates import Finding
from opsdesk.core.services import approvals

Duty = ChangeDuty.Kind
WAIVED_FOR = timedelta(hours=24)
# What a gate that was let pass leaves to be done, and within how long.
OWED: dict[str, tuple[str, timedelta]] = {
    "ROUTE": (Duty.RETROFIT, timedelta(days=5)),
    "SIGNOFF": (Duty.RETRO_TEST, timedelta(hours=72)),
}


@transaction.atomic
def start(promotion: Promotion, *, actor: User) -> Promotion:
    """Begin, now: GatesError with every gate when one is not met, and nothing changed.

    Of several starts at one moment one begins; the others are told why not.
    """
    promotion = locked(promotion)
    require_runner(actor, promotion)
    at = clock.exact()
    case = Case(promotion, actor, at)
    found = PROMOTION_GATES.require(case, at, waived(promotion, at))
    judge(promotion, "start")
    _use_approvals(promotion, case, actor)
    _begin(promotion, found, actor=actor, at=at)
    return promotion


@transaction.atomic
def waive(promotion: Promotion, *, actor: User, gate: str, reason: str) -> Waiver:
    """Let an emergency pass one gate, for a day; the start leaves owed what it cost."""
    promotion = locked(promotion)
    change = promotion.change
    require(permissions.can_waive(actor, change))
    judge(promotion, "start")
    if change.kind != ChangeRequest.Kind.EMERGENCY:
        raise RuleError("Only an emergency may pass a gate.", code="not_waivable")
    if not is_enough(reason):
        raise RuleError(SAY_WHY, code="reason_missing")
    at = clock.exact()
    findings = PROMOTION_GATES.evaluate(Case(promotion, actor, at), at)
    found = next((each for each in findings if each.code == gate), None)
    if found is None or not found.is_waivable or found.is_met:
        raise RuleError("That gate is not one to be waived now.", code="not_waivable")
    waiver, _ = Waiver.objects.update_or_create(
        change=change,
        environment=promotion.environment,
        gate=gate,
        defaults={"reason": reason, "by": actor, "at": at, "until": at + WAIVED_FOR},
    )
    log(promotion, "waived", actor=actor, at=at, gate=gate, note=reason)
    return waiver


def _use_approvals(promotion: Promotion, case: Case, actor: User) -> None:
    """What was granted for this once is used up, together with the start."""
    mine = case.promotion_standing
    if case.approvals_needed and mine is not None:
        approvals.consume(mine.request, actor=actor, now=mine)
    for override, now in case.overrides_used:
        approvals.consume(now.request, actor=actor, now=now)
        override.used_by = promotion
        override.save(update_fields=["used_by"])


def _begin(
    promotion: Promotion, found: list[Finding], *, actor: User, at: datetime
) -> None:
    minutes = timedelta(minutes=promotion.target.minutes)
    is_rollback = promotion.kind == Promotion.Kind.ROLLBACK
    promotion.lease = leases.take(
        promotion.environment,
        kind=Lease.Kind.ROLLBACK if is_rollback else Lease.Kind.PROMOTION,
        label=f"{promotion.change.ref}: {promotion}"[:160],
        url=promotion.get_absolute_url(),
        holder=actor,
        expected_end_at=at + minutes,
    )
    promotion.gates = [each.as_json() for each in found]
    promotion.started_at, promotion.started_by = at, actor
    move(promotion, "start", "lease", "gates", "started_at", "started_by")
    log(promotion, "started", actor=actor, at=at)
    _implement(promotion, actor, at)
    _owe(promotion, found, at)
    tell(promotion, "Started", actor=actor)


def _implement(promotion: Promotion, actor: User, at: datetime) -> None:
    """The first start where people work is where implementing begins."""
    change = promotion.change
    is_first = change.state == ChangeState.APPROVED
    if is_first and promotion.environment.is_serving:
        rows.move(change, "implement", actor=actor)
        rows.log(change, "implement", actor=actor, at=at)


def _owe(promotion: Promotion, found: list[Finding], at: datetime) -> None:
    """Every gate let pass leaves something to be done, and a review."""
    passed = [each.code for each in found if each.is_waived]
    for code in passed:
        if code in OWED:
            kind, within = OWED[code]
            after.owe(promotion.change, kind, due_at=at + within)
    if passed:
        after.owe(promotion.change, Duty.REVIEW, due_at=at + after.REVIEW_WITHIN)
