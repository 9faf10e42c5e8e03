"""What follows once a roll-back has succeeded."""

from datetime import datetime

from django.db import transaction

from changes.models import ChangeDuty, ChangeRequest, Promotion
from changes.moves import CHANGE_MOVES
from changes.queries.owed import SYNCS, syncs_done_by
from changes.services import after, rows
from changes.services.promotion_rows import judge, move
from changes.services.templates import suspend_template
from opsdesk.accounts.models import User


@transaction.atomic(savepoint=False)
def settle(promotion: Promotion, *, actor: User, at: datetime) -> None:
    """What it undid is rolled back; where people work, so is the change: reviewed, its
    template suspended, and the copies follow back."""
    undone = promotion.undoes
    assert undone is not None
    undone = Promotion.objects.select_for_update(of=("self",)).get(pk=undone.pk)
    judge(undone, "roll_back")
    move(undone, "roll_back")
    for owed in syncs_done_by(promotion).select_for_update(of=("self",)):
        after.close(owed, at=at, note=f"{promotion} succeeded.")
    if promotion.environment.is_serving:
        _back_out(promotion, at)


def _back_out(promotion: Promotion, at: datetime) -> None:
    change = promotion.change
    if change.state in CHANGE_MOVES["back_out"].sources:
        rows.move(change, "back_out", actor=None)
        rows.log(change, "back_out", actor=None, at=at)
    after.owe(change, ChangeDuty.Kind.REVIEW, due_at=at + after.REVIEW_WITHIN)
    for owed in change.duties.filter(kind__in=SYNCS, is_settled=False):
        after.close(owed, at=at, note=f"{promotion} succeeded.")
    after.owe_syncs(promotion, promotion.brings_sha256, at)
    is_standard = change.kind == ChangeRequest.Kind.STANDARD
    if is_standard and change.template is not None:
        because = f"{change.ref} was backed out."
        suspend_template(change.template, because=because, actor=None, at=at)
