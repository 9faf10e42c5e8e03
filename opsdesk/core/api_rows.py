"""Rows over HTTP: only declared questions are answered, every write is one verb.

A verb and an edit carry in If-Match the ETag that was read, and are refused when
something else is there; each calls the service its page calls.
"""

import hashlib
from collections.abc import Callable
from functools import wraps
from typing import Any, ClassVar, cast

from django.db import models
from django.http import Http404, QueryDict
from django_filters import rest_framework as filters
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import exceptions, status
from rest_framework.decorators import action
from rest_framework.generics import get_object_or_404
from rest_framework.parsers import MultiPartParser
from rest_framework.renderers import JSONRenderer
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.viewsets import GenericViewSet, ReadOnlyModelViewSet

from opsdesk.core.api import Handler, StrictSerializer, actor, idempotent, validated
from opsdesk.core.policy import SIGNED_IN

PAGE_ARGUMENTS = {"cursor", "page_size", "ordering", "format"}
KEY = OpenApiParameter(
    "Idempotency-Key", str, OpenApiParameter.HEADER, description="Do this once."
)
KEY_NEEDED = OpenApiParameter(
    "Idempotency-Key",
    str,
    OpenApiParameter.HEADER,
    required=True,
    description="Do this once: refused without.",
)
MATCH = OpenApiParameter(
    "If-Match",
    str,
    OpenApiParameter.HEADER,
    required=True,
    description="The ETag you read.",
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
    filterset_fields: ClassVar[tuple[str, ...]] = ()
    # Parameters beside those of the filters.
    filter_names: ClassVar[frozenset[str]] = frozenset()

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        super().initial(request, *args, **kwargs)
        declared = getattr(self, "filterset_class", None)
        filtered = declared.base_filters if declared else self.filterset_fields
        known = PAGE_ARGUMENTS | self.filter_names | set(filtered)
        if unknown := set(request.query_params) - known:
            raise exceptions.ValidationError(
                {name: ["There is no such parameter."] for name in sorted(unknown)}
            )


class Rows(Known, ReadOnlyModelViewSet[Any]):
    """Rows a person may see, each with an ETag of what is shown of it."""

    filter_backends = (filters.DjangoFilterBackend,)
    lookup_value_regex = r"\d{1,18}"
    # Takes the row, or the parent that comes first in the order of locks.
    locked: Callable[[Any], Any]

    def retrieve(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        return self.answer(self.get_object())

    def matched(self) -> Any:
        """The row as it was read, and nothing else; held until the transaction ends."""
        given = match_given(self.request)
        self.locked(self._bare())
        row = self.get_object()
        theirs = self.get_serializer(row).data
        if given != etag_of(theirs):
            sent = self.request.data
            yours = {} if isinstance(sent, QueryDict) else sent  # files stay unsaid
            raise StaleVersionError(yours=yours, theirs=theirs)
        return row

    def _bare(self) -> Any:
        """The row without what is shown beside it: enough to know what to hold."""
        rows = self.filter_queryset(self.get_queryset())
        bare = rows.select_related(None).prefetch_related(None)
        return get_object_or_404(bare, pk=self.kwargs["pk"])

    def answer(self, row: models.Model, code: int = status.HTTP_200_OK) -> Response:
        """The row as it is shown, with its ETag."""
        shown = self.get_serializer(row).data
        return Response(shown, code, headers={"ETag": f'"{etag_of(shown)}"'})

    def answer_anew(self, pk: int, code: int = status.HTTP_200_OK) -> Response:
        """The same, read afresh, as far as this person may still see it."""
        row = self.get_queryset().filter(pk=pk).first()
        if row is None:
            raise Http404
        return self.answer(row, code)


def etag_of(shown: Any) -> str:
    """A name for exactly what is shown: when anything of it changes, so does the name.

    It is not the row's `version`, which only counts edits of its texts: a verb alters
    the state, the steps or the votes, and whoever read them before has read too little.
    """
    return hashlib.sha256(JSONRenderer().render(shown)).hexdigest()[:20]


def match_given(request: Request) -> str:
    """The ETag If-Match names; a proxy that compresses may have marked it as weak."""
    given = request.headers.get("If-Match", "").strip()
    if not given:
        raise PreconditionRequiredError
    return given.removeprefix("W/").strip('"')


def version_given(request: Request) -> int:
    """The version If-Match names where it is one; -1 for what no row can have."""
    given = match_given(request)
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
            return cast("Response", view.answer_anew(row.pk, status.HTTP_201_CREATED))

        return extend_schema(request=shape, parameters=[KEY])(idempotent(create))

    return mark


def edited_by(shape: type[StrictSerializer]) -> Callable[[Any], Any]:
    """Make `partial_update` of a function (view, row, user, **input).

    The row is locked and as it was read, so the service need not compare versions.
    """

    def mark(edit: Any) -> Any:
        @wraps(edit)
        def partial_update(view: Any, request: Request, pk: str) -> Response:
            row = view.matched()
            data = validated(shape, request, partial=True)
            edit(view, row, actor(request), **data)
            return cast("Response", view.answer_anew(row.pk))

        given = extend_schema(request=shape, parameters=[KEY, MATCH])
        return given(idempotent(partial_update))

    return mark


def dropped_by(drop: Any) -> Any:
    """Make `destroy` of a function (view, row, user)."""

    @wraps(drop)
    def destroy(view: Any, request: Request, pk: str) -> Response:
        drop(view, view.get_object(), actor(request))
        return Response(status=status.HTTP_204_NO_CONTENT)

    return extend_schema(parameters=[KEY], responses={204: None})(idempotent(destroy))


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
            return cast("Response", view.answer_anew((made or row).pk, code))

        name = act.__name__.replace("_", "-")
        routed = action(
            detail=True,
            methods=["post"],
            url_path=path or name,
            url_name=name,
            **options,
        )
        is_form = MultiPartParser in options.get("parser_classes", ())
        key = KEY_NEEDED if once is with_key else KEY
        given = extend_schema(
            request={"multipart/form-data": shape} if is_form else shape,
            parameters=[key, MATCH] if matches else [key],
        )
        return given(routed(once(handler)))

    return mark
