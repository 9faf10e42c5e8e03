"""What every API route shares: tokens, scopes, bounded input, pages, problems."""

import hashlib
import json
from collections.abc import Callable
from functools import wraps
from typing import Any, ClassVar, TypeVar, cast

from django.core.exceptions import PermissionDenied
from django.core.files.uploadedfile import UploadedFile
from django.db import IntegrityError, OperationalError, transaction
from django.http import Http404, HttpResponse, QueryDict
from rest_framework import exceptions, serializers
from rest_framework.authentication import BaseAuthentication
from rest_framework.pagination import CursorPagination
from rest_framework.parsers import JSONParser
from rest_framework.permissions import SAFE_METHODS, BasePermission
from rest_framework.request import Request
from rest_framework.response import Response

from opsdesk.accounts import tokens
from opsdesk.accounts.access import access_of
from opsdesk.accounts.http import client_address
from opsdesk.accounts.models import ApiToken, User
from opsdesk.core import submissions
from opsdesk.core.errors import OpsError, as_rule_error
from opsdesk.core.gates import GatesError
from opsdesk.core.guards import has_junk, too_deep
from opsdesk.core.policy import Policy
from opsdesk.core.problems import DATABASE_AWAY, problem

Handler = TypeVar("Handler", bound=Callable[..., Response])
MAX_BODY = 1024 * 1024


class TokenAuthentication(BaseAuthentication):
    """`Authorization: Bearer odk_…`; the header is the only place a token is read."""

    def authenticate(self, request: Request) -> tuple[User, ApiToken] | None:
        kind, _, secret = request.headers.get("Authorization", "").partition(" ")
        if kind.lower() != "bearer":
            return None
        try:
            found = tokens.authenticate(secret.strip(), client_address(request))
        except tokens.WrongAddressError as error:
            raise exceptions.PermissionDenied(str(error), error.code) from error
        if found is None:
            raise exceptions.AuthenticationFailed("This token is not valid.")
        return found

    def authenticate_header(self, request: Request) -> str:
        return 'Bearer realm="opsdesk"'


class ScopedPermission(BasePermission):
    """Signed in, in a role the policy admits, with a token scoped for the act."""

    def has_permission(self, request: Request, view: Any) -> bool:
        user = request.user
        if not isinstance(user, User) or not user.is_active:
            return False
        rule: Policy = view.policy
        if rule.roles and not access_of(user).has(*rule.roles):
            return False
        if not isinstance(request.auth, ApiToken):
            return True
        wanted = view.reads if request.method in SAFE_METHODS else view.writes
        return not set(wanted).isdisjoint(request.auth.scopes)


class BoundedJSONParser(JSONParser):
    """JSON up to 1 MB and 32 levels, without NaN, NUL or lone surrogates."""

    def parse(
        self,
        stream: Any,
        media_type: str | None = None,
        parser_context: Any = None,
    ) -> Any:
        raw = stream.read(MAX_BODY + 1)
        if len(raw) > MAX_BODY:
            raise TooLargeError
        try:
            text = raw.decode("utf-8")
        except UnicodeDecodeError as error:
            raise exceptions.ParseError("The body is not UTF-8.") from error
        if too_deep(text):
            raise exceptions.ParseError("The body nests too deep.")
        try:
            data = json.loads(text, parse_constant=_no_constant, parse_int=_short_int)
        except ValueError as error:
            raise exceptions.ParseError("The body is not JSON.") from error
        if _holds_junk(data):
            raise exceptions.ParseError("A text holds characters nobody can store.")
        return data


class TooLargeError(exceptions.APIException):
    status_code = 413
    default_detail = "The body is larger than 1 MB."
    default_code = "too_large"


class Pages(CursorPagination):
    """Pages by cursor: as fast at the end as at the start, and never a count."""

    page_size = 50
    page_size_query_param = "page_size"
    max_page_size = 200
    ordering = "-id"
    orderings: ClassVar = ("-id", "id")

    def get_ordering(self, request: Any, queryset: Any, view: Any) -> tuple[str, ...]:
        """The asked order if the view lists it, else 400."""
        allowed = getattr(view, "orderings", self.orderings)
        wanted = request.query_params.get("ordering") or allowed[0]
        if wanted not in allowed:
            raise exceptions.ValidationError(
                {"ordering": [f"Choose one of: {', '.join(allowed)}."]}
            )
        return (wanted,) if wanted in {"id", "-id"} else (wanted, "-id")


class StrictSerializer(serializers.Serializer[Any]):
    """Input that refuses what it does not know instead of dropping it silently."""

    def to_internal_value(self, data: Any) -> Any:
        if not isinstance(data, dict):
            raise serializers.ValidationError({"detail": ["Send a JSON object."]})
        if unknown := sorted(set(data) - set(self.fields)):
            raise serializers.ValidationError(
                {name: ["This field cannot be set."] for name in unknown}
            )
        return super().to_internal_value(data)


