from contextlib import AbstractContextManager, nullcontext
from datetime import datetime
from typing import Any

from django.contrib import messages
from django.http import HttpResponse, QueryDict
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.cache import patch_vary_headers
from django.views.decorators.http import require_GET, require_POST

from opsdesk.accounts.access import INTERNAL, Role, access_of
from opsdesk.core import clock, queries
from opsdesk.core.exports import MOST, export_table
from opsdesk.core.http import UserRequest, once, submit, wants_partial
from opsdesk.core.policy import policy
from opsdesk.core.services.saved_views import delete_view, save_view
from opsdesk.core.wording import several
from snags.forms import worklist as forms
from snags.models import Snag
from snags.queries.searching import SearchTooWideError, patience
from snags.queries.worklist import VIEWS, Asked
from snags.queries.worklist_counts import changed_since, tab_counts
from snags.queries.worklist_export import HEADER, table
from snags.queries.worklist_facets import Facet, facets_of
from snags.queries.worklist_rows import Page, page_of
from snags.services import bulk as services

SCREEN = "snags"
WORKERS = (Role.SUPPORT, Role.MANAGER)
STAFF = sorted(INTERNAL)


@require_GET
@policy(*STAFF)
def snag_list(request: UserRequest) -> HttpResponse:
    asked = forms.asked(request.GET)
    if wants_partial(request):
        now = clock.now()
        context = _results(request, asked, now) | {"is_partial": True}
        page = context["page"]
        context["facets"] = [] if asked.cursor else _facets(request, asked, now, page)
        response = render(request, "snags/_results.html", context)
    else:
        now, counts = tab_counts(request.user)
        context = _results(request, asked, now)
        context |= _frame(request, asked, now, counts, context["page"])
        response = render(request, "snags/list.html", context)
    patch_vary_headers(response, ["HX-Request"])
    return response


@require_GET
@policy(*STAFF)
def changes(request: UserRequest) -> HttpResponse:
    """What an open list asks for every so often: 204 while nothing has changed."""
    asked, news = forms.asked(request.GET), forms.news_wanted(request.GET)
    if news is None:
        return HttpResponse(status=204)
    user, now = request.user, clock.now()
    count = changed_since(user, asked, now, news.since, news.shown)
    if not count:
        return HttpResponse(status=204)
    context = {"count": count, "query": forms.query_of(asked)}
    return render(request, "snags/_changed.html", context)


@require_POST
@policy(*WORKERS)
@once
def bulk(request: UserRequest) -> HttpResponse:
    """Assign, prioritise or take the ticked rows; says how many and why not others."""
    form = forms.BulkForm(request.POST)
    if not form.is_valid():
        messages.error(request, _sentences(form))
        return _back(request)
    data = form.cleaned_data
    rows = Snag.objects.visible_to(request.user).filter(pk__in=data["ids"])
    if data["do"] == "take":
        outcome = services.take_all(rows, actor=request.user)
    else:
        outcome = services.apply_all(
            rows,
            actor=request.user,
            owner=data["owner"],
            priority=data["priority"],
            reason=data["reason"],
        )
    _tell(request, outcome)
    return _back(request)


@policy(*STAFF)
@once
def view_save(request: UserRequest) -> HttpResponse:
    """Ask for a name, then keep the filters in the address under it."""
    query = forms.query_of(forms.asked(request.GET))[:1000]
    form = forms.SaveViewForm(request.POST if request.method == "POST" else None)
    kept = submit(form, save_view, owner=request.user, screen=SCREEN, query=query)
    if kept is None:
        status = 422 if form.is_bound else 200
        context = {"form": form, "query": query}
        return render(request, "snags/view_save.html", context, status=status)
    messages.success(request, f"“{kept.name}” is among your views now.")
    return redirect(f"{reverse('snags:list')}?{query}")


@require_POST
@policy(*STAFF)
def view_delete(request: UserRequest, pk: int) -> HttpResponse:
    seen = queries.saved_views(request.user, SCREEN)
    view = get_object_or_404(seen, pk=pk)
    delete_view(view, actor=request.user)
    messages.success(request, f"The view “{view.name}” is gone.")
    return redirect("snags:list")


@require_GET
@policy(*STAFF)
def export(request: UserRequest, fmt: str) -> HttpResponseBase:
    asked, now = forms.asked(request.GET), clock.now()
    rows = table(request.user, asked, now, MOST.get(fmt, 0) + 1)
    return export_table("snags", HEADER, rows, fmt)


def _results(request: UserRequest, asked: Asked, now: datetime) -> dict[str, Any]:
    """The rows, or why there are none."""
    problem, page = "", Page([], "", "", [])
    may_work = access_of(request.user).has(*WORKERS)
    try:
        page = _page(request, asked, now)
    except SearchTooWideError as error:
        problem = str(error)
    return {
        "asked": asked,
        "view": VIEWS[asked.view],
        "page": page,
        "problem": problem,
        "now": now,
        "query": forms.query_of(asked),
        "wider": f"{reverse('snags:list')}?{forms.query_of(asked, view='all')}",
        "newer": forms.query_of(asked, at=page.newer) if page.newer else "",
        "older": forms.query_of(asked, at=page.older) if page.older else "",
        "may_work": may_work,
        "workers": forms.worker_options() if may_work and page.groups else "",
    }


def _page(request: UserRequest, asked: Asked, now: datetime) -> Page:
    with _patiently(asked):
        return page_of(request.user, asked, now)


def _patiently(asked: Asked) -> AbstractContextManager[None]:
    """Only what may take long is given up after a second."""
    may_be_slow = asked.text or not VIEWS[asked.view].is_open
    return patience() if may_be_slow else nullcontext()


def _frame(
    request: UserRequest,
    asked: Asked,
    now: datetime,
    counts: dict[str, int],
    page: Page,
) -> dict[str, Any]:
    """Tabs and filters around the rows; left alone when only the rows change."""
    request.shell_counts = {"snags:list": counts["open"]}  # type: ignore[attr-defined]
    saved = list(queries.saved_views(request.user, SCREEN))
    here = forms.query_of(asked)
    current = next((view for view in saved if view.query == here), None)
    return {
        "tabs": [(view, counts.get(view.name)) for view in VIEWS.values()],
        "saved": saved,
        "current": current,
        "facets": _facets(request, asked, now, page),
        "orders": VIEWS[asked.view].orders,
    }


def _facets(
    request: UserRequest, asked: Asked, now: datetime, page: Page
) -> list[Facet]:
    try:
        with _patiently(asked):
            return facets_of(request.user, asked, now, page)
    except SearchTooWideError:
        return []


def _tell(request: UserRequest, outcome: services.Outcome) -> None:
    if outcome.done:
        messages.success(request, f"{several(len(outcome.done), 'snag')} done.")
    for why, refs in outcome.refused.items():
        messages.warning(request, f"{', '.join(refs)}: {why}")


def _back(request: UserRequest) -> HttpResponse:
    """To the list one was on, filters and all, but not to any other address."""
    here = forms.query_of(forms.asked(QueryDict(request.POST.get("back", ""))))
    return redirect(f"{reverse('snags:list')}?{here}")


def _sentences(form: forms.BulkForm) -> str:
    return " ".join(str(text) for found in form.errors.values() for text in found)
