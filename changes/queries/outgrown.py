"""Leave that has lost the freeze it was given for."""

from django.db.models import Exists, OuterRef, Q, QuerySet

from changes.models import FreezeOverride
from environments.models import Occurrence
from opsdesk.core.models import ApprovalRequest


def outgrown() -> QuerySet[FreezeOverride]:
    """Unused leave whose freeze still comes, but was moved or made longer: what it was
    given for is called off, or ended as something else was declared instead."""
    instead = Occurrence.objects.filter(
        rule=OuterRef("occurrence__rule"),
        environment=OuterRef("occurrence__environment"),
        declared_at=OuterRef("occurrence__during__endswith"),
        cancelled_at__isnull=True,
    )
    return (
        FreezeOverride.objects.filter(
            Q(occurrence__cancelled_at__isnull=False) | Exists(instead),
            used_by__isnull=True,
            approval__state__in=ApprovalRequest.LIVE,
            occurrence__rule__cancelled_at__isnull=True,
        )
        .select_related("change", "occurrence__rule", "approval", "requested_by")
        .order_by("pk")
    )
