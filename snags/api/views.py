from typing import Any, ClassVar

from django.db.models import QuerySet
from django.http import Http404
from django_filters import rest_framework as filters
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import exceptions, status
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.viewsets import GenericViewSet, ReadOnlyModelViewSet

from environments.models import Environment, Module
from opsdesk.accounts.access import Role
from opsdesk.accounts.models import Party
from opsdesk.core.api import StrictSerializer, actor, idempotent, validated
from opsdesk.core.errors import StaleError
from opsdesk.core.policy import SIGNED_IN, allow
from snags.api import shapes
from snags.api.filters import SnagFilters
from snags.models import BusinessProcess, Clock, Snag, SnagComment, SnagEvent, Snaglist
from snags.queries.feed import is_outside_supplier
from snags.services import editing, lifecycle, raising, talk

PAGE_ARGUMENTS = {"cursor", "page_size", "ordering", "format"}
KEY = OpenApiParameter(
    "Idempotency-Key", str, OpenApiParameter.HEADER, description="Do this once."
)


class Known(GenericViewSet[Any]):
    """Refuses query parameters nobody declared, so that a typo is not a wider list."""

    policy = SIGNED_IN
    scope = "snags"
    filter_names: ClassVar[frozenset[str]] = frozenset()

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        super().initial(request, *args, **kwargs)
        unknown = set(request.query_params) - PAGE_ARGUMENTS - self.filter_names
        if unknown:
            raise exceptions.ValidationError(
                {name: ["There is no such parameter."] for name in sorted(unknown)}
            )


