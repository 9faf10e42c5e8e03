"""What is planned: windows, and the slots of changes."""

from datetime import datetime
from typing import Any

from django.db.backends.postgresql.psycopg_any import DateTimeTZRange
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from changes.api import shapes
from changes.api.changes import number_in
from changes.models import ChangeRequest, ChangeTarget
from environments.queries.calendar import MOST, Entry, window_entries
from opsdesk.accounts.access import INTERNAL
from opsdesk.accounts.models import ApiToken, User
from opsdesk.core.api import StrictSerializer, actor
from opsdesk.core.api_fields import Moment
from opsdesk.core.api_rows import Known
from opsdesk.core.policy import allow


class SpanIn(StrictSerializer):
    """From when until when."""

    since = Moment()
    until = Moment()


@extend_schema(tags=["Windows"])
class CalendarViewSet(Known):
    """Freezes, maintenance and booked slots together, in order."""

    policy = allow(*sorted(INTERNAL))
    reads = (ApiToken.Scope.INVENTORY_READ, ApiToken.Scope.CHANGES_READ)
    writes = ()
    filter_names = frozenset({"from", "to", "env", "kinds"})
    serializer_class = shapes.EntryOfDayOut
    pagination_class = None
    queryset = ChangeTarget.objects.none()

    @extend_schema(
        responses=shapes.EntryOfDayOut(many=True),
        parameters=[
            OpenApiParameter("from", datetime, required=True),
            OpenApiParameter("to", datetime, required=True),
            OpenApiParameter("env", int),
            OpenApiParameter("kinds", str, description="freeze,maintenance,change"),
        ],
        filters=False,
    )
    def list(self, request: Request) -> Response:
        asked = request.query_params
        form = SpanIn(data={"since": asked.get("from"), "until": asked.get("to")})
        form.is_valid(raise_exception=True)
        place = number_in(asked["env"]) if "env" in asked else None
        found = _entries(actor(request), place=place, **form.validated_data)
        kinds = set(filter(None, asked.get("kinds", "").split(",")))
        shown = [entry for entry in found if not kinds or entry.kind in kinds]
        return Response(shapes.EntryOfDayOut(shown, many=True).data)


def _entries(
    user: User, *, since: datetime, until: datetime, place: int | None
) -> list[Entry]:
    if until <= since:
        return []
    entries = [*window_entries(user, since, until, place)]
    entries += _slots(user, DateTimeTZRange(since, until), place)
    return sorted(entries, key=lambda entry: (entry.starts_at, entry.uid))


def _slots(user: User, span: Any, place: int | None) -> list[Entry]:
    seen = ChangeRequest.objects.visible_to(user).order_by().values("pk")
    rows = ChangeTarget.objects.filter(
        change__in=seen, is_booked=True, slot__overlap=span
    )
    if place is not None:
        rows = rows.filter(environment=place)
    named = rows.select_related("change", "environment").order_by("slot", "pk")
    return [
        Entry(
            uid=f"slot-{row.pk}",
            kind="change",
            title=str(row.change),
            where=row.environment.code or row.environment.name,
            starts_at=row.slot.lower,
            ends_at=row.slot.upper,
            url=row.change.get_absolute_url(),
        )
        for row in named[:MOST]
    ]
