from django.http import HttpResponse
from django.shortcuts import get_object_or_404
from django.views.decorators.http import require_POST

from environments.forms.inventory import PathForm
from environments.forms.parts import (
    ComponentForm,
    DependForm,
    InstallForm,
    PlaceForm,
    ServerForm,
)
from environments.models import Landscape
from environments.queries import inventory as queries
from environments.queries import rows
from environments.services import components, installing, paths, servers
from environments.views.pages import ask, done
from opsdesk.accounts.access import Role
from opsdesk.core.http import UserRequest, once, submit
from opsdesk.core.policy import policy


@policy(Role.ADMINISTRATOR)
@once
def server_new(request: UserRequest, pk: int) -> HttpResponse:
    environment = get_object_or_404(queries.environments(request.user), pk=pk)
    form = ServerForm(request.POST or None)
    if made := submit(form, servers.add_server, environment, actor=request.user):
        return done(request, f"{made} is registered.", environment)
    return ask(request, form, f"New server of {environment}", environment)


@policy(Role.ADMINISTRATOR)
@once
def server_edit(request: UserRequest, pk: int) -> HttpResponse:
    row = get_object_or_404(rows.servers(request.user), pk=pk)
    form = ServerForm(request.POST or None, row=row)
    if submit(form, servers.edit_server, row, actor=request.user):
        return done(request, f"{row} is changed.", row.environment)
    return ask(request, form, f"Edit {row}", row.environment)


@policy(Role.ADMINISTRATOR)
@once
def component_new(request: UserRequest, pk: int) -> HttpResponse:
    landscape = get_object_or_404(Landscape, pk=pk)
    form = ComponentForm(request.POST or None)
    if made := submit(form, components.add_component, landscape, actor=request.user):
        return done(request, f"{made} is named.", landscape)
    return ask(request, form, f"New component of {landscape}", landscape)


@policy(Role.ADMINISTRATOR)
@once
def component_edit(request: UserRequest, pk: int) -> HttpResponse:
    row = get_object_or_404(rows.components(), pk=pk)
    form = ComponentForm(request.POST or None, row=row)
    if submit(form, components.edit_component, row, actor=request.user):
        return done(request, f"{row} is changed.", row.landscape)
    return ask(request, form, f"Edit {row}", row.landscape)


@policy(Role.ADMINISTRATOR)
@once
def component_depend(request: UserRequest, pk: int) -> HttpResponse:
    row = get_object_or_404(rows.components(), pk=pk)
    form = DependForm(request.POST or None, about=row)
    if made := submit(form, components.depend, row, actor=request.user):
        return done(request, f"{row} needs {made.on}.", row.landscape)
    return ask(request, form, f"What {row} needs", row.landscape)


@require_POST
@policy(Role.ADMINISTRATOR)
@once
def dependency_drop(request: UserRequest, pk: int) -> HttpResponse:
    row = get_object_or_404(rows.dependencies(), pk=pk)
    components.undepend(row, actor=request.user)
    sentence = f"{row.component} works without {row.on}."
    return done(request, sentence, row.component.landscape)


@policy(Role.ADMINISTRATOR)
@once
def placement_new(request: UserRequest, pk: int) -> HttpResponse:
    environment = get_object_or_404(queries.environments(request.user), pk=pk)
    form = PlaceForm(request.POST or None, about=environment)
    if made := submit(form, components.place, environment, actor=request.user):
        return done(request, f"{made.component} is placed.", environment)
    return ask(request, form, f"What runs in {environment}", environment)


@require_POST
@policy(Role.ADMINISTRATOR)
@once
def placement_drop(request: UserRequest, pk: int) -> HttpResponse:
    row = get_object_or_404(rows.placements(request.user), pk=pk)
    components.unplace(row, actor=request.user)
    return done(request, f"{row.component} runs there no more.", row.environment)


@policy(Role.ADMINISTRATOR)
@once
def install_note(request: UserRequest, pk: int) -> HttpResponse:
    environment = get_object_or_404(queries.environments(request.user), pk=pk)
    form = InstallForm(request.POST or None, about=environment)
    service = installing.note_installation
    if made := submit(form, service, environment, actor=request.user):
        return done(request, f"{made.component} {made.label} is noted.", environment)
    return ask(request, form, f"What is installed in {environment}", environment)


@policy(Role.ADMINISTRATOR)
@once
def path_new(request: UserRequest, pk: int) -> HttpResponse:
    target = get_object_or_404(queries.environments(request.user), pk=pk)
    form = PathForm(request.POST or None, about=target)
    if made := submit(form, paths.lay_path, target, actor=request.user):
        return done(request, f"The path {made} is laid.", target)
    return ask(request, form, f"New way into {target}", target)


@policy(Role.ADMINISTRATOR)
@once
def path_edit(request: UserRequest, pk: int) -> HttpResponse:
    row = get_object_or_404(rows.paths(request.user), pk=pk)
    form = PathForm(request.POST or None, about=row.target, row=row)
    if submit(form, paths.edit_path, row, actor=request.user):
        return done(request, f"The path {row} is changed.", row.target)
    return ask(request, form, f"The path {row}", row.target)


@require_POST
@policy(Role.ADMINISTRATOR)
@once
def path_drop(request: UserRequest, pk: int) -> HttpResponse:
    row = get_object_or_404(rows.paths(request.user), pk=pk)
    paths.drop_path(row, actor=request.user)
    return done(request, f"The path {row} is gone.", row.target)
