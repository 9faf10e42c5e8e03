"""What is planned: windows, and the slots of changes."""

from datetime import datetime, timedelta

from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from changes.api import shapes
from changes.api.changes import number_in
from changes.models import ChangeTarget
from changes.queries.calendar import booked
from environments.queries.calendar import Entry, window_entries
from opsdesk.accounts.access import INTERNAL
from opsdesk.accounts.models import ApiToken, User
from opsdesk.core import clock
from opsdesk.core.api import StrictSerializer, actor
from opsdesk.core.api_fields import Moment
from opsdesk.core.api_rows import Known
from opsdesk.core.policy import allow

A_MONTH = timedelta(days=31)


class SpanIn(StrictSerializer):
    """From when (left out: now) until when (left out: a month later)."""

    since = Moment(required=False)
    until = Moment(required=False)


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
            OpenApiParameter("from", datetime),
            OpenApiParameter("to", datetime),
            OpenApiParameter("env", int),
            OpenApiParameter("kinds", str, description="freeze,maintenance,change"),
        ],
        filters=False,
    )
    def list(self, request: Request) -> Response:
        asked = request.query_params
        named = (("since", "from"), ("until", "to"))
        form = SpanIn(data={name: asked[ask] for name, ask in named if ask in asked})
        form.is_valid(raise_exception=True)
        since = form.validated_data.get("since") or clock.now()
        until = form.validated_data.get("until") or since + A_MONTH
        place = number_in(asked["env"]) if "env" in asked else None
        found = _entries(actor(request), since=since, until=until, place=place)
        kinds = set(filter(None, asked.get("kinds", "").split(",")))
        shown = [entry for entry in found if not kinds or entry.kind in kinds]
        return Response(shapes.EntryOfDayOut(shown, many=True).data)


def _entries(
    user: User, *, since: datetime, until: datetime, place: int | None
) -> list[Entry]:
    if until <= since:
        return []
    entries = [*window_entries(user, since, until, place)]
    entries += booked(user, since, until, place)
    return sorted(entries, key=lambda entry: (entry.starts_at, entry.uid))
