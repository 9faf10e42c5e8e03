"""The one calendar: a month, a week, a list, and what calendar programs read."""

from datetime import date, datetime, time, timedelta
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_POST

from changes.queries.calendar import booked, booked_for_feed
from environments import calendar_grid, ics
from environments.queries import calendar as queries
from environments.queries import inventory
from environments.queries.calendar import Entry
from environments.services import feeds
from opsdesk.accounts.access import INTERNAL
from opsdesk.core import clock
from opsdesk.core.fields import is_sane
from opsdesk.core.http import UserRequest, once
from opsdesk.core.policy import policy, public

DAY = timedelta(days=1)
LIST_DAYS = 60
SHAPES = ("month", "week", "list")
WEEKDAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")


@require_GET
@policy(*sorted(INTERNAL))
def calendar(request: UserRequest) -> HttpResponse:
    now, zone = clock.now(), timezone.get_current_timezone()
    shape = request.GET.get("view", "")
    shape = shape if shape in SHAPES else "month"
    today = now.astimezone(zone).date()
    on = _day(request.GET.get("on", ""), today)
    first, days = _stretch(shape, on)
    environment = _number(request.GET.get("environment", ""))
    context = {
        "shape": shape,
        "shapes": SHAPES,
        "weekdays": WEEKDAYS,
        "on": on,
        "zone": zone,
        "today": today,
        "environments": inventory.environments(request.user),
        "environment": environment,
        "feed": queries.own_feed(request.user),
        "now": now,
        **_steps(shape, on),
        **_laid_out(shape, _entries(request, first, days, environment), first, days),
    }
    return render(request, "environments/calendar.html", context)


@policy(*sorted(INTERNAL))
@require_POST
@never_cache
def feed_open(request: UserRequest) -> HttpResponse:
    """The address is in this answer and nowhere else."""
    path = reverse("environments:feed", args=[feeds.open_feed(actor=request.user)])
    context = {"address": f"{settings.SITE_URL}{path}"}
    return render(request, "environments/calendar_feed.html", context)


@policy(*sorted(INTERNAL))
@require_POST
@once
def feed_close(request: UserRequest) -> HttpResponse:
    feeds.close_feed(actor=request.user)
    messages.success(request, "The calendar's address opens nothing any more.")
    return redirect("environments:calendar")


@public
@require_GET
def feed(request: HttpRequest, secret: str) -> HttpResponse:
    person = feeds.reader(secret)
    if person is None:
        raise Http404
    now = clock.now()
    entries = [*queries.feed_entries(person, now), *booked_for_feed(person, now)]
    events = [_event(entry) for entry in entries]
    body = ics.write(f"opsdesk: {settings.SITE_URL}", events, stamp=now)
    response = HttpResponse(body, content_type="text/calendar; charset=utf-8")
    response["Content-Disposition"] = 'inline; filename="opsdesk.ics"'
    response["Cache-Control"] = "private, no-store"
    return response


def _entries(
    request: UserRequest, first: date, days: int, environment: int | None
) -> list[Entry]:
    zone = timezone.get_current_timezone()
    since = datetime.combine(first, time(), zone)
    until = datetime.combine(first + days * DAY, time(), zone)
    asked = (request.user, since, until, environment)
    return [*queries.window_entries(*asked), *booked(*asked)]


def _event(entry: Entry) -> ics.Event:
    where = f"{entry.label}: {entry.where}"
    return ics.Event(
        uid=f"{entry.uid}@opsdesk",
        starts_at=entry.starts_at,
        ends_at=entry.ends_at,
        title=f"{entry.title} ({entry.where})",
        body="\n".join(filter(None, (where, entry.note))),
        url=f"{settings.SITE_URL}{entry.url}",
        category=entry.label,
    )


def _laid_out(
    shape: str, entries: list[Entry], first: date, days: int
) -> dict[str, Any]:
    zone = timezone.get_current_timezone()
    if shape == "list":
        return {"listed": calendar_grid.by_day(entries, zone)}
    return {"weeks": calendar_grid.weeks(entries, first, days // 7, zone)}


def _stretch(shape: str, on: date) -> tuple[date, int]:
    """The first day shown, and how many."""
    if shape == "list":
        return on, LIST_DAYS
    if shape == "week":
        return calendar_grid.monday_of(on), 7
    first = calendar_grid.monday_of(on.replace(day=1))
    last = _month_after(on) - DAY
    return first, ((last - first).days // 7 + 1) * 7


def _steps(shape: str, on: date) -> dict[str, Any]:
    """What the stretch is called, and the days the ones beside it are asked by."""
    if shape == "month":
        before = (on.replace(day=1) - DAY).replace(day=1)
        return {"heading": f"{on:%B %Y}", "before": before, "after": _month_after(on)}
    first = calendar_grid.monday_of(on) if shape == "week" else on
    word = "Week of" if shape == "week" else "From"
    step = timedelta(days=7 if shape == "week" else LIST_DAYS)
    heading = f"{word} {first.day} {first:%B %Y}"
    return {"heading": heading, "before": on - step, "after": on + step}


def _month_after(on: date) -> date:
    return (on.replace(day=28) + 4 * DAY).replace(day=1)


def _day(text: str, today: date) -> date:
    """The day asked for, if it is one, well inside what is stored; else today."""
    try:
        day = date.fromisoformat(text)
    except ValueError:
        return today
    return day if is_sane(day - 400 * DAY) and is_sane(day + 400 * DAY) else today


def _number(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else None
