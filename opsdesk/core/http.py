"""The few things every page needs: a signed-in user, pages of rows, one POST once."""

import hashlib
from collections.abc import Callable
from functools import wraps
from typing import Any, Concatenate, ParamSpec, TypeVar

from django import forms
from django.contrib import messages
from django.core.exceptions import NON_FIELD_ERRORS, BadRequest
from django.db import IntegrityError, transaction
from django.db.models.fields.files import FieldFile
from django.http import FileResponse, Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect

from opsdesk.accounts.models import User
from opsdesk.core import submissions
from opsdesk.core.errors import RuleError, StaleError, as_rule_error

Result = TypeVar("Result")
Args = ParamSpec("Args")
NO_SCRIPT = "default-src 'none'; sandbox"


class UserRequest(HttpRequest):
    """A request that LoginRequiredMiddleware has already let through."""

    user: User


PageView = Callable[Concatenate[UserRequest, Args], HttpResponse]


def submit(
    form: forms.Form, service: Callable[..., Result], *args: object, **kwargs: object
) -> Result | None:
    """Call a service with a valid form's data; a broken rule lands on the form.

    The service runs in its own savepoint: what it refused leaves nothing behind, and
    the page can still be drawn.
    """
    if not form.is_bound or not form.is_valid():
        return None
    try:
        with transaction.atomic():
            return service(*args, **form.cleaned_data, **kwargs)
    except IntegrityError as error:
        rule = as_rule_error(error)
        if rule is None:
            raise
        form.add_error(None, str(rule))
    except StaleError as error:
        form.theirs = error.theirs  # type: ignore[attr-defined]  # shown beside mine
        form.add_error(None, str(error))
    except RuleError as error:
        form.add_error(None, str(error))
    return None


def status_of(form: forms.Form) -> int:
    """409 for what a rule refuses now, 422 for what was not filled in."""
    if not form.is_bound:
        return 200
    return 409 if set(form.errors) == {NON_FIELD_ERRORS} else 422


def once(view: PageView[Args]) -> PageView[Args]:
    """Run a POST at most once per form token; a double click gets the first answer.

    Key and effect commit together: a crash leaves neither, a second submission waits
    for the first and is sent where it was sent. A form that came back with errors
    releases its token, so it can be corrected and sent again.
    """

    @wraps(view)
    def guarded(
        request: UserRequest, /, *args: Args.args, **kwargs: Args.kwargs
    ) -> HttpResponse:
        token = request.POST.get("form_token", "")
        if request.method != "POST" or not token:
            return view(request, *args, **kwargs)
        if len(token) > submissions.MAX_KEY:
            raise BadRequest("The form token is too long.")
        key = f"form:{token}"
        digest = hashlib.sha256(request.path.encode()).hexdigest()
        with transaction.atomic():
            seen = submissions.claim(request.user, key, digest)
            if seen is not None:
                messages.info(request, "That was already sent; nothing was done twice.")
                return redirect(seen.location or "/")
            response = view(request, *args, **kwargs)
            if 300 <= response.status_code < 400:
                submissions.finish(request.user, key, location=response["Location"])
            else:
                submissions.release(request.user, key)
        return response

    return guarded


def forced_download(stored: FieldFile, name: str) -> FileResponse:
    """A stored file under the name it came with, never shown in the browser."""
    try:
        handle = stored.open("rb")
    except FileNotFoundError as error:
        raise Http404 from error
    response = FileResponse(
        handle,
        as_attachment=True,
        filename=name,
        content_type="application/octet-stream",
    )
    response["X-Content-Type-Options"] = "nosniff"
    response["Content-Security-Policy"] = NO_SCRIPT
    response["Cache-Control"] = "private, no-store"
    return response


def wants_partial(request: HttpRequest) -> bool:
    """Was this asked by htmx for a part of the page rather than by a person?"""
    htmx: Any = getattr(request, "htmx", None)
    return bool(htmx) and not htmx.boosted and not htmx.history_restore_request
