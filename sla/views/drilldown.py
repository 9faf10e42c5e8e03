from typing import Any

from django.http import Http404, HttpResponseBase
from django.shortcuts import render

from opsdesk.accounts.access import INTERNAL
from opsdesk.core import clock
from opsdesk.core.exports import MOST, export_table
from opsdesk.core.http import UserRequest
from opsdesk.core.paging import PER_PAGE, BoundedPaginator
from opsdesk.core.policy import policy
from sla.forms.cut import CutForm
from sla.views.asking import cut_asked
from sla.views.behind import bound, counted, headings, lines, sentence
from snags import figures
from snags.figures import FIGURES, Figure

# What is longer is not sorted by a column: that would read all of it.
LISTED = 5_000


@policy(*INTERNAL)
def figure(request: UserRequest, name: str, fmt: str = "") -> HttpResponseBase:
    form, now = CutForm(request.GET), clock.now()
    if name not in FIGURES or not form.is_valid():
        raise Http404("No figure has this address.")
    wanted, sort = FIGURES[name], form.cleaned_data["sort"]
    cut, period = cut_asked(request, form.cleaned_data)
    found = figures.listed(wanted, cut, period, user=request.user, now=now)
    pages = BoundedPaginator(found, per_page=PER_PAGE, most=LISTED)
    if not pages.is_capped:
        pages.object_list = figures.ordered(wanted, found, sort)
    if fmt:
        return _file(wanted, pages.object_list, fmt)
    page = pages.get_page(request.GET.get("page"))
    context = {
        "figure": wanted,
        "sentence": sentence(wanted, cut, period),
        "counted": counted(wanted, cut, period, pages, now),
        "headings": headings(wanted, sort, is_sorted=not pages.is_capped),
        "page": page,
        "lines": lines(wanted, page.object_list, now),
        "bound": bound(pages),
        "query": request.GET.urlencode(),
    }
    return render(request, "sla/drilldown.html", context)


def _file(wanted: Figure, found: Any, fmt: str) -> HttpResponseBase:
    most = MOST.get(fmt, 0) + 1
    rows = figures.as_rows(wanted, found[:most].iterator(chunk_size=2000))
    titles = [column.title for column in figures.columns_of(wanted)]
    return export_table(wanted.title, titles, (row.cells for row in rows), fmt)
