from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_GET

from environments import permissions
from environments.models import Landscape
from environments.queries import impact as plants
from environments.queries import inventory, upkeep, windows
from environments.queries import page as pages
from environments.queries.installed import history
from environments.queries.landscape import landscape_of
from environments.queries.matrix import in_lanes, matrices
from environments.views import drawing
from environments.wording import tell
from opsdesk.accounts.access import INTERNAL
from opsdesk.core import clock
from opsdesk.core.http import UserRequest
from opsdesk.core.paging import page_of
from opsdesk.core.policy import policy

STAFF = sorted(INTERNAL)
AHEAD = 3


@require_GET
@policy(*STAFF)
def board(request: UserRequest) -> HttpResponse:
    """The four environments of every landscape side by side."""
    now = clock.now()
    context = {
        "boards": [
            drawing.board(each, now) for each in inventory.boards(request.user, now)
        ],
        "may_edit": permissions.can_keep_inventory(request.user),
    }
    return render(request, "environments/list.html", context)


@require_GET
@policy(*STAFF)
def detail(request: UserRequest, pk: int) -> HttpResponse:
    environment = get_object_or_404(pages.environments_in_full(request.user), pk=pk)
    now = clock.now()
    events = page_of(pages.timeline(environment), request.GET.get("page"), per_page=25)
    context = {
        "environment": environment,
        "page": drawing.page(pages.page_of(environment, now), now),
        "windows": windows.standings([environment], now)[environment.pk],
        "coming": windows.next_windows(environment, now, AHEAD),
        "tasks": drawing.tasks(upkeep.tasks(environment), request.user, now),
        "certificates": drawing.ending(upkeep.certificates(environment), now),
        "installations": page_of(
            history(environment), request.GET.get("installed"), per_page=20
        ),
        "events": events,
        "told": [tell(event) for event in events],
        "may_edit": permissions.can_keep_inventory(request.user),
        "now": now,
    }
    return render(request, "environments/detail.html", context)


@require_GET
@policy(*STAFF)
def matrix(request: UserRequest) -> HttpResponse:
    """Which version runs where, and which copy must follow by when."""
    now = clock.now()
    rows = list(inventory.environments(request.user))
    landscapes = list(Landscape.objects.order_by("name", "pk"))
    grids = matrices(landscapes, rows, now)
    context = {
        "grids": [drawing.grid(grids[each.pk], now) for each in landscapes],
        "may_edit": permissions.can_keep_inventory(request.user),
    }
    return render(request, "environments/matrix.html", context)


@require_GET
@policy(*STAFF)
def impact(request: UserRequest, pk: int) -> HttpResponse:
    """What stops when the chosen servers and components are down."""
    environment = get_object_or_404(inventory.environments(request.user), pk=pk)
    siblings = inventory.environments(request.user).filter(
        landscape=environment.landscape_id
    )
    context = {
        "environment": environment,
        "siblings": in_lanes(list(siblings)),
        **drawing.impact(
            plants.plant_of(environment),
            plants.servers_of(environment),
            request.GET,
        ),
    }
    return render(request, "environments/impact.html", context)


@require_GET
@policy(*STAFF)
def landscape(request: UserRequest, pk: int) -> HttpResponse:
    row = get_object_or_404(Landscape, pk=pk)
    now = clock.now()
    context = {
        **landscape_of(row),
        "licences": drawing.ending(upkeep.licences(row), now),
        "may_edit": permissions.can_keep_inventory(request.user),
    }
    return render(request, "environments/landscape.html", context)
