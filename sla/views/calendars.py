from collections.abc import Callable
from datetime import datetime
from functools import partial
from typing import Any
from zoneinfo import ZoneInfo

from django import forms
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_GET, require_POST

from opsdesk.accounts.access import Role
from opsdesk.core import clock
from opsdesk.core.errors import RuleError
from opsdesk.core.forms import initial_of
from opsdesk.core.http import UserRequest, once, submit
from opsdesk.core.policy import policy
from sla import queries
from sla.forms.calendars import (
    AmendCalendarForm,
    CorrectCalendarForm,
    FeedForm,
    NewCalendarForm,
    RenameCalendarForm,
    first_hours,
    hours_of,
)
from sla.models import CalendarVersion, ServiceCalendar
from sla.permissions import READERS, can_edit_terms
from sla.queries import calendars, contracts
from sla.services import calendars as services
from sla.services import holidays
from sla.views.strips import week_strip, week_words
from sla.views.terms import is_overtaken, saved
from sla.views.trials import CalendarTrial, try_calendar, try_new_calendar
from sla.wording import days_text, read_days, week_text
from sla.yearview import year_of
from snags.queries import live_clocks

COMMON_REGIONS = tuple(
    code for code in holidays.regions() if len(code) == 2 or code.startswith("GB-")
)


@require_GET
@policy(*READERS)
def calendar_list(request: UserRequest) -> HttpResponse:
    context = {
        "lines": calendars.calendar_lines(clock.now()),
        "may_edit": can_edit_terms(request.user),
    }
    return render(request, "sla/calendar_list.html", context)


@require_GET
@policy(*READERS)
def calendar_page(request: UserRequest, pk: int) -> HttpResponse:
    calendar = get_object_or_404(calendars.calendars(), pk=pk)
    now = clock.now()
    version = calendars.version_at(calendar, now)
    hours = version.as_hours() if version else None
    context = {
        "calendar": calendar,
        "version": version,
        "hours": hours,
        "strip": week_strip(hours) if hours else "",
        "words": week_words(hours) if hours else [],
        "versions": calendars.versions_of(calendar),
        "contracts": calendars.contracts_by(calendar),
        "clocks": live_clocks.of_calendar(pk, now),
        "pending": contracts.open_changes({"calendar_id": pk}),
        "may_edit": can_edit_terms(request.user),
    }
    zone = ZoneInfo(hours.timezone) if hours else None
    context |= _year(request, calendar, now.astimezone(zone))
    return render(request, "sla/calendar.html", context)


@policy(Role.MANAGER)
@once
def calendar_new(request: UserRequest) -> HttpResponse:
    form = NewCalendarForm(request.POST or None, initial=first_hours())
    made = saved(request, form, services.create_calendar)
    if made:
        messages.success(request, f"{made} can be used in contracts now.")
        return redirect(made)
    trial = _trial(request, form, try_new_calendar)
    return _form(request, form, "New calendar", trial=trial)


@policy(Role.MANAGER)
@once
def calendar_amend(request: UserRequest, pk: int) -> HttpResponse:
    calendar = get_object_or_404(calendars.calendars(), pk=pk)
    latest = calendars.versions_of(calendar)[0]
    start = calendars.version_at(calendar, clock.now()) or latest
    initial = hours_of(start) | {"version": latest.number}
    form = AmendCalendarForm(request.POST or None, initial=_with_feed(request, initial))
    made = saved(request, form, services.amend_calendar, calendar)
    if made:
        messages.success(request, f"Version {made.number} is written.")
        return redirect(calendar)
    trial = _trial(request, form, partial(try_calendar, calendar))
    title = f"Amend {calendar}"
    return _form(request, form, title, calendar=calendar, latest=latest, trial=trial)


@policy(Role.MANAGER)
@once
def calendar_correct(request: UserRequest, pk: int, number: int) -> HttpResponse:
    calendar = get_object_or_404(calendars.calendars(), pk=pk)
    wrong = get_object_or_404(calendar.versions.in_force(), number=number)
    latest = calendars.versions_of(calendar)[0]
    initial = hours_of(wrong) | {"version": latest.number, "replaces": number}
    form = CorrectCalendarForm(request.POST or None, initial=initial)
    made = saved(request, form, services.correct_calendar, calendar)
    if made:
        messages.success(request, f"Version {made.number} replaces {number}.")
        return redirect(calendar)
    trial = _trial(request, form, partial(try_calendar, calendar, replaced=wrong))
    extra = {"calendar": calendar, "correcting": wrong, "trial": trial}
    title = f"Correct version {number} of {calendar}"
    return _form(request, form, title, latest=latest, **extra)


