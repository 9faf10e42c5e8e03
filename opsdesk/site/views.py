"""Home, and whether the product is well: answered here, in the web process."""

from django.conf import settings
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.utils.crypto import constant_time_compare
from django.views.decorators.http import require_GET

from opsdesk.accounts.access import Role, access_of
from opsdesk.core.http import UserRequest
from opsdesk.core.policy import policy, public
from opsdesk.site import first_steps, health, searching

# Where a person's day starts: the first role they hold, in this order, decides.
FIRST_PAGE = (
    (Role.SUPPORT, "snags:list"),
    (Role.MANAGER, "sla:dashboard"),
    (Role.ADMINISTRATOR, "changes:board"),
    (Role.ACCESS_ADMINISTRATOR, "accounts:people"),
    (Role.APPROVER_TECHNICAL, "changes:approvals"),
    (Role.APPROVER_BUSINESS, "changes:approvals"),
    (Role.AUDITOR, "sla:dashboard"),
    (Role.SUPPLIER, "snags:handed"),
    (Role.REPORTER, "snags:mine"),
)
# Who sets an installation up, and is shown what it still needs.
FOUNDERS = (Role.ACCESS_ADMINISTRATOR, Role.ADMINISTRATOR, Role.MANAGER)


@require_GET
@policy()
def home(request: UserRequest) -> HttpResponse:
    access = access_of(request.user)
    if access.has(*FOUNDERS):
        guide = first_steps.guide(request.user)
        if not guide.is_complete:
            return render(request, "site/first_steps.html", {"guide": guide})
    page = next((page for role, page in FIRST_PAGE if access.has(role)), None)
    return redirect(page or "accounts:profile")


@require_GET
@policy()
def search(request: UserRequest) -> HttpResponse:
    """Answer the palette: what matches, and where it is."""
    hits = searching.suggest(request.user, request.GET.get("q", ""))
    return JsonResponse({"hits": [hit.as_json() for hit in hits]})


@require_GET
@public
def live(_request: HttpRequest) -> HttpResponse:
    """The process answers; nothing else is asked."""
    return HttpResponse("ok", content_type="text/plain")


@require_GET
@public
def ready(_request: HttpRequest) -> HttpResponse:
    """Can this process serve? A missing broker is said, but does not stop pages."""
    report = health.readiness()
    return JsonResponse(report.as_json(), status=200 if report.is_ready else 503)


@require_GET
@public
def lag(request: HttpRequest) -> HttpResponse:
    """How late the machinery is, for whoever holds the health token."""
    given = request.headers.get("Authorization", "").removeprefix("Bearer ")
    known = settings.HEALTH_TOKEN
    if not known or not constant_time_compare(given, known):
        return JsonResponse({"detail": "Not for you."}, status=403)
    return JsonResponse(health.lag())
