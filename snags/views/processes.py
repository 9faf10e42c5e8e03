from django import forms
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_GET

from environments.models import Landscape
from opsdesk.accounts.access import INTERNAL, Role, access_of
from opsdesk.core.errors import RuleError
from opsdesk.core.http import UserRequest, once, submit
from opsdesk.core.policy import policy
from snags.forms.processes import ProcessEditForm, ProcessForm
from snags.models import BusinessProcess
from snags.queries.processes import processes
from snags.services.processes import add_process, edit_process
from snags.views.lists import NO_LANDSCAPE


@require_GET
@policy(*sorted(INTERNAL))
def process_list(request: UserRequest) -> HttpResponse:
    context = {
        "lines": processes(request.user),
        "may_edit": access_of(request.user).has(Role.MANAGER),
    }
    return render(request, "snags/processes.html", context)


@policy(Role.MANAGER)
@once
def process_new(request: UserRequest) -> HttpResponse:
    if not Landscape.objects.exists():
        raise RuleError(NO_LANDSCAPE)
    form = ProcessForm(request.POST or None)
    if process := submit(form, add_process, actor=request.user):
        messages.success(request, f"{process} is named.")
        return redirect("snags:processes")
    return _form(request, form, "New process")


@policy(Role.MANAGER)
@once
def process_edit(request: UserRequest, pk: int) -> HttpResponse:
    process = get_object_or_404(BusinessProcess, pk=pk)
    initial = {
        "name": process.name,
        "owner": process.owner_id,
        "steps": "\n".join(process.steps),
        "is_active": process.is_active,
        "version": process.version,
    }
    form = ProcessEditForm(request.POST or None, initial=initial)
    if submit(form, edit_process, process, actor=request.user):
        messages.success(request, f"{process} is changed.")
        return redirect("snags:processes")
    return _form(request, form, f"Edit {process}")


def _form(request: UserRequest, form: forms.Form, title: str) -> HttpResponse:
    return render(request, "snags/process_form.html", {"form": form, "title": title})
