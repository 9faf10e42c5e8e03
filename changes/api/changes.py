"""Changes: written, submitted, asked about, held, reviewed, closed."""

from typing import Any

from django.db.models import QuerySet
from django.http import Http404
from django_filters import rest_framework as filters
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from changes.api import inputs, shapes
from changes.api.content import content_of
from changes.api.known import Changes
from changes.models import ChangeRequest, ChangeRevision, Promotion
from changes.moves import PromotionState
from changes.queries.conflicts import conflicts_for
from changes.queries.gates import findings
from changes.queries.readiness import Proposal, gates_for
from changes.queries.revisions import differences
from changes.services import (
    asking,
    assessing,
    breaking_glass,
    drafting,
    ending,
    holding,
    revising,
    submitting,
)
from changes.services.rows import locked
from environments.models import Landscape
from opsdesk.accounts.access import access_of
from opsdesk.accounts.models import ApiToken, User
from opsdesk.core import clock
from opsdesk.core.api import actor
from opsdesk.core.api_fields import EventOut, GateOut, IdFilter, ReasonIn
from opsdesk.core.api_rows import edited_by, made_by, verb, with_key

Scope = ApiToken.Scope
# A short list of its own: neither filtered as changes are, nor in pages.
WHOLE: dict[str, Any] = {"filterset_class": None, "pagination_class": None}


class ChangeFilters(filters.FilterSet):  # type: ignore[misc]
    state = filters.MultipleChoiceFilter(choices=ChangeRequest.State.choices)
    kind = filters.MultipleChoiceFilter(choices=ChangeRequest.Kind.choices)
    risk = filters.MultipleChoiceFilter(choices=ChangeRequest.Risk.choices)
    landscape = IdFilter("landscape")
    package = IdFilter("package")


