"""The facts a change's risk is counted from, as they are at an instant."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from django.db.models import Exists, Q, QuerySet

from changes.models import ChangeRequest, Promotion
from changes.risk import Facts, Score, score
from environments.models import Component, Occurrence, PackageClass, WindowKind

Closure = ChangeRequest.Closure
LATELY = timedelta(days=90)
BEFORE_FREEZE = timedelta(days=5)


def risk_of(change: ChangeRequest, at: datetime) -> Score:
    """The points as they count now; the row keeps the level they came to."""
    package = change.package
    parts = list(change.components.all())
    touched = [*parts, package.component] if package else parts
    asked = ChangeRequest.objects.filter(pk=change.pk).values(
        serves_business=Exists(change.targets.filter(environment__is_serving=True)),
        has_precedent=Exists(_precedents(change, touched)),
        failed_lately=Exists(_failures(touched, at)),
        is_before_freeze=Exists(_freezes_after(change)),
    )
    return score(
        Facts(
            **asked.get(),
            outage_minutes=change.outage_minutes,
            package_class=package.package_class if package else PackageClass.PATCH,
            is_rehearsed=change.risk_answers.get("rehearsed") is True,
            is_critical=any(component.is_critical for component in touched),
        )
    )


def touched_components(change: ChangeRequest) -> set[int]:
    """The components a change names, and the one its package is of."""
    touched = {component.pk for component in change.components.all()}
    return touched | ({change.package.component_id} if change.package else set())


def _precedents(
    change: ChangeRequest, touched: Sequence[Component]
) -> QuerySet[ChangeRequest]:
    """Packages of this class that have gone well for one of these components."""
    good = ChangeRequest.objects.filter(
        closure__in=(Closure.SUCCESSFUL, Closure.WITH_ISSUES),
        package__component__in=touched,
        package__package_class=change.package.package_class if change.package else "",
    )
    return good.exclude(pk=change.pk).order_by()


def _failures(touched: Sequence[Component], at: datetime) -> QuerySet[Promotion]:
    bad = Promotion.objects.filter(
        state__in=(Promotion.State.FAILED, Promotion.State.ROLLED_BACK),
        finished_at__gte=at - LATELY,
        package__component__in=touched,
    )
    return bad.exclude(environment__kind="dev_test").order_by()


def _freezes_after(change: ChangeRequest) -> QuerySet[Occurrence]:
    """Advisory freezes that begin in the days after the envelope ends."""
    end = change.latest_end
    if end is None:
        return Occurrence.objects.none()
    soon = Q(during__startswith__gte=end, during__startswith__lt=end + BEFORE_FREEZE)
    return Occurrence.objects.filter(
        soon,
        environment__in=change.targets.order_by().values("environment"),
        kind=WindowKind.FREEZE,
        is_hard=False,
        cancelled_at__isnull=True,
    ).order_by()
