"""Rows over HTTP: only declared questions are answered, every write is one verb.

A verb and an edit carry in If-Match the version that was read, and are refused when
another one is there; each calls the service its page calls.
"""

from collections.abc import Callable
from functools import wraps
from typing import Any, ClassVar, cast

from django.db import models
from django.http import Http404
from django_filters import rest_framework as filters
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import exceptions, status
from rest_framework.decorators import action
from rest_framework.parsers import MultiPartParser
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.viewsets import GenericViewSet, ReadOnlyModelViewSet

from opsdesk.core.api import Handler, StrictSerializer, actor, idempotent, validated
from opsdesk.core.errors import StaleError
from opsdesk.core.policy import SIGNED_IN

PAGE_ARGUMENTS = {"cursor", "page_size", "ordering", "format"}
KEY = OpenApiParameter(
    "Idempotency-Key", str, OpenApiParameter.HEADER, description="Do this once."
)
MATCH = OpenApiParameter(
    "If-Match", str, OpenApiParameter.HEADER, description="The ETag you read."
)
LARGEST = 2**31


class NothingIn(StrictSerializer):
    """A verb that needs no more words."""


class PreconditionRequiredError(exceptions.APIException):
    status_code = 428
    default_detail = "Send If-Match with the ETag you read."
    default_code = "precondition_required"


class KeyRequiredError(exceptions.APIException):
    status_code = 428
    default_detail = "Send an Idempotency-Key: this must not happen twice."
    default_code = "idempotency_key_required"


class StaleVersionError(exceptions.APIException):
    """Another version is there; the refusal shows what was sent and what is there."""

    status_code = 412
    default_detail = "Somebody else changed it; read it again."
    default_code = "stale"

    def __init__(self, **more: Any) -> None:
        super().__init__()
        self.more = more


class Known(GenericViewSet[Any]):
    """Refuses query parameters nobody declared, so that a typo is not a wider list."""

    policy = SIGNED_IN
    # A token with any of these scopes opens the route, to read or to write.
    reads: tuple[str, ...]
    writes: tuple[str, ...]
    filter_names: ClassVar[frozenset[str]] = frozenset()

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        super().initial(request, *args, **kwargs)
        unknown = set(request.query_params) - PAGE_ARGUMENTS - self.filter_names
        if unknown:
            raise exceptions.ValidationError(
                {name: ["There is no such parameter."] for name in sorted(unknown)}
            )


class Rows(Known, ReadOnlyModelViewSet[Any]):
    """Rows a person may see, each with its version as ETag."""

    filter_backends = (filters.DjangoFilterBackend,)
    lookup_value_regex = r"\d{1,18}"
    # Takes the row, or the parent that comes first in the order of locks.
    locked: Any = None

    def retrieve(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        return self.answer(self.get_object())

    def matched(self) -> Any:
        """The row, at the version that was read; held until the transaction ends."""
        version = version_given(self.request)
        row = self.get_object()
        if self.locked is not None:
            self.locked(row)
            row.refresh_from_db(fields=["version"])
        if row.version != version:
            raise self.stale(row)
        return row

    def stale(self, row: models.Model) -> StaleVersionError:
        return StaleVersionError(yours=self.request.data, theirs=self.shown(row))

    def shown(self, row: models.Model) -> Any:
        """The row as it is now, as far as this person may still see it."""
        fresh = self.get_queryset().filter(pk=row.pk).first()
        if fresh is None:
            raise Http404
        return self.get_serializer(fresh).data

    def answer(self, row: models.Model, code: int = status.HTTP_200_OK) -> Response:
        shown = self.shown(row)
        found = shown.get("version")
        return Response(shown, code, headers={"ETag": f'"{found}"'} if found else None)


def version_given(request: Request) -> int:
    """The version If-Match names; -1 for what no row can have."""
    given = request.headers.get("If-Match", "").strip().strip('"')
    if not given:
        raise PreconditionRequiredError
    version = int(given[:12]) if given.isascii() and given.isdigit() else -1
    return version if version < LARGEST else -1


def with_key(handler: Handler) -> Handler:
    """As `idempotent`, and refused without a key: what must not happen twice."""
    once = idempotent(handler)

    @wraps(handler)
    def asked(view: Any, request: Request, *args: Any, **kwargs: Any) -> Response:
        if not request.headers.get("Idempotency-Key"):
            raise KeyRequiredError
        return once(view, request, *args, **kwargs)

    return cast("Handler", asked)


def made_by(shape: type[StrictSerializer]) -> Callable[[Any], Any]:
    """Make `create` of a function (view, user, **input) that returns the new row."""

    def mark(make: Any) -> Any:
        @wraps(make)
        def create(view: Any, request: Request) -> Response:
            row = make(view, actor(request), **validated(shape, request))
            return cast("Response", view.answer(row, status.HTTP_201_CREATED))

        return extend_schema(request=shape, parameters=[KEY])(idempotent(create))

    return mark


def edited_by(shape: type[StrictSerializer]) -> Callable[[Any], Any]:
    """Make `partial_update` of a function (view, row, user, version, **input)."""

    def mark(edit: Any) -> Any:
        @wraps(edit)
        def partial_update(view: Any, request: Request, pk: str) -> Response:
            version, row = version_given(request), view.get_object()
            data = validated(shape, request, partial=True)
            try:
                edit(view, row, actor(request), version, **data)
            except StaleError as error:
                raise view.stale(row) from error
            return cast("Response", view.answer(row))

        given = extend_schema(request=shape, parameters=[KEY, MATCH])
        return given(idempotent(partial_update))

    return mark


def verb(
    shape: type[StrictSerializer] = NothingIn,
    *,
    once: Callable[[Any], Any] = idempotent,
    matches: bool = True,
    path: str = "",
    **options: Any,
) -> Callable[[Any], Any]:
    """Make a POST on one row of a function (view, row, user, **input).

    The answer is the row as it is afterwards, or the one the act has made. Without
    `matches` the input itself says what was read.
    """

    def mark(act: Any) -> Any:
        @wraps(act)
        def handler(view: Any, request: Request, pk: str, **named: Any) -> Response:
            row = view.matched() if matches else view.get_object()
            said = validated(shape, request)
            made = act(view, row, actor(request), **named, **said)
            code = status.HTTP_201_CREATED if made else status.HTTP_200_OK
            return cast("Response", view.answer(made or row, code))

        name = act.__name__.replace("_", "-")
        routed = action(
            detail=True,
            methods=["post"],
            url_path=path or name,
            url_name=name,
            **options,
        )
        is_form = MultiPartParser in options.get("parser_classes", ())
        given = extend_schema(
            request={"multipart/form-data": shape} if is_form else shape,
            parameters=[KEY, MATCH] if matches else [KEY],
        )
        return given(routed(once(handler)))

    return mark
