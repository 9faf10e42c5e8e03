from typing import Any

from django.http import HttpResponse
from django.shortcuts import get_object_or_404
from django.views.decorators.http import require_POST

from environments.forms.inventory import (
    EnvironmentEditForm,
    EnvironmentForm,
    LandscapeForm,
    ModulesForm,
    ReasonForm,
)
from environments.models import Environment, Landscape
from environments.queries import inventory as queries
from environments.services import environment as environments
from environments.services import landscapes, states
from environments.views.pages import ask, done
from opsdesk.accounts.access import Role
from opsdesk.core.http import UserRequest, once, submit
from opsdesk.core.policy import policy

BOARD = "environments:list"
# verb -> service, title, what it says beside the form, what it is called when done.
STATES = {
    "pause": (
        states.pause,
        "Stop the line in",
        "Nothing new starts there until somebody lets it go on.",
        "is paused",
    ),
    "quarantine": (
        states.quarantine,
        "Quarantine",
        "Nobody is to log in and nothing is promoted there until it is released.",
        "is quarantined",
    ),
    "release": (
        states.release,
        "Release",
        "People may log in and changes may be promoted there again.",
        "is released",
    ),
    "retire": (
        states.retire,
        "Retire",
        "It serves nobody any more and stays on record; this is not undone.",
        "is retired",
    ),
}


@policy(Role.ADMINISTRATOR)
@once
def landscape_new(request: UserRequest) -> HttpResponse:
    form = LandscapeForm(request.POST or None)
    if landscape := submit(form, landscapes.add_landscape, actor=request.user):
        return done(request, f"{landscape} is registered.", BOARD)
    return ask(request, form, "New landscape", BOARD)


@policy(Role.ADMINISTRATOR)
@once
def landscape_edit(request: UserRequest, pk: int) -> HttpResponse:
    row = get_object_or_404(Landscape, pk=pk)
    form = LandscapeForm(request.POST or None, row=row)
    if submit(form, landscapes.edit_landscape, row, actor=request.user):
        return done(request, f"{row} is changed.", row)
    return ask(request, form, f"Edit {row}", row)


@policy(Role.ADMINISTRATOR)
@once
def module_add(request: UserRequest, pk: int) -> HttpResponse:
    row = get_object_or_404(Landscape, pk=pk)
    form = ModulesForm(request.POST or None)
    known = submit(form, landscapes.name_modules, row, actor=request.user)
    if known is not None:
        return done(request, f"{row} has {len(known)} modules.", row)
    return ask(request, form, f"Modules of {row}", row)


@policy(Role.ADMINISTRATOR)
@once
def environment_new(request: UserRequest, pk: int) -> HttpResponse:
    row = get_object_or_404(Landscape, pk=pk)
    form = EnvironmentForm(
        request.POST or None, about=row, initial=_first(request, row)
    )
    if made := submit(form, environments.add_environment, row, actor=request.user):
        return done(request, f"{made} is registered.", made)
    return ask(request, form, f"New environment of {row}", BOARD)


@policy(Role.ADMINISTRATOR)
@once
def environment_edit(request: UserRequest, pk: int) -> HttpResponse:
    row = get_object_or_404(queries.environments(request.user), pk=pk)
    form = EnvironmentEditForm(request.POST or None, about=row.landscape, row=row)
    if submit(form, environments.edit_environment, row, actor=request.user):
        return done(request, f"{row} is changed.", row)
    return ask(request, form, f"Edit {row}", row)


@policy(Role.ADMINISTRATOR)
@once
def environment_state(request: UserRequest, pk: int, verb: str) -> HttpResponse:
    """Ask why, then retire, quarantine, release or pause it."""
    row = get_object_or_404(queries.environments(request.user), pk=pk)
    service, title, lead, told = STATES[verb]
    form = ReasonForm(request.POST or None)
    if submit(form, service, row, actor=request.user):
        return done(request, f"{row} {told}.", row)
    words = {"lead": lead, "button": title if verb != "pause" else "Stop the line"}
    words["tone"] = "danger" if verb == "retire" else "pri"
    return ask(request, form, f"{title} {row}", row, **words)


@require_POST
@policy(Role.ADMINISTRATOR)
@once
def environment_resume(request: UserRequest, pk: int) -> HttpResponse:
    row = get_object_or_404(queries.environments(request.user), pk=pk)
    states.resume(row, actor=request.user)
    return done(request, f"{row} goes on.", row)


def _first(request: UserRequest, landscape: Landscape) -> dict[str, Any]:
    """What a new environment starts from: the first production serves, as a rule."""
    kind = request.GET.get("kind", "") or Environment.Kind.PRODUCTION
    known = landscape.environments.in_use()
    production = known.filter(kind=Environment.Kind.PRODUCTION).first()
    return {
        "kind": kind,
        "is_serving": kind == Environment.Kind.PRODUCTION and production is None,
        "pairs_with": production if kind == Environment.Kind.FAILOVER else None,
        "data": Environment.Data.LIVE
        if Environment(kind=kind).may_serve
        else Environment.Data.MADE_UP,
    }