def validated(
    serializer: type[StrictSerializer], request: Request, *, partial: bool = False
) -> dict[str, Any]:
    """Parse the body with an input serializer, or answer 400 naming the fields.

    `partial` takes what is sent as it is and leaves out the rest; within a list or an
    object that is sent everything counts (DRF's own `partial` reaches down there).
    """
    form = serializer(data=request.data, context={"request": request})
    if partial and isinstance(request.data, dict):
        for name in set(form.fields) - set(request.data):
            del form.fields[name]
    form.is_valid(raise_exception=True)
    return cast("dict[str, Any]", form.validated_data)


def actor(request: Request) -> User:
    """The person behind the request; permission has turned everyone else away."""
    assert isinstance(request.user, User)
    return request.user


def idempotent(handler: Handler) -> Handler:
    """Do a write once per Idempotency-Key; the same request gets the first answer.

    Key and effect commit together. The same key with another request is 422; while the
    first still runs, the second waits for it (Stripe's rules, api.stripe.com/docs).
    """

    @wraps(handler)
    def once(view: Any, request: Request, *args: Any, **kwargs: Any) -> Response:
        key = request.headers.get("Idempotency-Key", "")
        if len(key) > submissions.MAX_KEY or has_junk(key):
            raise exceptions.ValidationError({"Idempotency-Key": ["It is too long."]})
        with transaction.atomic():
            if not key:
                return handler(view, request, *args, **kwargs)
            name = f"api:{key}"
            first = submissions.claim(actor(request), name, _digest(request))
            if first is not None:
                return Response(
                    json.loads(first.body),
                    first.status,
                    headers={"Idempotent-Replayed": "true"},
                )
            response = handler(view, request, *args, **kwargs)
            body = json.dumps(response.data, default=str)
            submissions.finish(
                actor(request), name, status=response.status_code, body=body
            )
            return response

    return cast("Handler", once)


def refuse(error: Exception, context: dict[str, Any]) -> HttpResponse | None:
    """The answer to what may go wrong on purpose; None lets a bug crash."""
    if isinstance(error, IntegrityError):
        error = as_rule_error(error) or error
    if isinstance(error, exceptions.ValidationError):
        return problem(
            400, "bad_input", "Some of what you sent is not right.", fields=error.detail
        )
    found = _known(error)
    if found is None:
        return None
    response = problem(*found, **_more(error))
    for name, value in _headers(error):
        response[name] = value
    return response


def _known(error: Exception) -> tuple[int, str, str] | None:
    """Status, code and sentence of what may go wrong on purpose; None is a bug."""
    match error:
        case OpsError():
            return error.status, error.code, str(error)
        case Http404():
            return 404, "not_found", "There is nothing here for you."
        case PermissionDenied():
            return 403, "not_allowed", "Your role or token does not permit this."
        case exceptions.APIException():
            return error.status_code, str(error.get_codes()), str(error.detail)
        case OperationalError():
            return 503, "unavailable", DATABASE_AWAY
    return None


def _more(error: Exception) -> dict[str, Any]:
    """What a refusal shows besides its sentence: gates, or the two versions."""
    if isinstance(error, GatesError):
        return {"gates": [found.as_json() for found in error.findings]}
    more: dict[str, Any] = getattr(error, "more", {})
    return more


def _headers(error: Exception) -> list[tuple[str, str]]:
    found = []
    if header := getattr(error, "auth_header", None):
        found.append(("WWW-Authenticate", header))
    if wait := getattr(error, "wait", None):
        found.append(("Retry-After", str(int(wait))))
    return found


def _digest(request: Request) -> str:
    data = request.data
    if isinstance(data, QueryDict):
        data = {name: [_told(v) for v in data.getlist(name)] for name in data}
    body = json.dumps(data, sort_keys=True, default=str)
    text = f"{request.method} {request.path} {body}"
    return hashlib.sha256(text.encode()).hexdigest()


def _told(value: Any) -> Any:
    """A form's value as it counts for being the same request: files by content."""
    if not isinstance(value, UploadedFile):
        return value
    found = hashlib.sha256()
    for chunk in value.chunks():
        found.update(chunk)
    value.seek(0)
    return [value.name, found.hexdigest()]


def _no_constant(name: str) -> float:
    raise ValueError(name)


def _short_int(digits: str) -> int:
    if len(digits) > 20:
        raise ValueError(digits)
    return int(digits)


def _holds_junk(data: Any) -> bool:
    if isinstance(data, str):
        return has_junk(data)
    if isinstance(data, dict):
        return any(has_junk(key) or _holds_junk(value) for key, value in data.items())
    if isinstance(data, list):
        return any(_holds_junk(value) for value in data)
    return isinstance(data, float) and data in {float("inf"), float("-inf")}
