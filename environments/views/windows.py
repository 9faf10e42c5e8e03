"""Freezes and maintenance windows: the list, one of them, its form with a preview."""

from collections.abc import Callable
from typing import Any
from zoneinfo import ZoneInfo

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_GET

from environments import permissions
from environments.expanding import Pattern, Span, upcoming
from environments.forms.windows import (
    CancelWindowForm,
    WindowEditForm,
    WindowForm,
    facts_of,
    first_facts,
    repeat_words,
)
from environments.models import Landscape, WindowKind, WindowRule
from environments.queries import windows as queries
from environments.services import windows as services
from environments.services.occurring import pattern_of
from opsdesk.accounts.access import INTERNAL, Role
from opsdesk.core import clock
from opsdesk.core.http import UserRequest, once, status_of, submit
from opsdesk.core.policy import policy

SHOWN = 10
PLANNERS = (Role.ADMINISTRATOR, Role.MANAGER)


@require_GET
@policy(*sorted(INTERNAL))
def window_list(request: UserRequest) -> HttpResponse:
    now = clock.now()
    rules = list(queries.rules(request.user))
    opening = queries.next_openings([rule.pk for rule in rules], now)
    context = {
        "lines": [
            (rule, repeat_words(rule.rrule), opening.get(rule.pk))
            for rule in rules
            if not rule.cancelled_at
        ],
        "past": [rule for rule in rules if rule.cancelled_at],
        "landscapes": Landscape.objects.order_by("name", "pk"),
        "now": now,
        **_may(request),
    }
    return render(request, "environments/windows.html", context)


@require_GET
@policy(*sorted(INTERNAL))
def window_page(request: UserRequest, pk: int) -> HttpResponse:
    rule = get_object_or_404(queries.rules(request.user), pk=pk)
    now = clock.now()
    context = {
        "rule": rule,
        "repeats": repeat_words(rule.rrule),
        "spans": []
        if rule.cancelled_at
        else _rows(upcoming(pattern_of(rule), now, SHOWN), rule.time_zone),
        "may_edit": permissions.can_plan_windows(request.user, rule.kind),
        "now": now,
    }
    return render(request, "environments/windows_page.html", context)


@policy(*PLANNERS)
@once
def freeze_new(request: UserRequest, pk: int) -> HttpResponse:
    return _new(request, pk, WindowKind.FREEZE)


@policy(Role.ADMINISTRATOR)
@once
def maintenance_new(request: UserRequest, pk: int) -> HttpResponse:
    return _new(request, pk, WindowKind.MAINTENANCE)


@policy(*PLANNERS)
@once
def window_edit(request: UserRequest, pk: int) -> HttpResponse:
    rule = get_object_or_404(queries.rules(request.user), pk=pk)
    form = WindowEditForm(
        request.POST or None,
        initial=facts_of(rule),
        landscape=rule.landscape,
        is_freeze=rule.is_freeze,
    )
    if _saved(request, form, services.edit_window, rule):
        messages.success(request, f"{rule} is changed from now on.")
        return redirect(rule)
    return _form(request, form, f"Edit {rule}", rule.kind, rule.get_absolute_url())


@policy(*PLANNERS)
@once
def window_cancel(request: UserRequest, pk: int) -> HttpResponse:
    rule = get_object_or_404(queries.rules(request.user), pk=pk)
    form = CancelWindowForm(request.POST or None)
    if submit(form, services.cancel_window, rule, actor=request.user):
        messages.success(request, f"{rule} is called off.")
        return redirect("environments:windows")
    context = {"form": form, "rule": rule}
    return render(
        request, "environments/windows_cancel.html", context, status=status_of(form)
    )


def _new(request: UserRequest, pk: int, kind: WindowKind) -> HttpResponse:
    landscape = get_object_or_404(Landscape, pk=pk)
    is_freeze = kind == WindowKind.FREEZE
    form = WindowForm(
        request.POST or None,
        initial=first_facts(landscape, clock.now()),
        landscape=landscape,
        is_freeze=is_freeze,
    )
    if made := _saved(request, form, services.create_window, landscape, kind=kind):
        told = " Everybody concerned is told." if is_freeze else ""
        messages.success(request, f"{made} is planned.{told}")
        return redirect(made)
    title = "New freeze" if is_freeze else "New maintenance window"
    return _form(request, form, f"{title} of {landscape}", kind, "")


def _form(
    request: UserRequest, form: WindowForm, title: str, kind: str, back: str
) -> HttpResponse:
    context: dict[str, Any] = {"form": form, "title": title}
    context["back"] = back or reverse("environments:windows")
    context["is_freeze"] = kind == WindowKind.FREEZE
    if form.is_bound and form.is_valid():
        context["spans"] = _preview(form, is_freeze=context["is_freeze"])
    if theirs := getattr(form, "theirs", None):
        context["theirs"] = form.beside(theirs)
        form.data = form.on_top_of(theirs)
    status = 200 if "preview" in request.POST else status_of(form)
    return render(request, "environments/windows_form.html", context, status=status)


def _preview(form: WindowForm, *, is_freeze: bool) -> list[dict[str, Any]]:
    """The next times it would be open; what is wrong with the rule is on the form."""
    data = form.cleaned_data
    pattern = Pattern(
        data["starts_local"],
        data["minutes"],
        data["time_zone"],
        data["rrule"],
        widens=is_freeze,
    )
    try:
        return _rows(upcoming(pattern, clock.now(), SHOWN), data["time_zone"])
    except ValueError as error:
        form.add_error(None, str(error))
        return []


def _rows(spans: list[Span], time_zone: str) -> list[dict[str, Any]]:
    zone = ZoneInfo(time_zone)
    return [
        {
            "span": span,
            "local": f"{span.start.astimezone(zone):%a %-d %b %Y, %H:%M}",
            "local_end": f"{span.end.astimezone(zone):%a %-d %b, %H:%M}",
            "utc": f"{span.start:%-d %b %H:%M} to {span.end:%-d %b %H:%M}",
        }
        for span in spans
    ]


def _may(request: UserRequest) -> dict[str, bool]:
    can = permissions.can_plan_windows
    return {
        "may_freeze": can(request.user, WindowKind.FREEZE),
        "may_maintain": can(request.user, WindowKind.MAINTENANCE),
    }


def _saved(
    request: UserRequest,
    form: WindowForm,
    service: Callable[..., WindowRule],
    *args: object,
    **kwargs: object,
) -> WindowRule | None:
    """What the service made; nothing when only a preview is asked for."""
    if "preview" in request.POST:
        return None
    return submit(form, service, *args, actor=request.user, **kwargs)