@extend_schema(tags=["Changes"])
class ChangeViewSet(Changes):
    """What is to be altered, why, how, when, and how to undo it."""

    serializer_class = shapes.ChangeOut
    filterset_class = ChangeFilters
    orderings = ("-id", "id")
    queryset = ChangeRequest.objects.none()
    locked = staticmethod(locked)

    def get_queryset(self) -> QuerySet[ChangeRequest]:
        rows = ChangeRequest.objects.visible_to(actor(self.request))
        named = rows.select_related(
            "landscape",
            "package",
            "requester",
            "implementer",
            "pir__reviewer",
        )
        many = ("components", "processes", "snags", "targets__environment")
        return named.prefetch_related(*many).order_by("-id")

    @made_by(inputs.ChangeIn)
    def create(
        self, user: User, landscape: Landscape, template: Any = None, **said: Any
    ) -> ChangeRequest:
        content = content_of({**said, "template": template}, landscape)
        return drafting.draft(
            actor=user, landscape=landscape, content=content, template=template
        )

    @edited_by(inputs.ChangeEditIn)
    def partial_update(self, row: ChangeRequest, user: User, **said: Any) -> None:
        content = content_of(said, row.landscape, row)
        revising.edit(row, actor=user, content=content, version=None)

    @verb()
    def submit(self, row: ChangeRequest, user: User) -> None:
        """It is complete; what follows depends on its kind."""
        submitting.submit(row, actor=user)

    @verb(ReasonIn, path="return")
    def send_back(self, row: ChangeRequest, user: User, reason: str) -> None:
        """A draft again."""
        assessing.send_back(row, actor=user, reason=reason)

    @verb(inputs.AskIn)
    def request_approval(self, row: ChangeRequest, user: User, **said: Any) -> None:
        """Book the slots and ask people to agree."""
        asking.request_approval(row, actor=user, **said)

    @verb(path="reopen")
    def rework(self, row: ChangeRequest, user: User) -> None:
        """Take it up again after a no."""
        assessing.rework(row, actor=user)

    @verb(ReasonIn)
    def cancel(self, row: ChangeRequest, user: User, reason: str) -> None:
        """Drop it for good."""
        holding.cancel(row, actor=user, reason=reason)

    @verb(ReasonIn)
    def hold(self, row: ChangeRequest, user: User, reason: str) -> None:
        """Nothing but cancelling is possible until it is released."""
        holding.hold(row, actor=user, reason=reason)

    @verb()
    def release(self, row: ChangeRequest, user: User) -> None:
        """It goes on where it stood."""
        holding.release(row, actor=user)

    @verb()
    def confirm(self, row: ChangeRequest, user: User) -> None:
        """It works."""
        ending.confirm(row, actor=user)

    @verb(ReasonIn)
    def declare_failed(self, row: ChangeRequest, user: User, reason: str) -> None:
        """Neither forward nor back worked."""
        ending.declare_failed(row, actor=user, reason=reason)

    @verb(inputs.ReviewIn)
    def review(self, row: ChangeRequest, user: User, **said: Any) -> None:
        """Write down what came of it."""
        ending.review(row, actor=user, **said)

    @verb(inputs.CloseIn)
    def close(self, row: ChangeRequest, user: User, closure: str) -> None:
        """The end of it."""
        ending.close(row, actor=user, closure=closure)

    @verb(inputs.BreakGlassIn, once=with_key, writes=(Scope.PROMOTIONS_RUN,))
    def break_glass(self, row: ChangeRequest, user: User, **said: Any) -> None:
        """Start a draft at once; two people judge it within 24 hours."""
        breaking_glass.break_glass(row, actor=user, **said)

    @extend_schema(
        responses=GateOut(many=True),
        parameters=[OpenApiParameter("env", int, description="Where to.")],
        filters=False,
    )
    @action(detail=True, filter_names=frozenset({"env"}), **WHOLE)
    def gates(self, request: Request, pk: str) -> Response:
        """What stands before its next step, or before its promotion somewhere."""
        change, user, at = self.get_object(), actor(request), clock.exact()
        if "env" not in request.query_params:
            found = gates_for(user, Proposal(change), at)
        else:
            promotion = _scheduled(user, change, request.query_params["env"])
            found = findings(promotion, user, at)
        return Response([one.as_json() for one in found])

    @extend_schema(responses=shapes.ConflictOut(many=True), filters=False)
    @action(detail=True, **WHOLE)
    def conflicts(self, request: Request, pk: str) -> Response:
        """What else is planned where and when it is; nothing of it for outsiders."""
        found = conflicts_for(actor(request), self.get_object())
        return Response(shapes.ConflictOut(found, many=True).data)

    @extend_schema(responses=EventOut(many=True))
    @action(detail=True, filterset_class=None)
    def timeline(self, request: Request, pk: str) -> Response:
        """What happened to it."""
        rows = self.get_object().events.select_related("actor").order_by("-id")
        page = self.paginate_queryset(rows) or []
        return self.get_paginated_response(EventOut(page, many=True).data)

    @extend_schema(responses=shapes.RevisionOut(many=True))
    @action(detail=True, filterset_class=None)
    def revisions(self, request: Request, pk: str) -> Response:
        """What it said at each revision."""
        rows = self.get_object().revisions.select_related("by").order_by("-id")
        page = self.paginate_queryset(rows) or []
        return self.get_paginated_response(shapes.RevisionOut(page, many=True).data)

    @extend_schema(
        responses=shapes.DiffLineOut(many=True),
        parameters=[
            OpenApiParameter("from", int, description="Left out: the one before."),
            OpenApiParameter("to", int, description="Left out: the latest."),
        ],
        filters=False,
    )
    @action(detail=True, filter_names=frozenset({"from", "to"}), **WHOLE)
    def diff(self, request: Request, pk: str) -> Response:
        """What one revision says otherwise than another."""
        change, asked = self.get_object(), request.query_params
        now = _revision(change, asked.get("to", str(change.revision)))
        before = str(max(1, now.number - 1))
        was = _revision(change, asked.get("from", before))
        return Response(shapes.DiffLineOut(differences(was, now), many=True).data)


def _scheduled(user: User, change: ChangeRequest, place: str) -> Promotion:
    """The promotion that waits to be started there; outsiders read none."""
    if not access_of(user).is_internal:
        raise Http404
    rows = change.promotions.filter(state=PromotionState.SCHEDULED)
    found = rows.filter(environment=_number_in(place)).order_by("-pk").first()
    if found is None:
        raise Http404
    return found


def _revision(change: ChangeRequest, number: str) -> ChangeRevision:
    found = change.revisions.filter(number=_number_in(number, 9)).order_by("pk").first()
    if found is None:
        raise Http404
    return found


def _number_in(text: str, digits: int = 18) -> int:
    """A number of an address; 404 for what is none."""
    if not (text.isascii() and text.isdecimal() and len(text) <= digits):
        raise Http404
    return int(text)
