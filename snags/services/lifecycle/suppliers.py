"""The ball goes to a supplier and comes back; its owner here stays."""

from datetime import datetime

from django.db import transaction

from opsdesk.accounts.models import Party, User
from opsdesk.core.errors import RuleError, require
from opsdesk.core.services.outbox import Note, notify
from snags import permissions
from snags.models import Handover, Snag
from snags.services import talk
from snags.services.answering import who_answers
from snags.services.lifecycle.steps import (
    end_wait,
    owe_follow_up,
    take_back,
    tell_owner,
)
from snags.services.rows import instant, judge, locked, log, move

Waiting = Snag.WaitingFor


@transaction.atomic
def hand_over(
    snag: Snag,
    *,
    supplier: Party,
    actor: User,
    body: str = "",
    reference: str = "",
    follow_up_at: datetime | None = None,
    at: datetime | None = None,
) -> Snag:
    """Give the ball to a supplier; the owner stays, the business's clock runs on."""
    snag = locked(snag)
    at = instant(snag, at)
    require(permissions.can_work_on(actor, snag))
    judge(snag, "hand_over")
    if not supplier.is_supplier or not supplier.is_active:
        raise RuleError(f"{supplier} is not a supplier.", code="not_a_supplier")
    if snag.handed_to_id == supplier.pk:
        raise RuleError(f"{supplier} has it already.", code="already_there")
    end_wait(snag, actor, at)
    snag.owner = snag.owner or actor
    snag.waiting_for, snag.handed_to = Waiting.SUPPLIER, supplier
    owe_follow_up(snag, follow_up_at, actor, at)
    move(
        snag,
        "hand_over",
        "owner",
        "waiting_for",
        "handed_to",
        "follow_up",
        actor=actor,
        at=at,
    )
    Handover.objects.create(
        snag=snag, supplier=supplier, reference=reference, from_at=at
    )
    log(snag, "handed_over", actor=actor, at=at, supplier=supplier.name)
    if body:
        talk.comment(snag, body=body, actor=actor, audience=talk.Audience.SUPPLIER)
    notify(
        talk.supplier_contacts(supplier.pk),
        Note(
            key=f"snag-{snag.pk}-handed-{at.timestamp():.0f}",
            title=f"{snag.ref} is with you: {snag.title}",
            body=body or snag.detail[:2000],
            url=snag.get_absolute_url(),
        ),
    )
    return snag


@transaction.atomic
def accept(snag: Snag, *, actor: User, at: datetime | None = None) -> Snag:
    """The supplier has seen what was handed over; said once a hand-over."""
    snag = locked(snag)
    at = instant(snag, at)
    require(permissions.speaks_for_supplier(actor, snag))
    open_row = Handover.objects.filter(snag=snag, to_at__isnull=True)
    if not open_row.filter(acknowledged_at__isnull=True).update(acknowledged_at=at):
        raise RuleError("It was acknowledged already.", code="already_answered")
    supplier = snag.handed_to.name if snag.handed_to else ""
    log(snag, "accepted", actor=actor, at=at, supplier=supplier)
    notify(who_answers(snag), _accepted(snag, supplier))
    return snag


@transaction.atomic
def hand_back(
    snag: Snag, *, actor: User, body: str = "", at: datetime | None = None
) -> Snag:
    """The supplier (or support for them) gives the ball back to its owner here."""
    snag = locked(snag)
    at = instant(snag, at)
    supplier = permissions.speaks_for_supplier(actor, snag)
    require(supplier or permissions.can_work_on(actor, snag))
    judge(snag, "hand_back")
    if snag.handed_to is None:
        raise RuleError("No supplier has it.", code="not_handed_over")
    name = snag.handed_to.name
    if body:
        audience = talk.Audience.SUPPLIER if supplier else talk.Audience.INTERNAL
        talk.comment(snag, body=body, actor=actor, audience=audience)
    snag = take_back(
        snag, actor, at, verb="hand_back", logged="handed_back", supplier=name
    )
    tell_owner(snag, actor)
    return snag


def _accepted(snag: Snag, supplier: str) -> Note:
    return Note(
        key=f"snag-{snag.pk}-accepted-{snag.updated_at.timestamp():.0f}",
        title=f"{snag.ref}: {supplier} has it",
        body=f"{supplier} acknowledged “{snag.title}”.",
        url=snag.get_absolute_url(),
    )
