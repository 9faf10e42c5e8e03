"""The way in for somebody who only looks."""

from allauth.account.internal.flows.login import record_authentication
from allauth.account.utils import perform_login
from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.views.decorators.http import require_POST

from opsdesk.accounts import queries
from opsdesk.core.policy import public


@public
@require_POST
def demo_login(request: HttpRequest, pk: int) -> HttpResponse:
    """One click into a demo account; there is no such page outside development."""
    if not settings.DEBUG:
        raise Http404
    user = get_object_or_404(queries.demo_people(), pk=pk)
    record_authentication(request, user, method="demo")
    response: HttpResponse = perform_login(request, user)
    return response
