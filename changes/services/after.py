"""What a promotion leaves behind: syncs, tests, a review; owed, settled, waived."""

from datetime import datetime, timedelta

from django.db import transaction

from changes import permissions
from changes.models import ChangeDuty, ChangeRequest, Promotion
from changes.moves import ChangeState
from changes.queries.approvals import excluded_by
from changes.queries.owed import (
    SYNCS,
    followers,
    is_everywhere,
    owner_for,
    runs,
    syncs_done_by,
)
from changes.services import rows
from environments.models import Environment
from opsdesk.accounts.models import User
from opsdesk.core import clock
from opsdesk.core.errors import NotAllowedError, RuleError, require
from opsdesk.core.models import ApprovalRequest
from opsdesk.core.services import approvals, duties
from snags import permissions as snag_permissions
from snags.models import Snag
from snags.services import lifecycle

Kind = ChangeDuty.Kind
State = ApprovalRequest.State
# Five working days.
REVIEW_WITHIN = timedelta(days=7)
# The policy that says who judges what was done without asking.
JUDGED_AS = "break_glass"


def owe(
    change: ChangeRequest,
    kind: str,
    *,
    due_at: datetime,
    environment: Environment | None = None,
    sha256: str = "",
    approval: ApprovalRequest | None = None,
) -> ChangeDuty:
    """Owed once: what is open already stays as it is. The change is locked."""
    known = change.duties.filter(kind=kind, environment=environment, is_settled=False)
    if found := known.first():
        return found
    place = f" ({environment})" if environment else ""
    duty = duties.owe(
        kind=f"change_{kind}"[:30],
        title=f"{Kind(kind).label}{place}: {change}"[:200],
        url=change.get_absolute_url(),
        owner=owner_for(change, kind, environment),
        due_at=due_at,
    )
    return ChangeDuty.objects.create(
        change=change,
        kind=kind,
        environment=environment,
        sha256=sha256,
        duty=duty,
        approval=approval,
    )


@transaction.atomic(savepoint=False)
def settle(promotion: Promotion, *, actor: User, at: datetime) -> None:
    """What follows from a promotion that succeeded; its change is locked."""
    change, environment = promotion.change, promotion.environment
    for owed in syncs_done_by(promotion).select_for_update(of=("self",)):
        close(owed, at=at, note=f"{promotion} succeeded.")
    if environment.kind == Environment.Kind.DEV_TEST:
        for owed in change.duties.filter(kind=Kind.RETROFIT, is_settled=False):
            close(owed, at=at, note=f"{promotion} succeeded.")
    if environment.is_serving:
        owe_syncs(promotion, promotion.sha256, at)
        _resolve_snags(change, actor)
    come_to_verify(change, at)


def owe_syncs(promotion: Promotion, sha256: str, at: datetime) -> None:
    """Failover and training follow what people work with, each in its time."""
    landscape = promotion.environment.landscape
    within = {
        Kind.FAILOVER_SYNC: timedelta(hours=landscape.failover_sync_hours),
        Kind.TRAINING_SYNC: timedelta(days=landscape.training_sync_days),
    }
    component = promotion.package.component
    for kind, place in followers(promotion.environment, component):
        if runs(place, component.pk) != sha256:
            due_at = at + within[Kind(kind)]
            owe(promotion.change, kind, due_at=due_at, environment=place, sha256=sha256)


def come_to_verify(change: ChangeRequest, at: datetime) -> bool:
    """Once it is everywhere it had to go, people see whether it works."""
    if change.state != ChangeState.IMPLEMENTING or not is_everywhere(change):
        return False
    rows.move(change, "verify", actor=None)
    rows.log(change, "verify", actor=None, at=at)
    return True


def bring_on() -> int:
    """A later change may have brought the copies up to production: the one before has
    come as far as it can, and is verified. Returns how many; twice is once."""
    under_way = ChangeRequest.objects.filter(state=ChangeState.IMPLEMENTING)
    found = under_way.filter(duties__kind__in=SYNCS, duties__is_settled=True)
    return sum(_bring_on(change) for change in found.distinct().order_by("pk"))


