"""What is planned: windows, and the slots of changes."""

from datetime import timedelta
from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from changes.api import shapes
from changes.api.known import STAFF
from changes.models import ChangeTarget
from changes.queries.calendar import booked
from environments.queries.calendar import window_entries
from opsdesk.accounts.models import ApiToken
from opsdesk.core import clock
from opsdesk.core.api import StrictSerializer, actor
from opsdesk.core.api_fields import Moment
from opsdesk.core.api_rows import Known

A_MONTH = timedelta(days=31)
KIND = "(freeze|maintenance|change)"


class SpanIn(StrictSerializer):
    """From now on, for a month, unless it says otherwise; it may begin later."""

    env = serializers.IntegerField(min_value=1, max_value=2**53, required=False)
    kinds = serializers.RegexField(
        rf"^{KIND}(,{KIND})*$",
        max_length=100,
        required=False,
        help_text="Such as freeze,maintenance",
    )

    def get_fields(self) -> dict[str, Any]:
        """`from` and `to`, which are no names in Python."""
        span = {name: Moment(required=False) for name in ("from", "to")}
        return {**span, **super().get_fields()}


@extend_schema(tags=["Windows"])
class CalendarViewSet(Known):
    """Freezes, maintenance and booked slots together, in order."""

    policy = STAFF
    reads = (ApiToken.Scope.INVENTORY_READ, ApiToken.Scope.CHANGES_READ)
    writes = ()
    filter_names = frozenset({"from", "to", "env", "kinds"})
    serializer_class = shapes.EntryOfDayOut
    pagination_class = None
    queryset = ChangeTarget.objects.none()

    @extend_schema(
        responses=shapes.EntryOfDayOut(many=True), parameters=[SpanIn], filters=False
    )
    def list(self, request: Request) -> Response:
        asked = request.query_params
        span_in = SpanIn(data={n: asked[n] for n in self.filter_names if n in asked})
        span_in.is_valid(raise_exception=True)
        said = span_in.validated_data
        since = said.get("from") or clock.now()
        until = max(since, said.get("to") or since + A_MONTH)
        span = (actor(request), since, until, said.get("env"))
        found = [*window_entries(*span), *booked(*span)]
        kinds = said.get("kinds", "freeze,maintenance,change").split(",")
        shown = [entry for entry in found if entry.kind in kinds]
        shown.sort(key=lambda entry: (entry.starts_at, entry.uid))
        return Response(shapes.EntryOfDayOut(shown, many=True).data)
