"""What hangs on a snag: what was said, files, clocks, the timeline."""

from django.db.models import QuerySet
from django.http import FileResponse, Http404
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiResponse, extend_schema
from rest_framework import status
from rest_framework.decorators import action
from rest_framework.parsers import MultiPartParser
from rest_framework.renderers import JSONRenderer
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.viewsets import ReadOnlyModelViewSet

from opsdesk.accounts.access import Role
from opsdesk.core.api import actor, idempotent, validated
from opsdesk.core.api_fields import EventOut
from opsdesk.core.api_rows import KEY
from opsdesk.core.http import forced_download
from opsdesk.core.policy import allow
from snags.api import inputs, shapes
from snags.api.known import Snags
from snags.models import Clock, Snag, SnagAttachment, SnagComment, SnagEvent
from snags.permissions import is_outside_supplier
from snags.queries.feed import files_for
from snags.services import lifecycle


class OfSnag(Snags):
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
        rows = rows.filter(snag=self.snag()).select_related("author")
        return rows.prefetch_related("attachments__added_by").order_by("-id")

    @extend_schema(
        request=inputs.CommentIn, responses={201: shapes.CommentOut}, parameters=[KEY]
    )
    @idempotent
    def create(self, request: Request, snag_pk: str) -> Response:
        data = validated(inputs.CommentIn, request)
        said = lifecycle.answer(self.snag(), actor=actor(request), **data)
        return Response(shapes.CommentOut(said).data, status.HTTP_201_CREATED)


class FileRenderer(JSONRenderer):
    """Lets a client ask for the bytes of a file; a refusal is still a problem."""

    media_type = "application/octet-stream"
    format = "file"


@extend_schema(tags=["Attachments"])
class AttachmentViewSet(OfSnag, ReadOnlyModelViewSet[SnagAttachment]):
    """Files on a snag, as far as you may read what they came with."""

    serializer_class = shapes.AttachmentOut
    parser_classes = (MultiPartParser,)
    queryset = SnagAttachment.objects.none()

    def get_queryset(self) -> QuerySet[SnagAttachment]:
        rows = files_for(actor(self.request), self.snag())
        return rows.select_related("added_by").order_by("-id")

    @extend_schema(
        request={"multipart/form-data": inputs.FilesIn},
        responses={201: shapes.CommentOut},
        parameters=[KEY],
    )
    @idempotent
    def create(self, request: Request, snag_pk: str) -> Response:
        """Say something with files: up to ten, of 25 MB each."""
        data = validated(inputs.FilesIn, request)
        files = data.pop("files")
        said = lifecycle.answer(
            self.snag(), actor=actor(request), files_added=files, **data
        )
        return Response(shapes.CommentOut(said).data, status.HTTP_201_CREATED)

    @extend_schema(
        responses={
            (200, "application/octet-stream"): OpenApiResponse(OpenApiTypes.BINARY)
        }
    )
    @action(detail=True, renderer_classes=[JSONRenderer, FileRenderer])
    def download(self, request: Request, snag_pk: str, pk: str) -> FileResponse:
        """The file itself, always as a download."""
        row = self.get_object()
        return forced_download(row.file, row.name)


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
    serializer_class = EventOut
    queryset = SnagEvent.objects.none()

    def get_queryset(self) -> QuerySet[SnagEvent]:
        rows = SnagEvent.objects.filter(snag=self.snag())
        return rows.select_related("actor").order_by("-id")
