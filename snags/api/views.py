from functools import partial
from typing import Any

from django.db.models import QuerySet
from django.http import Http404
from django_filters import rest_framework as filters
from drf_spectacular.utils import extend_schema
from rest_framework import status
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.viewsets import ReadOnlyModelViewSet

from opsdesk.core.api import StrictSerializer, actor, idempotent, validated
from opsdesk.core.api_rows import (
    KEY,
    MATCH,
    NothingIn,
    StaleVersionError,
    version_given,
)
from opsdesk.core.errors import StaleError
from snags.api import inputs, shapes
from snags.api.filters import SnagFilters
from snags.api.known import Snags
from snags.models import Snag
from snags.queries.as_left import as_left
from snags.queries.searching import patience
from snags.services import editing, lifecycle, raising, talk

NAMED = (
    "environment",
    "snaglist",
    "module",
    "owner",
    "team",
    "handed_to",
    "reported_by",
)


@extend_schema(tags=["Snags"])
class SnagViewSet(Snags, ReadOnlyModelViewSet[Snag]):
    """Snags you may see. Each write is a verb; each verb calls one service."""

    serializer_class = shapes.SnagOut
    filterset_class = SnagFilters
    filter_backends = (filters.DjangoFilterBackend,)
    orderings = ("-id", "id", "reported_at", "-reported_at")
    lookup_value_regex = r"\d{1,18}"
    queryset = Snag.objects.none()

    def get_queryset(self) -> QuerySet[Snag]:
        return (
            Snag.objects.visible_to(actor(self.request))
            .select_related(*NAMED)
            .defer("search")
            .order_by("-id")
        )

    def paginate_queryset(self, queryset: Any) -> Any:
        page = super().paginate_queryset(queryset)
        return page and as_left(actor(self.request), page, *NAMED)

    def list(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """What you may see, the newest first, narrowed by filters.

        Not every mix of filters has an index: what would take longer than a second is
        given up with 409 and the code `search_too_wide`. Then ask for a shorter time
        (`reported_after` and `reported_before`), or for less and sift it yourself.
        """
        with patience():
            return super().list(request, *args, **kwargs)

    def retrieve(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        return self._answer(self.get_object())

    @extend_schema(
        request=inputs.RaiseIn, responses={201: shapes.SnagOut}, parameters=[KEY]
    )
    @idempotent
    def create(self, request: Request) -> Response:
        data = validated(inputs.RaiseIn, request)
        data = {"channel": Snag.Channel.API} | data
        snag = raising.raise_snag(actor=actor(request), **data)
        return self._answer(snag, status.HTTP_201_CREATED)

    @extend_schema(
        request=inputs.EditIn,
        parameters=[MATCH],
    )
    @action(detail=True, methods=["post"])
    @idempotent
    def edit(self, request: Request, pk: str) -> Response:
        """Reword it; If-Match carries the ETag you read, so nobody is overwritten."""
        version = version_given(request)
        snag = self.get_object()
        data = validated(inputs.EditIn, request)
        try:
            snag = editing.edit_text(
                snag,
                actor=actor(request),
                version=version,
                **{name: getattr(snag, name) for name in editing.TEXTS} | data,
            )
        except StaleError as error:
            theirs = self._answer(snag).data
            raise StaleVersionError(yours=request.data, theirs=theirs) from error
        return self._answer(snag)

    @extend_schema(request=inputs.TriageIn, parameters=[KEY])
    @action(detail=True, methods=["post"])
    @idempotent
    def triage(self, request: Request, pk: str) -> Response:
        """Say how pressing it is and who answers for it."""
        return self._verb(lifecycle.triage, inputs.TriageIn)

    @extend_schema(request=NothingIn, parameters=[KEY])
    @action(detail=True, methods=["post"])
    @idempotent
    def acknowledge(self, request: Request, pk: str) -> Response:
        """Tell the reporter a person has seen it; the response clock stops."""
        return self._verb(talk.acknowledge, NothingIn)

    @extend_schema(request=NothingIn, parameters=[KEY])
    @action(detail=True, methods=["post"])
    @idempotent
    def start(self, request: Request, pk: str) -> Response:
        """Take it on."""
        return self._verb(lifecycle.start, NothingIn)

    @extend_schema(request=inputs.WaitIn, parameters=[KEY])
    @action(detail=True, methods=["post"])
    @idempotent
    def wait(self, request: Request, pk: str) -> Response:
        """Wait for the reporter, a change or a third party."""
        return self._verb(lifecycle.wait, inputs.WaitIn)

    @extend_schema(request=NothingIn, parameters=[KEY])
    @action(detail=True, methods=["post"])
    @idempotent
    def resume(self, request: Request, pk: str) -> Response:
        """The wait is over."""
        return self._verb(lifecycle.resume, NothingIn)

    @extend_schema(request=inputs.HandOverIn, parameters=[KEY])
    @action(detail=True, methods=["post"], url_path="hand-over")
    @idempotent
    def hand_over(self, request: Request, pk: str) -> Response:
        """Give the ball to a supplier."""
        return self._verb(lifecycle.hand_over, inputs.HandOverIn)

    @extend_schema(request=NothingIn, parameters=[KEY])
    @action(detail=True, methods=["post"])
    @idempotent
    def accept(self, request: Request, pk: str) -> Response:
        """The supplier says that it has what was handed over."""
        return self._verb(lifecycle.accept, NothingIn)

    @extend_schema(request=inputs.HandBackIn, parameters=[KEY])
    @action(detail=True, methods=["post"], url_path="hand-back")
    @idempotent
    def hand_back(self, request: Request, pk: str) -> Response:
        """The ball comes back to its owner here."""
        return self._verb(lifecycle.hand_back, inputs.HandBackIn)

    @extend_schema(request=inputs.ResolveIn, parameters=[KEY])
    @action(detail=True, methods=["post"])
    @idempotent
    def resolve(self, request: Request, pk: str) -> Response:
        """The cause is gone; the reporter is asked to confirm."""
        return self._verb(lifecycle.resolve, inputs.ResolveIn)

    @extend_schema(request=NothingIn, parameters=[KEY])
    @action(detail=True, methods=["post"])
    @idempotent
    def confirm(self, request: Request, pk: str) -> Response:
        """It is fixed: closed."""
        return self._verb(lifecycle.confirm, NothingIn)

    @extend_schema(request=inputs.ReopenIn, parameters=[KEY])
    @action(detail=True, methods=["post"])
    @idempotent
    def reopen(self, request: Request, pk: str) -> Response:
        """It is not fixed after all."""
        return self._verb(lifecycle.reopen, inputs.ReopenIn)

    @extend_schema(request=inputs.RejectIn, parameters=[KEY])
    @action(detail=True, methods=["post"])
    @idempotent
    def reject(self, request: Request, pk: str) -> Response:
        """Close it without work, with the reason."""
        return self._verb(lifecycle.reject, inputs.RejectIn)

    @extend_schema(request=inputs.MergeIn, parameters=[KEY])
    @action(detail=True, methods=["post"])
    @idempotent
    def merge(self, request: Request, pk: str) -> Response:
        """It was reported before: this one closes, the original goes on."""
        return self._verb(lifecycle.merge, inputs.MergeIn)

    @extend_schema(request=inputs.AssignIn, parameters=[KEY])
    @action(detail=True, methods=["post"])
    @idempotent
    def assign(self, request: Request, pk: str) -> Response:
        """Let somebody else answer for it."""
        return self._verb(editing.assign, inputs.AssignIn)

    @extend_schema(request=inputs.PriorityIn, parameters=[KEY])
    @action(detail=True, methods=["post"])
    @idempotent
    def priority(self, request: Request, pk: str) -> Response:
        """Judge again how pressing it is; clocks are held to the new promise."""
        return self._verb(editing.set_priority, inputs.PriorityIn)

    @extend_schema(request=NothingIn, parameters=[KEY])
    @action(detail=True, methods=["post"])
    @idempotent
    def share(self, request: Request, pk: str) -> Response:
        """Let everybody here see it: a known problem."""
        return self._verb(partial(editing.share, is_shared=True), NothingIn)

    @extend_schema(request=NothingIn, parameters=[KEY])
    @action(detail=True, methods=["post"])
    @idempotent
    def unshare(self, request: Request, pk: str) -> Response:
        """Only those involved see it."""
        return self._verb(partial(editing.share, is_shared=False), NothingIn)

    def _verb(self, service: Any, shape: type[StrictSerializer]) -> Response:
        snag = self.get_object()
        data = validated(shape, self.request)
        return self._answer(service(snag, actor=actor(self.request), **data))

    def _answer(self, snag: Snag, code: int = status.HTTP_200_OK) -> Response:
        fresh = self.get_queryset().filter(pk=snag.pk).first()
        if fresh is None:
            raise Http404
        as_left(actor(self.request), [fresh])
        body = self.get_serializer(fresh).data
        return Response(body, code, headers={"ETag": f'"{fresh.version}"'})
