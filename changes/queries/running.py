"""How far a promotion has come on its run sheet."""

from django.db.models import QuerySet

from changes.models import ChangeRequest, Promotion, PromotionStep
from changes.moves import PromotionState

Step = PromotionStep.Kind


def steps_left(promotion: Promotion) -> QuerySet[PromotionStep]:
    """What is still to be done, in order."""
    return promotion.steps.filter(done_at__isnull=True).order_by("ordinal")


def is_ready_to_report(promotion: Promotion) -> bool:
    """Everything but the checks afterwards is done."""
    return not steps_left(promotion).exclude(kind=Step.POSTCHECK).exists()


def has_applied(promotion: Promotion) -> bool:
    """Has anything been done to the environment?"""
    applied = promotion.steps.filter(kind=Step.APPLY, done_at__isnull=False)
    return applied.exists()


def was_touched(change: ChangeRequest) -> bool:
    """Did it ever go, or is it going, into an environment where people work?"""
    never = (PromotionState.SCHEDULED, PromotionState.CANCELLED, PromotionState.ABORTED)
    serving = change.promotions.filter(environment__is_serving=True)
    return serving.exclude(state__in=never).exists()
