"""The gate of every request and the one place where a refusal becomes a page."""

from collections.abc import Callable
from typing import Any

import structlog
from django.contrib import messages
from django.contrib.auth.middleware import LoginRequiredMiddleware
from django.db import IntegrityError, OperationalError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.http import url_has_allowed_host_and_scheme

from opsdesk.accounts.access import access_of
from opsdesk.accounts.models import User
from opsdesk.core.errors import NotAllowedError, RuleError, as_rule_error
from opsdesk.core.policy import policy_of

__all__ = ["LoginRequiredMiddleware", "PolicyMiddleware", "RefusalMiddleware"]

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
        match = request.resolver_match
        rule = policy_of(view, match.url_name if match else None)
        if rule is None:
            return _forbidden(request, "This page has no owner; tell an administrator.")
        if rule.is_public or not rule.roles:
            return None
        user = request.user
        if isinstance(user, User) and not access_of(user).has(*rule.roles):
            return _forbidden(request, "Your role does not permit this.")
        return None


class RefusalMiddleware:
    """Say why not: a broken rule goes back to the page one came from, in words."""

    def __init__(self, get_response: Handler) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_exception(
        self, request: HttpRequest, error: Exception
    ) -> HttpResponse | None:
        if isinstance(error, IntegrityError):
            error = as_rule_error(error) or error
        if isinstance(error, NotAllowedError):
            return _forbidden(request, str(error))
        if isinstance(error, RuleError):
            log.info("refused", path=request.path, code=error.code, why=str(error))
            messages.error(request, str(error))
            return redirect(came_from(request))
        if isinstance(error, OperationalError):
            log.error("database_unavailable", path=request.path, why=str(error))
            return render(request, "503.html", status=503)
        return None


def came_from(request: HttpRequest) -> str:
    """The page of ours the person was on, else home."""
    url = request.headers.get("Referer", "")
    ours = url_has_allowed_host_and_scheme(url, {request.get_host()})
    return url if ours else "/"


def _forbidden(request: HttpRequest, reason: str) -> HttpResponse:
    log.warning("forbidden", path=request.path, user=request.user.pk, why=reason)
    return render(request, "403.html", {"reason": reason}, status=403)
