"""The picture a browser asks for when a page names none: files, API pages."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.templatetags.static import static
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_GET

from opsdesk.core.policy import public


@public
@require_GET
@cache_control(max_age=86_400, public=True)
def favicon(_request: HttpRequest) -> HttpResponse:
    return redirect(static("opsdesk/favicon.svg"))