@transaction.atomic(savepoint=False)
def close(
    owed: ChangeDuty, *, at: datetime, actor: User | None = None, note: str = ""
) -> None:
    """The duty is done, by the fact the note names."""
    if owed.duty.done_at is None:
        duties.settle(owed.duty, actor=None, note=note)
    owed.is_settled = True
    owed.save(update_fields=["is_settled", "waived_by", "waive_reason"])
    verb = "duty_waived" if owed.waived_by_id else "duty_settled"
    about = owed.get_kind_display()
    rows.log(owed.change, verb, actor=actor, at=at, duty=about, note=note)


@transaction.atomic
def settle_duty(owed: ChangeDuty, *, actor: User, note: str) -> ChangeDuty:
    """Say that it was done, and where that can be seen."""
    owed = _locked(owed)
    require(permissions.can_settle_duty(actor, owed))
    if not owed.is_by_hand:
        raise RuleError("This is settled by doing it.", code="by_doing")
    close(owed, at=clock.now(), actor=actor, note=note)
    return owed


@transaction.atomic
def waive_duty(owed: ChangeDuty, *, actor: User, reason: str) -> ChangeDuty:
    """It need not be done: said by a manager or administrator who does not owe it."""
    owed = _locked(owed)
    require(permissions.can_settle_duties(actor))
    if not permissions.can_waive_duty(actor, owed):
        raise NotAllowedError("Who owes it cannot waive it.", code="sod")
    if not owed.is_waivable:
        raise RuleError("What was done without asking must be judged.", code="by_doing")
    if not reason.strip():
        raise RuleError("Say why it need not be done.", code="reason_missing")
    owed.waived_by, owed.waive_reason = actor, reason
    at = clock.now()
    close(owed, at=at, actor=actor, note=reason)
    come_to_verify(owed.change, at)
    return owed


@transaction.atomic(savepoint=False)
def judged(owed: ChangeDuty, *, actor: User | None, at: datetime) -> None:
    """What was done without asking has been judged; a no leaves it to be decided
    whether to go back. It is always judged: who did not in time are asked anew. The
    change is locked."""
    request = owed.approval
    assert request is not None
    request.refresh_from_db(fields=["state"])
    if request.state == State.EXPIRED:
        _ask_anew(owed, request)
    if owed.is_settled or request.state not in {State.GRANTED, State.REJECTED}:
        return
    close(owed, at=at, actor=actor, note=request.get_state_display())
    if request.state == State.REJECTED:
        duties.owe(
            kind="task",
            title=f"Decide whether to roll back: {owed.change}"[:200],
            url=owed.change.get_absolute_url(),
            owner=owner_for(owed.change, Kind.REVIEW, None),
            due_at=at + timedelta(hours=24),
        )


def _ask_anew(owed: ChangeDuty, before: ApprovalRequest) -> None:
    owed.approval = approvals.ask(
        kind=before.kind,
        level=JUDGED_AS,
        title=before.title,
        url=before.url,
        revision=before.revision,
        sha256=before.sha256,
        actor=before.requested_by,
        excluded=excluded_by([owed])[before.pk],
    )
    owed.save(update_fields=["approval"])


@transaction.atomic
def _bring_on(change: ChangeRequest) -> bool:
    return come_to_verify(rows.locked(change), clock.now())


def _locked(owed: ChangeDuty) -> ChangeDuty:
    """The duty as it is now, its change first; what is settled stays so."""
    change = rows.locked(owed.change)
    held = ChangeDuty.objects.select_for_update(of=("self",)).select_related("duty")
    owed = held.get(pk=owed.pk)
    owed.change = change
    if owed.is_settled:
        raise RuleError("That is settled.", code="not_now")
    return owed


def _resolve_snags(change: ChangeRequest, actor: User) -> None:
    """What it was made for is fixed; whoever reported it is asked to confirm."""
    people = (actor, change.implementer, change.requester)
    for snag in change.snags.open().order_by("pk"):
        worker = next(
            (p for p in people if p and snag_permissions.can_work_on(p, snag)), None
        )
        is_fixable = Snag.Resolution.CHANGE in lifecycle.resolutions_for(snag)
        if worker is None or not is_fixable:
            continue
        lifecycle.resolve(
            snag,
            actor=worker,
            resolution=Snag.Resolution.CHANGE,
            resolution_note=f"{change} is in production.",
        )