@policy(Role.MANAGER)
@once
def calendar_rename(request: UserRequest, pk: int) -> HttpResponse:
    calendar = get_object_or_404(calendars.calendars(), pk=pk)
    initial = initial_of(calendar, RenameCalendarForm)
    form = RenameCalendarForm(request.POST or None, initial=initial)
    if submit(form, services.rename_calendar, calendar, actor=request.user):
        messages.success(request, "The name is changed.")
        return redirect(calendar)
    return _form(request, form, f"Rename {calendar}", calendar=calendar, is_plain=True)


@policy(Role.MANAGER)
@once
def calendar_ical(request: UserRequest, pk: int) -> HttpResponse:
    calendar = get_object_or_404(calendars.calendars(), pk=pk)
    form = FeedForm(request.POST or None, request.FILES or None)
    read = submit(form, holidays.import_feed, actor=request.user)
    if read:
        left = f" {read.left_out} entries were no whole days." if read.left_out else ""
        messages.success(
            request, f"{len(read.feed.days)} days off read.{left} Look, then save."
        )
        response = redirect("sla:calendar_amend", pk)
        response["Location"] += f"?feed={read.feed.pk}"
        return response
    title = f"Days off for {calendar} from a file"
    return _form(request, form, title, calendar=calendar, is_plain=True)


@require_POST
@policy(Role.MANAGER)
def calendar_active(request: UserRequest, pk: int) -> HttpResponse:
    calendar = get_object_or_404(calendars.calendars(), pk=pk)
    wanted = request.POST.get("is_active") == "yes"
    services.set_calendar_active(calendar, actor=request.user, is_active=wanted)
    messages.success(request, f"{calendar} is {'in' if wanted else 'out of'} use.")
    return redirect(calendar)


def _form(
    request: UserRequest,
    form: forms.Form,
    title: str,
    *,
    latest: CalendarVersion | None = None,
    **extra: Any,
) -> HttpResponse:
    context = {"form": form, "title": title, "regions": COMMON_REGIONS, **extra}
    renamed = getattr(form, "theirs", None)
    if isinstance(form, RenameCalendarForm) and renamed is not None:
        context["both"] = form.beside(renamed)
        form.data = {**dict(form.data.items()), "version": str(renamed.version)}
    if latest is not None and is_overtaken(form, latest):
        context |= {"theirs": latest, "their_week": week_text(latest.as_hours())}
    return render(request, "sla/calendar_form.html", context)


def _trial(
    request: UserRequest,
    form: forms.Form,
    attempt: Callable[[dict[str, Any], datetime], CalendarTrial],
) -> CalendarTrial | None:
    """What would come of it, when somebody asks to see before saving."""
    if "preview" not in request.POST or not form.is_valid():
        return None
    try:
        return attempt(form.cleaned_data, clock.now())
    except RuleError as error:
        form.add_error(None, str(error))
        return None


def _with_feed(request: UserRequest, initial: dict[str, Any]) -> dict[str, Any]:
    """The days of an imported file, added to those the calendar has."""
    asked = request.GET.get("feed", "")
    feed = calendars.feed(int(asked)) if asked.isdecimal() and len(asked) < 10 else None
    if feed is not None:
        own = read_days(initial["days"]) | feed.dates()
        initial = initial | {"days": days_text(own), "reason": f"Imported {feed}"}
    return initial


def _year(
    request: UserRequest, calendar: ServiceCalendar, now: datetime
) -> dict[str, Any]:
    """The year asked for, else this one; and whether it is open just now."""
    schedule = queries.load(queries.timeline_of(calendar.pk))
    asked = request.GET.get("year", "")
    is_year = asked.isdecimal() and asked.isascii() and len(asked) == 4
    number = int(asked) if is_year and 2001 <= int(asked) <= 2098 else now.year
    names = calendars.named_days(calendar)
    return {
        "year": year_of(schedule, number, names, today=now.date()),
        "years": (number - 1, number + 1),
        "is_open": schedule.is_open(now),
        "next_open": schedule.next_open(now),
    }
