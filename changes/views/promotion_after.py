"""Leave during a freeze, breaking the glass, and what is owed afterwards."""

from collections.abc import Callable
from typing import Any

from django import forms as django_forms
from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render

from changes.forms import promotions as forms
from changes.models import ChangeDuty, ChangeRequest
from changes.queries.leave import freezes_in_the_way
from changes.services import after, breaking_glass, overriding
from changes.views.changes import MAKERS
from changes.views.changes import found as found_change
from environments.models import Occurrence
from opsdesk.accounts.access import INTERNAL, Role
from opsdesk.core import clock
from opsdesk.core.http import UserRequest, once, status_of, submit
from opsdesk.core.policy import policy


@policy(*MAKERS)
@once
def override_ask(request: UserRequest, pk: int, occurrence_pk: int) -> HttpResponse:
    change = found_change(request, pk)
    freeze = _freeze(request, change, occurrence_pk)
    form = forms.OverrideForm(request.POST or None)
    done = submit(
        form, overriding.ask_override, change, actor=request.user, occurrence=freeze
    )
    if done:
        messages.success(request, f"A manager is asked for leave during {freeze.rule}.")
        return redirect(change)
    lead = f"{freeze} forbids it now. Leave is for this revision, once."
    return _asked(request, change, form, "Ask for leave", lead)


@policy(*sorted(INTERNAL))
@once
def break_glass(request: UserRequest, pk: int) -> HttpResponse:
    change = found_change(request, pk)
    form = forms.BreakGlassForm(request.POST or None, change=change)
    if made := submit(form, breaking_glass.break_glass, change, actor=request.user):
        messages.warning(request, f"{made} has started. Everybody skipped was told.")
        return redirect(made)
    lead = (
        "It starts at once, before anybody agreed. Everybody who was not asked is told"
        " now, and two people judge it within 24 hours."
    )
    return _asked(request, change, form, "Break the glass", lead, tone="danger")


@policy()
@once
def duty_settle(request: UserRequest, pk: int) -> HttpResponse:
    """Whoever owes it says that it is done, from wherever they are."""
    form = forms.DutyDoneForm(request.POST or None)
    return _owed(request, pk, form, after.settle_duty, "It is done")


@policy(Role.MANAGER, Role.ADMINISTRATOR)
@once
def duty_waive(request: UserRequest, pk: int) -> HttpResponse:
    form = forms.DutyWaiveForm(request.POST or None)
    return _owed(request, pk, form, after.waive_duty, "Waive it")


def _freeze(request: UserRequest, change: ChangeRequest, pk: int) -> Occurrence:
    """A freeze in the way of the change; any other window is not found here."""
    found = freezes_in_the_way(request.user, change, clock.exact())
    for freeze in found:
        if freeze.pk == pk:
            return freeze
    raise Http404


def _owed(
    request: UserRequest,
    pk: int,
    form: django_forms.Form,
    service: Callable[..., Any],
    title: str,
) -> HttpResponse:
    seen = ChangeRequest.objects.visible_to(request.user).order_by().values("pk")
    rows = ChangeDuty.objects.filter(change__in=seen)
    parts = rows.select_related("change", "environment", "duty__owner")
    owed = get_object_or_404(parts, pk=pk)
    if submit(form, service, owed, actor=request.user):
        messages.success(request, f"{owed.get_kind_display()}: settled.")
        return redirect(owed.change)
    lead = f"{owed}. {owed.duty.owner} owes it."
    return _asked(request, owed.change, form, title, lead)


def _asked(
    request: UserRequest,
    change: ChangeRequest,
    form: django_forms.Form,
    title: str,
    lead: str,
    tone: str = "pri",
) -> HttpResponse:
    context = {
        "change": change,
        "form": form,
        "title": title,
        "lead": lead,
        "tone": tone,
    }
    return render(
        request, "changes/promotion_form.html", context, status=status_of(form)
    )
