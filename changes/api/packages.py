"""Packages: drafted, filled, sealed, compared, blocked, withdrawn."""

from typing import Any

from django.db.models import Prefetch, QuerySet
from django.http import Http404, HttpResponse
from django_filters import rest_framework as filters
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiResponse, extend_schema
from rest_framework.decorators import action
from rest_framework.parsers import MultiPartParser
from rest_framework.renderers import JSONRenderer
from rest_framework.request import Request
from rest_framework.response import Response

from changes import manifest
from changes.api import inputs, shapes
from changes.api.known import Changes
from changes.models import Package, PackageFile
from changes.queries.packages import comparison, manifest_of
from changes.services import files as contents
from changes.services import packages
from opsdesk.accounts.access import INTERNAL, Role
from opsdesk.accounts.models import User
from opsdesk.core.api import actor
from opsdesk.core.api_fields import IdFilter
from opsdesk.core.api_rows import edited_by, made_by, verb
from opsdesk.core.policy import allow


class PackageFilters(filters.FilterSet):  # type: ignore[misc]
    component = IdFilter("component")
    state = filters.MultipleChoiceFilter(choices=Package.State.choices)
    sha256 = filters.CharFilter(max_length=64)


class PlainRenderer(JSONRenderer):
    """Lets a client ask for plain text; a refusal is still a problem."""

    media_type = "text/plain"
    format = "text"


@extend_schema(tags=["Packages"])
class PackageViewSet(Changes):
    """One version of a component as files; sealed, nothing in it changes any more."""

    policy = allow(*sorted(INTERNAL), Role.SUPPLIER)
    serializer_class = shapes.PackageOut
    filterset_class = PackageFilters
    queryset = Package.objects.none()
    locked = staticmethod(packages.locked)

    def get_queryset(self) -> QuerySet[Package]:
        rows = Package.objects.visible_to(actor(self.request))
        named = rows.select_related("component", "author")
        drafted = PackageFile.objects.filter(package__state=Package.State.DRAFT)
        files = Prefetch("files", drafted.order_by("path"), to_attr="drafted")
        return named.prefetch_related("requires", files).order_by("id")

    @made_by(inputs.PackageIn)
    def create(self, user: User, **said: Any) -> Package:
        return packages.draft(actor=user, **said)

    @edited_by(inputs.PackageEditIn)
    def partial_update(self, row: Package, user: User, **said: Any) -> None:
        whole = {
            "label": row.label,
            "package_class": row.package_class,
            "origin": row.origin,
            "notes": row.notes,
            "requires": list(row.requires.order_by("pk")),
            **said,
        }
        packages.edit(row, actor=user, version=None, **whole)

    @extend_schema(responses=shapes.PackageFileOut(many=True))
    @action(detail=True, filterset_class=None)
    def files(self, request: Request, pk: str) -> Response:
        """What is in it."""
        rows = self.paginate_queryset(self.get_object().files.order_by("id"))
        shown = shapes.PackageFileOut(rows or [], many=True)
        return self.get_paginated_response(shown.data)

    @verb(inputs.PackageFilesIn, parser_classes=[MultiPartParser])
    def upload(self, row: Package, user: User, files: Any, folder: str = "") -> None:
        """Add files to a draft; one of a path that is there is replaced."""
        contents.upload(row, actor=user, uploads=files, folder=folder)

    @verb(inputs.DeclareIn)
    def declare(self, row: Package, user: User, entries: list[Any]) -> None:
        """Name files that stay where they are by size and SHA-256."""
        named = [manifest.Entry(**entry) for entry in entries]
        contents.declare(row, actor=user, entries=named)

    @verb(inputs.FileIn)
    def remove(self, row: Package, user: User, path: str) -> None:
        """Take a file out of a draft."""
        found = row.files.filter(path=path).first()
        if found is None:
            raise Http404
        contents.remove(row, found, actor=user)

    @verb()
    def seal(self, row: Package, user: User) -> None:
        """Close it for good under the SHA-256 of its manifest."""
        packages.seal(row, actor=user)

    @verb(inputs.BlockIn)
    def block(self, row: Package, user: User, **said: Any) -> None:
        """Let it start nowhere any more; where it runs, it goes on running."""
        packages.block(row, actor=user, **said)

    @verb(inputs.BecauseIn)
    def unblock(self, row: Package, user: User, reason: str) -> None:
        """Let it be used again."""
        packages.unblock(row, actor=user, reason=reason)

    @verb(inputs.BecauseIn)
    def withdraw(self, row: Package, user: User, reason: str) -> None:
        """Take it out of use for good."""
        packages.withdraw(row, actor=user, reason=reason)

    @extend_schema(
        responses={(200, "text/plain"): OpenApiResponse(OpenApiTypes.STR)},
        filters=False,
    )
    @action(detail=True, renderer_classes=[JSONRenderer, PlainRenderer])
    def manifest(self, request: Request, pk: str) -> HttpResponse:
        """A line `<sha256>  <size>  <path>` a file; its SHA-256 is the digest."""
        text = manifest_of(self.get_object())
        return HttpResponse(text, content_type="text/plain; charset=utf-8")

    @extend_schema(responses=shapes.ComparisonOut)
    @action(
        detail=True, url_path=r"diff/(?P<other_pk>\d{1,18})", url_name="diff",
        filterset_class=None,
    )  # fmt: skip
    def diff(self, request: Request, pk: str, other_pk: str) -> Response:
        """How it differs from another package."""
        older = self.get_queryset().filter(pk=int(other_pk)).first()
        if older is None:
            raise Http404
        found = comparison(older, self.get_object())
        return Response(shapes.ComparisonOut(found).data)
