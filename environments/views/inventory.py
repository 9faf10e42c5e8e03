from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_GET

from environments import permissions
from environments.forms.inventory import (
    EnvironmentEditForm,
    EnvironmentForm,
    LandscapeEditForm,
    LandscapeForm,
    ModulesForm,
)
from environments.models import Environment, Landscape
from environments.queries import inventory as queries
from environments.services import inventory as services
from opsdesk.accounts.access import INTERNAL, Role
from opsdesk.core.forms import initial_of
from opsdesk.core.http import UserRequest, once, submit
from opsdesk.core.policy import policy


@require_GET
@policy(*sorted(INTERNAL))
def environment_list(request: UserRequest) -> HttpResponse:
    context = {
        "boards": queries.boards(request.user),
        "may_edit": permissions.can_keep_inventory(request.user),
    }
    return render(request, "environments/list.html", context)


@policy(Role.ADMINISTRATOR)
@once
def landscape_new(request: UserRequest) -> HttpResponse:
    form = LandscapeForm(request.POST or None)
    if landscape := submit(form, services.add_landscape, actor=request.user):
        messages.success(request, f"{landscape} is registered.")
        return redirect("environments:list")
    return _form(request, form, "New landscape")


@policy(Role.ADMINISTRATOR)
@once
def landscape_edit(request: UserRequest, pk: int) -> HttpResponse:
    landscape = get_object_or_404(Landscape, pk=pk)
    form = LandscapeEditForm(
        request.POST or None, initial=initial_of(landscape, LandscapeEditForm)
    )
    if submit(form, services.edit_landscape, landscape, actor=request.user):
        messages.success(request, f"{landscape} is changed.")
        return redirect("environments:list")
    return _form(request, form, f"Edit {landscape}")


@policy(Role.ADMINISTRATOR)
@once
def module_add(request: UserRequest, pk: int) -> HttpResponse:
    landscape = get_object_or_404(Landscape, pk=pk)
    form = ModulesForm(request.POST or None)
    known = submit(form, services.name_modules, landscape, actor=request.user)
    if known is not None:
        messages.success(request, f"{landscape} has {len(known)} modules.")
        return redirect("environments:list")
    return _form(request, form, f"Modules of {landscape}")


@policy(Role.ADMINISTRATOR)
@once
def environment_new(request: UserRequest, pk: int) -> HttpResponse:
    landscape = get_object_or_404(Landscape, pk=pk)
    form = EnvironmentForm(request.POST or None, initial=_first(request, landscape))
    made = submit(form, services.add_environment, landscape, actor=request.user)
    if made:
        messages.success(request, f"{made} is registered.")
        return redirect("environments:list")
    return _form(request, form, f"New environment of {landscape}")


@policy(Role.ADMINISTRATOR)
@once
def environment_edit(request: UserRequest, pk: int) -> HttpResponse:
    environment = get_object_or_404(queries.environments(request.user), pk=pk)
    form = EnvironmentEditForm(
        request.POST or None, initial=initial_of(environment, EnvironmentEditForm)
    )
    if submit(form, services.edit_environment, environment, actor=request.user):
        messages.success(request, f"{environment} is changed.")
        return redirect("environments:list")
    return _form(request, form, f"Edit {environment}")


def _first(request: UserRequest, landscape: Landscape) -> dict[str, Any]:
    """What a new environment starts from: the first production serves, as a rule."""
    kind = request.GET.get("kind", "") or Environment.Kind.PRODUCTION
    serves = landscape.environments.filter(is_serving=True).exists()
    is_first = kind == Environment.Kind.PRODUCTION and not serves
    return {"kind": kind, "is_serving": is_first}


def _form(request: UserRequest, form: forms.Form, title: str) -> HttpResponse:
    context: dict[str, Any] = {"form": form, "title": title}
    return render(request, "environments/form.html", context)
