"""The gate of every request and the one place where a refusal becomes a page."""

import sys
from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

import structlog
from django.contrib import messages
from django.contrib.auth.middleware import LoginRequiredMiddleware
from django.db import IntegrityError, InterfaceError, OperationalError
from django.http import (
    Http404,
    HttpRequest,
    HttpResponse,
    HttpResponseNotAllowed,
)
from django.shortcuts import redirect, render
from django.template.loader import render_to_string
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.defaults import server_error as django_server_error
from django_htmx.http import HttpResponseClientRedirect

from opsdesk.accounts.access import access_of
from opsdesk.accounts.models import User
from opsdesk.core.errors import NotAllowedError, RuleError, as_rule_error
from opsdesk.core.http import wants_partial
from opsdesk.core.policy import policy_of
from opsdesk.core.problems import DATABASE_AWAY, is_for_api, problem

__all__ = ["LoginRequiredMiddleware", "PolicyMiddleware", "RefusalMiddleware"]

# What browsers send to pages; the API's views say for themselves what they take.
OF_PAGES = ("GET", "HEAD", "OPTIONS", "POST")

log = structlog.get_logger()
Handler = Callable[[HttpRequest], HttpResponse]


class PolicyMiddleware:
    """Let a request through only where the route's policy admits the person."""

    def __init__(self, get_response: Handler) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_view(
        self, request: HttpRequest, view: Callable[..., Any], *_args: object
    ) -> HttpResponse | None:
        if request.method not in OF_PAGES and not is_for_api(request):
            return HttpResponseNotAllowed(OF_PAGES)
        match = request.resolver_match
        rule = policy_of(view, match.url_name if match else None)
        if rule is None:
            return _forbidden(request, "This page has no owner; tell an administrator.")
        if rule.is_public or not rule.roles:
            return None
        user = request.user
        if not isinstance(user, User):
            # Only the API gets here without a session: it reads its token later.
            return None if hasattr(view, "cls") else _forbidden(request, "Log in.")
        if not access_of(user).has(*rule.roles):
            return _forbidden(request, "Your role does not permit this.")
        return None


class RefusalMiddleware:
    """Say why not: a broken rule goes back to the page one came from, in words."""

    def __init__(self, get_response: Handler) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        if response.status_code == 404 and request.resolver_match is None:
            return _nothing_here(request, "No route matches the address.")
        if isinstance(response, HttpResponseNotAllowed):
            # Where logging in again leads after a form was sent too late.
            response.content = render_to_string("405.html", request=request).encode()
        return response

    def process_exception(
        self, request: HttpRequest, error: Exception
    ) -> HttpResponse | None:
        if isinstance(error, IntegrityError):
            error = as_rule_error(error) or error
        if isinstance(error, Http404):
            return _nothing_here(request, str(error))
        if isinstance(error, NotAllowedError):
            return _forbidden(request, str(error))
        if isinstance(error, RuleError):
            log.info("refused", path=request.path, code=error.code, why=str(error))
            messages.error(request, str(error))
            return _back(request)
        if isinstance(error, OperationalError):
            return unavailable(request, error)
        return None


def server_error(request: HttpRequest) -> HttpResponse:
    """The last page of all; a database that is away is said to be so.

    It is asked for in middleware before any view, where nobody else can answer.
    """
    error = sys.exc_info()[1]
    if isinstance(error, OperationalError | InterfaceError):
        return unavailable(request, error)
    return django_server_error(request)


def unavailable(request: HttpRequest, error: Exception) -> HttpResponse:
    """Say that the database is away, on a page that asks it nothing."""
    log.error("database_unavailable", path=request.path, why=str(error))
    if is_for_api(request):
        answer: HttpResponse = problem(503, "unavailable", DATABASE_AWAY)
    else:
        answer = HttpResponse(render_to_string("503.html"), status=503)
    answer["Retry-After"] = "10"
    return answer


def came_from(request: HttpRequest) -> str:
    """The page of ours the person was on, else home; never the refused page itself."""
    url = request.headers.get("Referer", "")
    ours = url_has_allowed_host_and_scheme(url, {request.get_host()})
    again = request.method in {"GET", "HEAD"} and urlsplit(url).path == request.path
    return url if ours and not again else "/"


def _back(request: HttpRequest) -> HttpResponse:
    """To where one came from; htmx is told to take the whole page there."""
    url = came_from(request)
    return HttpResponseClientRedirect(url) if wants_partial(request) else redirect(url)


def _nothing_here(request: HttpRequest, why: str) -> HttpResponse:
    """Ours while developing too: the demo is for people. The log has the details."""
    log.info("not_found", path=request.path, why=why)
    if is_for_api(request):
        return problem(404, "not_found", "There is nothing at this address.")
    return render(request, "404.html", status=404)


def _forbidden(request: HttpRequest, reason: str) -> HttpResponse:
    log.warning("forbidden", path=request.path, user=request.user.pk, why=reason)
    return render(request, "403.html", {"reason": reason}, status=403)
