"""Per-person settings for each request: time zone, session age, the second factor."""

from collections.abc import Callable
from typing import Any
from zoneinfo import ZoneInfo

from allauth.mfa.adapter import get_adapter
from allauth.mfa.models import Authenticator
from django.conf import settings
from django.contrib.auth import logout
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone

from opsdesk.accounts import sessions
from opsdesk.accounts.access import access_of
from opsdesk.accounts.models import User
from opsdesk.accounts.permissions import must_carry_second_factor
from opsdesk.core.policy import policy_of
from opsdesk.core.problems import is_for_api, problem

Handler = Callable[[HttpRequest], HttpResponse]

# What somebody who still owes a second factor needs to set one up, or to leave.
WHILE_ENROLLING = frozenset(
    {
        "account_logout",
        "account_reauthenticate",
        "mfa_activate_totp",
        "mfa_index",
        "mfa_reauthenticate",
    }
)


class SessionAgeMiddleware:
    """End a sign-in that has lasted long enough, however busy it was."""

    def __init__(self, get_response: Handler) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        session = request.session
        if sessions.is_signed_in(session):
            sessions.keep_alive(session)
            user = request.user if sessions.may_be_over(session) else None
            if isinstance(user, User) and sessions.is_over(session, access_of(user)):
                logout(request)
        return self.get_response(request)


class PersonalSettingsMiddleware:
    """Show times in the person's own zone."""

    def __init__(self, get_response: Handler) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        user = request.user
        if isinstance(user, User) and user.time_zone:
            with timezone.override(ZoneInfo(user.time_zone)):
                return self.get_response(request)
        return self.get_response(request)


class RequireMfaMiddleware:
    """Hold people with power at the door until they have a second factor."""

    def __init__(self, get_response: Handler) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_view(
        self, request: HttpRequest, view: Callable[..., Any], *_args: object
    ) -> HttpResponse | None:
        user = request.user
        if not settings.MFA_REQUIRED_FOR_POWER or not isinstance(user, User):
            return None
        name = request.resolver_match.url_name if request.resolver_match else None
        rule = policy_of(view, name)
        if name in WHILE_ENROLLING or (rule is not None and rule.is_public):
            return None
        if not must_carry_second_factor(user) or _has_second_factor(user):
            return None
        if is_for_api(request):
            return problem(403, "second_factor_missing", SENTENCE)
        return redirect("mfa_activate_totp")


SENTENCE = "Your role needs a second factor; set it up first."


def _has_second_factor(user: User) -> bool:
    enrolled: bool = get_adapter().is_mfa_enabled(user, [Authenticator.Type.TOTP])
    return enrolled
