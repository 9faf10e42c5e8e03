"""Templates of standard changes: the list, the page of one, proposing and voting."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_GET, require_POST

from changes import permissions
from changes.forms.templates import SuspendForm, TemplateForm
from changes.models import ChangeTemplate
from changes.queries import templates as read
from changes.services import templates as services
from changes.views.changes import MAKERS
from changes.wording import TEMPLATE_TONES
from environments.models import Landscape
from opsdesk.accounts.access import INTERNAL, Role
from opsdesk.core import clock
from opsdesk.core.http import UserRequest, once, submit
from opsdesk.core.policy import policy


@require_GET
@policy(*sorted(INTERNAL))
def template_list(request: UserRequest) -> HttpResponse:
    context = {
        "templates": read.templates(),
        "may_propose": permissions.can_prepare(request.user),
        "today": clock.today(),
        "tones": TEMPLATE_TONES,
    }
    return render(request, "changes/templates.html", context)


@require_GET
@policy(*sorted(INTERNAL))
def template_detail(request: UserRequest, pk: int) -> HttpResponse:
    page = read.page_of(request.user, _found(pk), clock.now())
    context = {"suspend": SuspendForm(), "tones": TEMPLATE_TONES, **page}
    return render(request, "changes/template.html", context)


@policy(*MAKERS)
@once
def template_new(request: UserRequest) -> HttpResponse:
    """A first number, or `?from=` the next number of a template there is."""
    before = _before(request)
    landscape = before.landscape if before else Landscape.objects.order_by("pk").first()
    form = TemplateForm(request.POST or None, landscape=landscape, before=before)
    template = submit(form, services.propose, actor=request.user, landscape=landscape)
    if template is None:
        status = 422 if form.is_bound else 200
        context = {"form": form, "before": before}
        return render(request, "changes/template_form.html", context, status=status)
    messages.success(request, f"{template} is proposed; people are asked about it.")
    return redirect(template)


@require_POST
@policy(*MAKERS)
@once
def template_again(request: UserRequest, pk: int) -> HttpResponse:
    template = services.propose_again(_found(pk), actor=request.user)
    messages.success(request, f"People are asked about {template} again.")
    return redirect(template)


@require_POST
@policy(Role.MANAGER)
@once
def template_suspend(request: UserRequest, pk: int) -> HttpResponse:
    template, form = _found(pk), SuspendForm(request.POST)
    at = clock.now()
    done = submit(form, services.suspend_template, template, actor=request.user, at=at)
    if done is None:
        messages.error(request, "Say why it is suspended.")
    return redirect(template)


@require_POST
@policy(Role.MANAGER)
@once
def template_retire(request: UserRequest, pk: int) -> HttpResponse:
    template = services.retire_template(_found(pk), actor=request.user)
    messages.success(request, f"{template} is out of use.")
    return redirect(template)


def _found(pk: int) -> ChangeTemplate:
    return get_object_or_404(read.templates(), pk=pk)


def _before(request: UserRequest) -> ChangeTemplate | None:
    number = request.GET.get("from", "")
    known = number.isascii() and number.isdecimal() and len(number) < 18
    return _found(int(number)) if known else None
