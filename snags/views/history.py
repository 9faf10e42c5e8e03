from django.http import Http404, HttpResponse
from django.shortcuts import render

from opsdesk.accounts.access import INTERNAL
from opsdesk.core import clock
from opsdesk.core.http import UserRequest
from opsdesk.core.policy import policy
from snags.forms.feed import page_wanted
from snags.queries.history import history_of
from snags.queries.page import snag_for


@policy(*sorted(INTERNAL))
def snag_history(request: UserRequest, pk: int) -> HttpResponse:
    snag = snag_for(request.user, pk)
    if snag is None:
        raise Http404
    page = page_wanted(request.GET)
    history = history_of(snag, page=page, now=clock.now())
    return render(request, "snags/history.html", {"snag": snag, "history": history})
