"""Freezes and maintenance windows, and every time they are open."""

from typing import Any, ClassVar

from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from environments.api import inputs, shapes
from environments.api.inventory import Inventory
from environments.expanding import Pattern, upcoming
from environments.models import Landscape, WindowKind, WindowRule
from environments.queries.windows import rules
from environments.services import windows
from environments.services.occurring import locked_rule
from opsdesk.accounts.models import User
from opsdesk.core import clock
from opsdesk.core.api import actor, validated
from opsdesk.core.api_fields import ReasonIn
from opsdesk.core.api_rows import edited_by, made_by, verb
from opsdesk.core.errors import RuleError

SHOWN = 10


class Windows(Inventory):
    """Windows of one kind; those called off stay readable."""

    kind: ClassVar[str]
    serializer_class = shapes.WindowOut
    filterset_fields = ("landscape",)
    queryset = WindowRule.objects.none()
    locked = staticmethod(locked_rule)

    def get_queryset(self) -> QuerySet[WindowRule]:
        rows = rules(actor(self.request)).filter(kind=self.kind)
        found = WindowRule.objects.filter(pk__in=rows.order_by().values("pk"))
        return found.prefetch_related("environments").order_by("id")

    @verb(ReasonIn)
    def cancel(self, row: WindowRule, user: User, reason: str) -> None:
        """Call it off; one that is open ends now."""
        windows.cancel_window(row, actor=user, reason=reason)

    @extend_schema(
        request=inputs.PreviewIn,
        responses=shapes.SpanOut(many=True),
        filters=False,
    )
    @action(detail=False, methods=["post"], pagination_class=None)
    def preview(self, request: Request) -> Response:
        """The next ten times a rule would be open; nothing is planned."""
        said = validated(inputs.PreviewIn, request)
        is_freeze = self.kind == WindowKind.FREEZE
        pattern = Pattern(
            said["starts_local"],
            said["minutes"],
            said["time_zone"],
            said.get("rrule", ""),
            widens=is_freeze,
        )
        try:
            spans = upcoming(pattern, clock.now(), SHOWN)
        except ValueError as error:
            raise RuleError(str(error), code="bad_rule") from None
        return Response(shapes.SpanOut(spans, many=True).data)


@extend_schema(tags=["Windows"])
class FreezeViewSet(Windows):
    """When nothing may start."""

    kind = WindowKind.FREEZE

    @made_by(inputs.FreezeIn)
    def create(self, user: User, landscape: Landscape, **facts: Any) -> WindowRule:
        return _created(self, user, landscape, facts)

    @edited_by(inputs.FreezeEditIn)
    def partial_update(self, row: WindowRule, user: User, **facts: Any) -> None:
        _edited(row, user, facts)


@extend_schema(tags=["Windows"])
class MaintenanceViewSet(Windows):
    """When changes may happen where they need such a time."""

    kind = WindowKind.MAINTENANCE

    @made_by(inputs.WindowIn)
    def create(self, user: User, landscape: Landscape, **facts: Any) -> WindowRule:
        return _created(self, user, landscape, facts)

    @edited_by(inputs.WindowEditIn)
    def partial_update(self, row: WindowRule, user: User, **facts: Any) -> None:
        _edited(row, user, facts)


def _created(
    view: Windows, user: User, landscape: Landscape, facts: dict[str, Any]
) -> WindowRule:
    return windows.create_window(landscape, actor=user, kind=view.kind, **facts)


def _edited(row: WindowRule, user: User, facts: dict[str, Any]) -> None:
    whole = {**inputs.facts_of(row), **facts}
    windows.edit_window(row, actor=user, version=None, **whole)
