"""A promotion runs: steps done, the digest reported back, and how it ends."""

from datetime import datetime

from django.db import transaction

from changes.models import Promotion, PromotionStep
from changes.moves import CHANGE_MOVES
from changes.queries.running import (
    has_applied,
    is_ready_to_report,
    steps_left,
    was_touched,
)
from changes.services import after, rolled_back, rows, testing
from changes.services.promotion_rows import (
    judge,
    locked,
    log,
    move,
    require_runner,
    tell,
)
from environments.models import Installation
from environments.services import leases
from environments.services.installing import record_installation, record_removal
from opsdesk.accounts.models import User
from opsdesk.core import clock
from opsdesk.core.errors import RuleError

Step = PromotionStep.Kind
MISMATCH = "DIGEST_MISMATCH"
DIGEST = 64  # characters


@transaction.atomic
def do_step(
    promotion: Promotion, *, actor: User, ordinal: int, evidence: str = ""
) -> PromotionStep:
    """Tick the next line of the run sheet; a backup says where it is."""
    promotion = locked(promotion)
    require_runner(actor, promotion)
    step = steps_left(promotion).first()
    if step is None or step.ordinal != ordinal:
        raise RuleError("Steps are done one by one, in their order.", code="order")
    is_check = step.kind == Step.POSTCHECK
    judge(promotion, "succeed" if is_check else "verify")
    if step.kind == Step.BACKUP and not evidence.strip():
        raise RuleError("Say where the backup is.", code="evidence_missing")
    step.done_at, step.done_by, step.evidence = clock.now(), actor, evidence
    step.save(update_fields=["done_at", "done_by", "evidence"])
    log(
        promotion, "step", actor=actor, at=step.done_at, title=step.title, note=evidence
    )
    return step


@transaction.atomic
def report(promotion: Promotion, *, actor: User, sha256: str) -> Promotion:
    """Say what was installed, by its digest: anything else than approved has failed."""
    promotion = locked(promotion)
    require_runner(actor, promotion)
    judge(promotion, "verify")
    if not is_ready_to_report(promotion):
        raise RuleError("Do the steps first.", code="steps_open")
    promotion.reported_sha256 = sha256.strip().lower()
    if promotion.reported_sha256 != promotion.to_report:
        promotion.save(update_fields=["reported_sha256"])
        _fail(promotion, actor, outcome=MISMATCH, note=_mismatch(promotion))
        return promotion
    move(promotion, "verify", "reported_sha256")
    log(
        promotion,
        "verifying",
        actor=actor,
        at=clock.now(),
        sha256=promotion.to_report,
    )
    return promotion


@transaction.atomic
def succeed(promotion: Promotion, *, actor: User) -> Promotion:
    """It works: the version counts as installed, and what follows from it is owed."""
    promotion = locked(promotion)
    require_runner(actor, promotion)
    judge(promotion, "succeed")
    if steps_left(promotion).exists():
        raise RuleError("Do the checks first.", code="steps_open")
    _install(promotion, actor)
    at = clock.now()
    _finish(promotion, "succeed", "installation", actor=actor, at=at)
    log(promotion, "succeeded", actor=actor, at=at)
    if promotion.kind == Promotion.Kind.ROLLBACK:
        rolled_back.settle(promotion, actor=actor, at=at)
    else:
        after.settle(promotion, actor=actor, at=at)
    testing.call_testers(promotion)
    tell(promotion, "Succeeded", actor=actor)
    return promotion


@transaction.atomic
def fail(promotion: Promotion, *, actor: User, note: str) -> Promotion:
    """It did not work; the environment is free for the way back."""
    promotion = locked(promotion)
    require_runner(actor, promotion)
    judge(promotion, "fail")
    _fail(promotion, actor, outcome="", note=note)
    return promotion


@transaction.atomic
def abort(promotion: Promotion, *, actor: User, note: str = "") -> Promotion:
    """Stopped before anything was applied: nothing has changed there."""
    promotion = locked(promotion)
    require_runner(actor, promotion)
    judge(promotion, "abort")
    if has_applied(promotion):
        raise RuleError("Something was applied. Say that it failed.", code="applied")
    at = clock.now()
    promotion.note = note
    _finish(promotion, "abort", "note", actor=actor, at=at)
    log(promotion, "aborted", actor=actor, at=at, note=note)
    _stand_down(promotion, at)
    tell(promotion, "Aborted", actor=actor, body=note)
    return promotion


def _fail(promotion: Promotion, actor: User, *, outcome: str, note: str) -> None:
    at = clock.now()
    promotion.outcome, promotion.note = outcome, note
    _finish(promotion, "fail", "outcome", "note", actor=actor, at=at)
    log(promotion, "failed", actor=actor, at=at, outcome=outcome, note=note)
    tell(promotion, "Failed", actor=actor, body=note)


def _finish(
    promotion: Promotion, verb: str, *fields: str, actor: User, at: datetime
) -> None:
    """Over: the environment is given back in the same breath."""
    promotion.finished_at = at
    move(promotion, verb, "finished_at", *fields)
    assert promotion.lease is not None
    leases.end(promotion.lease, actor=actor)


def _stand_down(promotion: Promotion, at: datetime) -> None:
    """Nothing was ever done where people work: the change is approved as it was.

    What began behind broken glass was never approved: it is a draft again, nothing is
    waived any more, and what was begun without asking is still judged.
    """
    change = promotion.change
    is_begun = change.state in CHANGE_MOVES["stand_down"].sources
    if not is_begun or was_touched(change):
        return
    verb = "start_over" if change.is_break_glass else "stand_down"
    if change.is_break_glass:
        change.waivers.filter(until__gt=at).update(until=at)
        change.is_break_glass = False
    rows.move(change, verb, "is_break_glass", actor=None)
    rows.log(change, verb, actor=None, at=at)


def _install(promotion: Promotion, actor: User) -> None:
    """What runs there from now on; to undo a failed attempt leaves what ran before."""
    back_to, component = promotion.back_to, promotion.package.component
    if back_to is not None and back_to.during.upper is None:
        return
    if promotion.takes_out:
        record_removal(
            promotion.environment, component, actor=actor, note=promotion.change.ref
        )
        return
    is_rollback = back_to is not None
    promotion.installation = record_installation(
        promotion.environment,
        component,
        label=back_to.label if back_to else promotion.package.label,
        sha256=promotion.brings_sha256,
        source=Installation.Source.ROLLBACK
        if is_rollback
        else Installation.Source.PROMOTION,
        actor=actor,
        note=promotion.change.ref,
    )


def _mismatch(promotion: Promotion) -> str:
    return (
        f"Installed is {_short(promotion.reported_sha256)}, approved was"
        f" {_short(promotion.to_report)}: this is not what was tested."
    )


def _short(reported: str) -> str:
    return f"{reported[:12]}…" if len(reported) == DIGEST else reported or "nothing"
