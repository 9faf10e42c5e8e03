"""Input no page could make sense of is turned away before anything reads it."""

import codecs
import re
from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.core.exceptions import TooManyFieldsSent, TooManyFilesSent
from django.core.handlers.wsgi import WSGIHandler, WSGIRequest
from django.http import HttpRequest, HttpResponse
from django.template.loader import render_to_string

from opsdesk.core.problems import is_for_api, problem

MAX_JSON_DEPTH = 32
# A NUL, or half of a surrogate pair.
JUNK = re.compile("[\x00\ud800-\udfff]")
FORM_TYPES = {"application/x-www-form-urlencoded", "multipart/form-data"}
CHARSETS = {"utf-8", "ascii", "iso8859-1"}
# Strings whole (also one that never ends), and the brackets outside. Possessive: a
# megabyte of quotes and backslashes is read once.
TOKEN = re.compile(r'"(?:[^"\\]|\\.)*+(?:"|\\?\Z)|[\[{]|[\]}]', re.DOTALL)


class GuardedRequest(WSGIRequest):
    """A request that survives a charset which is no text encoding, to be refused."""

    def _set_content_type_params(self, meta: dict[str, Any]) -> None:
        try:
            super()._set_content_type_params(meta)  # type: ignore[misc]
        except (LookupError, ValueError):
            self._encoding = None


class GuardedHandler(WSGIHandler):
    request_class = GuardedRequest


class InputGuardMiddleware:
    """Answer 400, 413 or 415 to NUL bytes, floods and charsets no browser sends.

    PostgreSQL cannot store a NUL and Python cannot encode a lone surrogate: either
    would surface as a crash deep inside a page.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if _is_too_large(request):
            return _refuse(request, 413, "That is more than this page takes.")
        if not _charset_is_known(request):
            return _refuse(request, 415, "This server does not know that charset.")
        query = request.META.get("QUERY_STRING", "")
        if has_junk(request.path) or has_junk(query) or "%00" in query:
            return _refuse(
                request, 400, "The address holds characters no page can use."
            )
        if any(has_junk(value) for value in request.COOKIES.values()):
            return _refuse(request, 400, "A cookie holds characters no page can use.")
        return self.get_response(request)

    def process_view(self, request: HttpRequest, *_args: object) -> HttpResponse | None:
        """Refuse a form field that cannot be stored, naming no value back."""
        if request.content_type not in FORM_TYPES:
            return None
        try:
            fields = request.POST.lists()
        except (TooManyFieldsSent, TooManyFilesSent):
            return _refuse(request, 400, "That is more than one form may hold.")
        if any(has_junk(value) for key, values in fields for value in (key, *values)):
            return _refuse(request, 400, "A field holds characters no page can use.")
        return None


def too_deep(text: str) -> bool:
    """Does this JSON nest deeper than any honest client needs? Counts, never parses."""
    depth = 0
    for token in TOKEN.finditer(text):
        if token[0] in "[{":
            depth += 1
            if depth > MAX_JSON_DEPTH:
                return True
        elif token[0] in "]}":
            depth -= 1
    return False


def has_junk(text: str) -> bool:
    """A NUL or a lone surrogate: storable nowhere."""
    return JUNK.search(text) is not None


def _is_too_large(request: HttpRequest) -> bool:
    length = request.headers.get("Content-Length", "")
    if not (length.isascii() and length.isdigit()):
        return False
    most = settings.DATA_UPLOAD_MAX_MEMORY_SIZE
    if request.content_type == "multipart/form-data":
        most += settings.ATTACHMENT_MAX_BYTES * settings.ATTACHMENTS_PER_POST
    return len(length) > 15 or int(length) > most


def _charset_is_known(request: HttpRequest) -> bool:
    charset = (request.content_params or {}).get("charset", "utf-8")
    try:
        return codecs.lookup(charset.strip('"')).name in CHARSETS
    except (LookupError, ValueError):
        return False


def _refuse(request: HttpRequest, status: int, sentence: str) -> HttpResponse:
    if is_for_api(request):
        return problem(status, "bad_input", sentence)
    page = render_to_string("400.html", {"reason": sentence})
    return HttpResponse(page, status=status)
