"""The facts a change's risk is counted from, as they are at an instant."""

from datetime import datetime, timedelta

from django.db.models import Q

from changes.models import ChangeRequest, Promotion
from changes.risk import Facts, Score, score
from environments.models import Component, Occurrence, PackageClass, WindowKind

Closure = ChangeRequest.Closure
LATELY = timedelta(days=90)
BEFORE_FREEZE = timedelta(days=5)


def risk_of(change: ChangeRequest, at: datetime) -> Score:
    """The points as they count now; the row keeps the level they came to."""
    touched = touched_components(change)
    package = change.package
    return score(
        Facts(
            serves_business=change.targets.filter(
                environment__is_serving=True
            ).exists(),
            outage_minutes=change.outage_minutes,
            package_class=package.package_class if package else PackageClass.PATCH,
            is_rehearsed=change.risk_answers.get("rehearsed") is True,
            is_critical=Component.objects.filter(
                pk__in=touched, is_critical=True
            ).exists(),
            has_precedent=_has_precedent(change, touched),
            failed_lately=_failed_lately(touched, at),
            is_before_freeze=_is_before_freeze(change),
        )
    )


def touched_components(change: ChangeRequest) -> set[int]:
    """The components a change names, and the one its package is of."""
    touched = set(change.components.values_list("pk", flat=True))
    return touched | ({change.package.component_id} if change.package else set())


def _has_precedent(change: ChangeRequest, touched: set[int]) -> bool:
    """Has a package of this class gone well for one of these components?"""
    good = ChangeRequest.objects.filter(
        closure__in=(Closure.SUCCESSFUL, Closure.WITH_ISSUES),
        package__component__in=touched,
        package__package_class=change.package.package_class if change.package else "",
    )
    return good.exclude(pk=change.pk).exists()


def _failed_lately(touched: set[int], at: datetime) -> bool:
    bad = Promotion.objects.filter(
        state__in=(Promotion.State.FAILED, Promotion.State.ROLLED_BACK),
        finished_at__gte=at - LATELY,
        package__component__in=touched,
    )
    return bad.exclude(environment__kind="dev_test").exists()


def _is_before_freeze(change: ChangeRequest) -> bool:
    """Does an advisory freeze begin in the days after the envelope ends?"""
    end = change.latest_end
    if end is None:
        return False
    places = change.targets.values("environment")
    soon = Q(during__startswith__gte=end, during__startswith__lt=end + BEFORE_FREEZE)
    return Occurrence.objects.filter(
        soon,
        environment__in=places,
        kind=WindowKind.FREEZE,
        is_hard=False,
        cancelled_at__isnull=True,
    ).exists()
