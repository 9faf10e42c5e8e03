"""What pages that change rights ask of a request: that the person is really there."""

import time
from collections.abc import Callable
from functools import wraps
from typing import Concatenate, ParamSpec

from allauth.account import app_settings
from allauth.account.adapter import get_adapter
from allauth.account.internal.flows.login import get_authentication_records
from allauth.core.exceptions import ReauthenticationRequired
from django.core.exceptions import ImproperlyConfigured, PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from opsdesk.core.http import UserRequest

Args = ParamSpec("Args")
PageView = Callable[Concatenate[UserRequest, Args], HttpResponse]


def proved_identity_recently(request: HttpRequest) -> bool:
    """Signed in, or proved it again, within ACCOUNT_REAUTHENTICATION_TIMEOUT."""
    records = get_authentication_records(request, request.user)
    newest = max((record["at"] for record in records), default=0.0)
    recent: bool = time.time() - newest < app_settings.REAUTHENTICATION_TIMEOUT
    return recent


def recently_authenticated(view: PageView[Args]) -> PageView[Args]:
    """Ask for password or code first, when the last proof is too old.

    The form counts too, not only its POST: nobody types a page to be sent away.
    """

    @wraps(view)
    def guarded(
        request: UserRequest, /, *args: Args.args, **kwargs: Args.kwargs
    ) -> HttpResponse:
        if not proved_identity_recently(request):
            raise ReauthenticationRequired
        return view(request, *args, **kwargs)

    return guarded


def client_address(request: HttpRequest) -> str | None:
    """Where a request comes from, by the rule of the log-in limits; None if unknown.

    Behind proxies that is what the outermost of ours saw, not what a client claims.
    """
    try:
        address: str = get_adapter(request).get_client_ip(request)
    except (PermissionDenied, ImproperlyConfigured):
        return None
    return address


def too_many_requests(request: HttpRequest, *, retry_after: int = 60) -> HttpResponse:
    """The rate limit's answer, saying when it is worth trying again."""
    minutes = max(1, retry_after // 60)
    page = render(request, "accounts/429.html", {"minutes": minutes}, status=429)
    page["Retry-After"] = str(retry_after)
    return page
