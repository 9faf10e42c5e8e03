from django.core.paginator import Paginator
from django.http import Http404, HttpResponseBase
from django.shortcuts import render

from opsdesk.accounts.access import INTERNAL
from opsdesk.core import clock
from opsdesk.core.exports import export_table
from opsdesk.core.http import UserRequest
from opsdesk.core.policy import policy
from sla.forms.cut import CutForm
from sla.views.asking import cut_asked
from sla.views.behind import headings, lines, sentence
from snags import figures
from snags.figures import FIGURES

PAGE = 50


@policy(*INTERNAL)
def figure(request: UserRequest, name: str, fmt: str = "") -> HttpResponseBase:
    form = CutForm(request.GET)
    if name not in FIGURES or not form.is_valid():
        raise Http404("No figure has this address.")
    wanted, sort, now = FIGURES[name], form.cleaned_data["sort"], clock.now()
    cut, period = cut_asked(request, form.cleaned_data)
    found = figures.listed(wanted, cut, period, user=request.user, now=now, sort=sort)
    if fmt:
        rows = figures.as_rows(wanted, found.iterator(chunk_size=2000))
        titles = [column.title for column in figures.columns_of(wanted)]
        return export_table(wanted.title, titles, (row.cells for row in rows), fmt)
    page = Paginator(found, PAGE).get_page(request.GET.get("page"))
    context = {
        "figure": wanted,
        "page": page,
        "counted": f"{page.paginator.count:,}",
        "lines": lines(wanted, page.object_list, now),
        "headings": headings(wanted, sort),
        "sentence": sentence(wanted, cut, period),
        "query": request.GET.urlencode(),
    }
    return render(request, "sla/drilldown.html", context)
