from django.http import HttpResponse
from django.shortcuts import redirect, render

from opsdesk.accounts.access import Role
from opsdesk.core import clock
from opsdesk.core.errors import RuleError
from opsdesk.core.http import UserRequest, once, submit
from opsdesk.core.policy import policy
from snags import permissions
from snags.forms.report import OnBehalfForm, ReportForm, person_label
from snags.queries.reporting import (
    PEOPLE_SHOWN,
    my_reports,
    people_to_log_for,
    takes_reports,
)
from snags.queries.searching import similar_open
from snags.services.raising import raise_snag

REPORTERS = tuple(sorted(permissions.RAISERS))
SHORTEST = 4  # letters of a title before anything is looked up
DESK = (Role.SUPPORT, Role.MANAGER)


@policy(*REPORTERS)
@once
def report(request: UserRequest) -> HttpResponse:
    return _report(request, ReportForm, "snags/report.html")


@policy(*DESK)
@once
def new(request: UserRequest) -> HttpResponse:
    return _report(request, OnBehalfForm, "snags/new.html")


@policy()
def mine(request: UserRequest) -> HttpResponse:
    reports = my_reports(request.user, clock.now())
    return render(request, "snags/mine.html", {"reports": reports})


@policy(*DESK)
def people(request: UserRequest) -> HttpResponse:
    """Names for the reporter picker, narrowed by what was typed."""
    named = people_to_log_for(request.user, request.GET.get("who", "")[:100])
    found = named[:PEOPLE_SHOWN]
    options = [(person.pk, person_label(person)) for person in found]
    return render(request, "snags/_people.html", {"options": options})


@policy()
def similar(request: UserRequest) -> HttpResponse:
    """Open snags that sound like what is being typed; empty until it says something."""
    text = request.GET.get("title", "")[:200].strip()
    found = similar_open(request.user, text) if len(text) >= SHORTEST else []
    return render(request, "snags/_similar.html", {"rows": found})


def _report(
    request: UserRequest, form_class: type[ReportForm], template: str
) -> HttpResponse:
    posted = request.method == "POST"
    if not posted and not takes_reports():
        raise RuleError(
            "Nothing can be logged yet: it needs a system and an open snaglist."
            " An administrator or a manager sets them up."
        )
    form = form_class(
        request.POST if posted else None,
        request.FILES if posted else None,
        user=request.user,
        initial=None if posted else _typed(request),
    )
    snag = submit(form, raise_snag, actor=request.user)
    if snag is None:
        status = 422 if form.is_bound else 200
        return render(request, template, {"form": form}, status=status)
    return redirect(f"{snag.get_absolute_url()}?reported=1")


def _typed(request: UserRequest) -> dict[str, str]:
    """A first line handed on by another page, as in "nothing found: report it"."""
    return {"title": request.GET.get("title", "")[:200]}
