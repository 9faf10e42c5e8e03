"""What every verb of a promotion does: lock from the change down, judge, tell.

The order everywhere: change, environments by id, package, promotion.
"""

from dataclasses import replace
from datetime import datetime
from typing import Any

from django.db import transaction

from changes import permissions
from changes.models import ChangeRequest, Package, Promotion
from changes.moves import PROMOTION_MOVES, PromotionState
from changes.services import rows
from environments.models import Environment
from opsdesk.accounts.models import User
from opsdesk.core.errors import RuleError, require
from opsdesk.core.models import ApprovalRequest
from opsdesk.core.services import approvals
from opsdesk.core.services.outbox import Note, notify_all

# An environment, what it stands by for, and all that stand by for one of these.
PAIR = """
SELECT held.* FROM environments_environment held, environments_environment one
WHERE one.id = %s AND (held.id IN (one.id, one.pairs_with_id)
                       OR held.pairs_with_id IN (one.id, one.pairs_with_id))
ORDER BY held.id FOR NO KEY UPDATE OF held
"""
SHARED = "SELECT * FROM changes_package WHERE id = %s FOR SHARE"


def locked(promotion: Promotion) -> Promotion:
    """The promotion as it is now, with all that it depends on held until the end."""
    change = rows.locked_by_id(promotion.change_id)
    environment = hold_environments(promotion.environment_id)
    package = hold_package(promotion.package_id)
    held = Promotion.objects.select_for_update(of=("self",), no_key=True)
    row = held.select_related("target", "approval").get(pk=promotion.pk)
    row.change = row.target.change = change
    row.environment = row.target.environment = environment
    row.package = package
    if change.package is not None and change.package_id == package.pk:
        package.component = change.package.component
        change.package = package
    return row


def hold_environments(pk: int) -> Environment:
    """Lock the environment with its pair, by id: freezes and leases wait, or we do.
    Returns it as it is now, with what it stands by for."""
    found = {row.pk: row for row in Environment.objects.raw(PAIR, [pk])}
    if lead := found.get(found[pk].pairs_with_id or 0):
        found[pk].pairs_with = lead
    return found[pk]


def hold_package(pk: int) -> Package:
    """Nobody blocks or withdraws it meanwhile; others may promote it elsewhere.
    Returns it as it is now."""
    package: Package = Package.objects.raw(SHARED, [pk])[0]
    return package


def require_runner(actor: User, promotion: Promotion) -> None:
    require(
        permissions.can_run_promotion(actor, promotion),
        "The implementer runs a promotion, or an administrator.",
    )


def judge(promotion: Promotion, verb: str) -> None:
    """Refuse a verb the state does not allow."""
    if promotion.state not in PROMOTION_MOVES[verb].sources:
        state = promotion.get_state_display().lower()
        raise RuleError(f"This promotion is {state} now.", code="not_now")


def move(promotion: Promotion, verb: str, *fields: str) -> None:
    """Take the judged step and save it with what else the verb changed."""
    promotion.state = PROMOTION_MOVES[verb].target
    promotion.save(update_fields=["state", *fields])


def log(
    promotion: Promotion,
    verb: str,
    *,
    actor: User | None,
    at: datetime,
    **params: Any,
) -> None:
    """Write a line of the change's timeline that says where it happened."""
    rows.log(
        promotion.change,
        verb,
        actor=actor,
        at=at,
        promotion=promotion.pk,
        environment=promotion.environment.name,
        package=str(promotion.package),
        **params,
    )


@transaction.atomic(savepoint=False)
def call_off(
    promotion: Promotion, *, actor: User | None, at: datetime, note: str
) -> None:
    """It will not happen, and nobody is asked about it any more."""
    if promotion.approval is not None:
        approvals.end(promotion.approval, ApprovalRequest.State.WITHDRAWN)
    promotion.finished_at, promotion.note = at, note
    move(promotion, "cancel", "finished_at", "note")
    log(promotion, "promotion_cancelled", actor=actor, at=at, note=note)


@transaction.atomic(savepoint=False)
def call_off_planned(
    change: ChangeRequest, *, actor: User | None, at: datetime, note: str
) -> list[Promotion]:
    """What was planned for a change as it was cannot happen any more, nor is leave for
    it. The change is locked."""
    planned = change.promotions.filter(state=PromotionState.SCHEDULED)
    named = planned.select_related(
        "environment__owner", "package__component", "approval"
    )
    called_off = list(named.order_by("pk"))
    for promotion in called_off:
        promotion.change = change
        call_off(promotion, actor=actor, at=at, note=note)
    unused = change.overrides.filter(used_by__isnull=True).select_related("approval")
    for leave in unused.order_by("pk"):
        approvals.end(leave.approval, ApprovalRequest.State.WITHDRAWN)
    return called_off


@transaction.atomic(savepoint=False)
def tell(promotion: Promotion, what: str, *, actor: User, body: str = "") -> None:
    """Tell who implements the change and who owns the place; who only asked for it may
    work where run sheets are not read, and is led to the change."""
    change, owner = promotion.change, promotion.environment.owner_id
    near, asker = {change.implementer_id, owner}, change.requester_id
    people = User.objects.in_bulk({*near, asker} - {None, actor.pk})
    note = Note(
        key=f"promotion-{promotion.pk}-{promotion.state}-{what}"[:80],
        title=f"{what}: {promotion}"[:200],
        body=body,
        url=promotion.get_absolute_url(),
    )
    afar = replace(note, url=change.get_absolute_url())
    told = [([who], note if pk in near else afar) for pk, who in people.items()]
    notify_all(told)
