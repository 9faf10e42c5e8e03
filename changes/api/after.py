"""Leave to change something during a freeze, and what a change leaves owed."""

from typing import Any

from django.db.models import F, QuerySet
from django_filters import rest_framework as filters
from drf_spectacular.utils import extend_schema

from changes.api import inputs
from changes.api import promotion_shapes as shapes
from changes.api.known import STAFF, Changes
from changes.models import ChangeDuty, ChangeRequest, FreezeOverride
from changes.services import after, rows
from changes.services.overriding import ask_override
from opsdesk.accounts.models import User
from opsdesk.core.api import actor
from opsdesk.core.api_fields import IdFilter, ReasonIn
from opsdesk.core.api_rows import made_by, verb


class OverrideFilters(filters.FilterSet):  # type: ignore[misc]
    change = IdFilter("change")
    occurrence = IdFilter("occurrence")


@extend_schema(tags=["Promotions"])
class OverrideViewSet(Changes):
    """Leave during one freeze, for one revision and one promotion; a manager votes."""

    policy = STAFF
    serializer_class = shapes.OverrideOut
    filterset_class = OverrideFilters
    queryset = FreezeOverride.objects.none()

    def get_queryset(self) -> QuerySet[FreezeOverride]:
        seen = ChangeRequest.objects.visible_to(actor(self.request))
        found = FreezeOverride.objects.filter(change__in=seen.order_by().values("pk"))
        named = ("occurrence__rule", "occurrence__environment", "requested_by")
        return found.select_related("approval", *named).order_by("-id")

    @made_by(inputs.OverrideIn)
    def create(self, user: User, change: ChangeRequest, **said: Any) -> FreezeOverride:
        return ask_override(change, actor=user, **said)


class DutyFilters(filters.FilterSet):  # type: ignore[misc]
    change = IdFilter("change")
    environment = IdFilter("environment")
    owner = IdFilter("duty__owner")
    kind = filters.MultipleChoiceFilter(choices=ChangeDuty.Kind.choices)
    is_settled = filters.BooleanFilter()


@extend_schema(tags=["Changes"])
class DutyViewSet(Changes):
    """What changes leave owed; most of it is settled by doing it."""

    policy = STAFF
    serializer_class = shapes.DutyOut
    filterset_class = DutyFilters
    orderings = ("-id", "id", "due_at", "-due_at")
    queryset = ChangeDuty.objects.none()

    def get_queryset(self) -> QuerySet[ChangeDuty]:
        seen = ChangeRequest.objects.visible_to(actor(self.request))
        found = ChangeDuty.objects.filter(change__in=seen.order_by().values("pk"))
        named = ("change", "environment", "duty__owner", "waived_by")
        dated = found.annotate(due_at=F("duty__due_at"))
        return dated.select_related(*named).order_by("-id")

    @staticmethod
    def locked(row: ChangeDuty) -> None:
        rows.locked(row.change)

    @verb(inputs.DoneIn)
    def settle(self, row: ChangeDuty, user: User, note: str) -> None:
        """Say that it was done: a test or a retrofit after the fact."""
        after.settle_duty(row, actor=user, note=note)

    @verb(ReasonIn)
    def waive(self, row: ChangeDuty, user: User, reason: str) -> None:
        """Say that it need not be done; never by whoever owes it."""
        after.waive_duty(row, actor=user, reason=reason)