@extend_schema(tags=["Snags"])
class SnagViewSet(Known, ReadOnlyModelViewSet[Snag]):
    """Snags you may see. Each write is a verb; each verb calls one service."""

    serializer_class = shapes.SnagOut
    filterset_class = SnagFilters
    filter_backends = (filters.DjangoFilterBackend,)
    filter_names = frozenset(SnagFilters.base_filters)
    orderings = ("-id", "id", "reported_at", "-reported_at", "-updated_at")
    lookup_value_regex = r"\d{1,18}"
    queryset = Snag.objects.none()

    def get_queryset(self) -> QuerySet[Snag]:
        joined = ("environment", "snaglist", "module", "owner", "team", "handed_to")
        return (
            Snag.objects.visible_to(actor(self.request))
            .select_related(*joined, "reported_by")
            .defer("search")
            .order_by("-id")
        )

    def retrieve(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        return self._answer(self.get_object())

    @extend_schema(
        request=shapes.RaiseIn, responses={201: shapes.SnagOut}, parameters=[KEY]
    )
    @idempotent
    def create(self, request: Request) -> Response:
        data = validated(shapes.RaiseIn, request)
        snag = raising.raise_snag(
            actor=actor(request), channel=Snag.Channel.API, **data
        )
        return self._answer(snag, status.HTTP_201_CREATED)

    @extend_schema(
        request=shapes.EditIn,
        parameters=[OpenApiParameter("If-Match", str, OpenApiParameter.HEADER)],
    )
    @action(detail=True, methods=["post"])
    @idempotent
    def edit(self, request: Request, pk: str) -> Response:
        """Reword it; If-Match carries the ETag you read, so nobody is overwritten."""
        given = request.headers.get("If-Match", "").strip().strip('"')
        if not given:
            raise PreconditionRequiredError
        snag = self.get_object()
        version = int(given) if given.isascii() and given.isdigit() else -1
        data = validated(shapes.EditIn, request)
        try:
            snag = editing.edit_text(
                snag,
                actor=actor(request),
                version=version if version < 2**31 else -1,
                **{"detail": snag.detail, **data},
                designed_step=snag.designed_step,
                actual_step=snag.actual_step,
            )
        except StaleError as error:
            raise StaleVersionError from error
        return self._answer(snag)

    @extend_schema(request=shapes.TriageIn, parameters=[KEY])
    @action(detail=True, methods=["post"])
    @idempotent
    def triage(self, request: Request, pk: str) -> Response:
        """Say how pressing it is and who answers for it."""
        return self._verb(lifecycle.triage, shapes.TriageIn)

    @extend_schema(request=shapes.NothingIn, parameters=[KEY])
    @action(detail=True, methods=["post"])
    @idempotent
    def acknowledge(self, request: Request, pk: str) -> Response:
        """Tell the reporter a person has seen it; the response clock stops."""
        return self._verb(talk.acknowledge, shapes.NothingIn)

    @extend_schema(request=shapes.NothingIn, parameters=[KEY])
    @action(detail=True, methods=["post"])
    @idempotent
    def start(self, request: Request, pk: str) -> Response:
        """Take it on."""
        return self._verb(lifecycle.start, shapes.NothingIn)

    @extend_schema(request=shapes.WaitIn, parameters=[KEY])
    @action(detail=True, methods=["post"])
    @idempotent
    def wait(self, request: Request, pk: str) -> Response:
        """Wait for the reporter, a change or a third party."""
        return self._verb(lifecycle.wait, shapes.WaitIn)

    @extend_schema(request=shapes.NothingIn, parameters=[KEY])
    @action(detail=True, methods=["post"])
    @idempotent
    def resume(self, request: Request, pk: str) -> Response:
        """The wait is over."""
        return self._verb(lifecycle.resume, shapes.NothingIn)

    @extend_schema(request=shapes.HandOverIn, parameters=[KEY])
    @action(detail=True, methods=["post"], url_path="hand-over")
    @idempotent
    def hand_over(self, request: Request, pk: str) -> Response:
        """Give the ball to a supplier."""
        return self._verb(lifecycle.hand_over, shapes.HandOverIn)

    @extend_schema(request=shapes.HandBackIn, parameters=[KEY])
    @action(detail=True, methods=["post"], url_path="hand-back")
    @idempotent
    def hand_back(self, request: Request, pk: str) -> Response:
        """The ball comes back to its owner here."""
        return self._verb(lifecycle.hand_back, shapes.HandBackIn)

    @extend_schema(request=shapes.ResolveIn, parameters=[KEY])
    @action(detail=True, methods=["post"])
    @idempotent
    def resolve(self, request: Request, pk: str) -> Response:
        """The cause is gone; the reporter is asked to confirm."""
        return self._verb(lifecycle.resolve, shapes.ResolveIn)

    @extend_schema(request=shapes.NothingIn, parameters=[KEY])
    @action(detail=True, methods=["post"])
    @idempotent
    def confirm(self, request: Request, pk: str) -> Response:
        """It is fixed: closed."""
        return self._verb(lifecycle.confirm, shapes.NothingIn)

    @extend_schema(request=shapes.ReopenIn, parameters=[KEY])
    @action(detail=True, methods=["post"])
    @idempotent
    def reopen(self, request: Request, pk: str) -> Response:
        """It is not fixed after all."""
        return self._verb(lifecycle.reopen, shapes.ReopenIn)

    @extend_schema(request=shapes.RejectIn, parameters=[KEY])
    @action(detail=True, methods=["post"])
    @idempotent
    def reject(self, request: Request, pk: str) -> Response:
        """Close it without work, with the reason."""
        return self._verb(lifecycle.reject, shapes.RejectIn)

    def _verb(self, service: Any, shape: type[StrictSerializer]) -> Response:
        snag = self.get_object()
        data = validated(shape, self.request)
        return self._answer(service(snag, actor=actor(self.request), **data))

    def _answer(self, snag: Snag, code: int = status.HTTP_200_OK) -> Response:
        fresh = self.get_queryset().filter(pk=snag.pk).first()
        if fresh is None:
            raise Http404
        body = self.get_serializer(fresh).data
        return Response(body, code, headers={"ETag": f'"{fresh.version}"'})


class OfSnag(Known):
    """Rows that belong to one snag the person may see."""

    def snag(self) -> Snag:
        rows = Snag.objects.visible_to(actor(self.request)).order_by("pk")
        found = rows.filter(pk=int(self.kwargs["snag_pk"])).first()
        if found is None:
            raise Http404
        return found


@extend_schema(tags=["Comments"])
class CommentViewSet(OfSnag, ReadOnlyModelViewSet[SnagComment]):
    """What was said on a snag, as far as you may read it."""

    serializer_class = shapes.CommentOut
    queryset = SnagComment.objects.none()

    def get_queryset(self) -> QuerySet[SnagComment]:
        rows = SnagComment.objects.audible_to(actor(self.request))
        return rows.filter(snag=self.snag()).select_related("author").order_by("-id")

    @extend_schema(
        request=shapes.CommentIn, responses={201: shapes.CommentOut}, parameters=[KEY]
    )
    @idempotent
    def create(self, request: Request, snag_pk: str) -> Response:
        data = validated(shapes.CommentIn, request)
        said = lifecycle.answer(self.snag(), actor=actor(request), **data)
        return Response(shapes.CommentOut(said).data, status.HTTP_201_CREATED)


@extend_schema(tags=["Clocks"])
class ClockViewSet(OfSnag, ReadOnlyModelViewSet[Clock]):
    """The promises on a snag and how they stand; a supplier's contact sees none."""

    serializer_class = shapes.ClockOut
    queryset = Clock.objects.none()

    def get_queryset(self) -> QuerySet[Clock]:
        snag = self.snag()
        if is_outside_supplier(actor(self.request), snag):
            return Clock.objects.none()  # what we promised others is not theirs to know
        return Clock.objects.filter(snag=snag).order_by("-id")


@extend_schema(tags=["Timeline"])
class EventViewSet(OfSnag, ReadOnlyModelViewSet[SnagEvent]):
    """What happened to a snag."""

    policy = allow(*sorted(set(Role) - {Role.SUPPLIER, Role.REPORTER}))
    serializer_class = shapes.EventOut
    queryset = SnagEvent.objects.none()

    def get_queryset(self) -> QuerySet[SnagEvent]:
        rows = SnagEvent.objects.filter(snag=self.snag())
        return rows.select_related("actor").order_by("-id")


class Reference(Known, ReadOnlyModelViewSet[Any]):
    """Names to choose from; a supplier's contacts see none of them."""

    policy = allow(*sorted(set(Role) - {Role.SUPPLIER}))
    orderings = ("id", "-id")


@extend_schema(tags=["Reference"])
class EnvironmentViewSet(Reference):
    serializer_class = shapes.EnvironmentOut
    queryset = Environment.objects.order_by("id")


@extend_schema(tags=["Reference"])
class SnaglistViewSet(Reference):
    serializer_class = shapes.SnaglistOut
    queryset = Snaglist.objects.select_related("golive").order_by("id")


@extend_schema(tags=["Reference"])
class ModuleViewSet(Reference):
    serializer_class = shapes.ModuleOut
    queryset = Module.objects.order_by("id")


@extend_schema(tags=["Reference"])
class ProcessViewSet(Reference):
    serializer_class = shapes.ProcessOut
    queryset = BusinessProcess.objects.filter(is_active=True).order_by("id")


@extend_schema(tags=["Reference"])
class SupplierViewSet(Reference):
    policy = allow(*sorted(set(Role) - {Role.SUPPLIER, Role.REPORTER}))
    serializer_class = shapes.SupplierOut
    queryset = Party.objects.of_kind(Party.Kind.SUPPLIER).order_by("id")


class PreconditionRequiredError(exceptions.APIException):
    status_code = 428
    default_detail = "Send If-Match with the ETag you read."
    default_code = "precondition_required"


class StaleVersionError(exceptions.APIException):
    status_code = 412
    default_detail = "Somebody else changed it; read it again."
    default_code = "stale"
