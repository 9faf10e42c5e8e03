"""What a change still owes before it may be closed."""

from changes.models import ChangeDuty, ChangeRequest
from changes.moves import PromotionState
from opsdesk.accounts.models import User

WENT_WRONG = (PromotionState.FAILED, PromotionState.ROLLED_BACK)
Kind = ChangeRequest.Kind


def is_confirmer(user: User, change: ChangeRequest) -> bool:
    """Implements it, or owns an environment it goes to."""
    owned = change.targets.filter(environment__owner=user)
    return change.implementer_id == user.pk or owned.exists()


def unsettled(change: ChangeRequest) -> list[ChangeDuty]:
    """Duties that were neither done nor waived, the oldest first."""
    rows = change.duties.filter(is_settled=False, waived_by__isnull=True)
    return list(rows.select_related("duty__owner", "environment").order_by("pk"))


def has_gone_wrong(change: ChangeRequest) -> bool:
    """Was it backed out where people work, or declared failed?"""
    return change.events.filter(verb__in=("back_out", "declare_failed")).exists()


def needs_review(change: ChangeRequest) -> bool:
    """An emergency, a break-glass, a high risk, or one that went wrong somewhere that
    is not dev/test."""
    if change.kind == Kind.EMERGENCY or change.is_break_glass:
        return True
    if change.risk == ChangeRequest.Risk.HIGH:
        return True
    if has_gone_wrong(change):
        return True
    wrong = change.promotions.filter(state__in=WENT_WRONG)
    return wrong.exclude(environment__kind="dev_test").exists()
