from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render

from changes.queries.changes import fixes_of
from opsdesk.core import clock
from opsdesk.core.http import UserRequest, once, submit
from opsdesk.core.policy import policy
from snags.forms.feed import wanted
from snags.forms.verbs import CommentForm
from snags.models import Snag
from snags.queries.explaining import explanation
from snags.queries.feed import SHOWS, stamp
from snags.queries.page import bare_snag, page_of, reader_of, snag_for
from snags.queries.reporting import what_happens_next
from snags.queries.strip import pulse
from snags.services.composing import send
from snags.services.lifecycle import resolutions_for
from snags.views.landing import land


@policy()
def snag_detail(request: UserRequest, pk: int) -> HttpResponse:
    return _page(request, _snag(request, pk))


@policy()
@once
def comment(request: UserRequest, pk: int) -> HttpResponse:
    """The composer's post; errors come back with what was typed."""
    snag = _snag(request, pk)
    if request.method != "POST":
        return redirect(f"{snag.get_absolute_url()}#reply")
    audiences = reader_of(request.user, snag).audiences
    form = _composer(request, snag, audiences)
    if submit(form, send, snag, actor=request.user) is None:
        return _page(request, snag, form)
    messages.success(request, "Sent.")
    return land(request, snag, "#reply")


@policy()
def snag_clocks(request: UserRequest, pk: int) -> HttpResponse:
    """What an open page asks every so often: 204 while nothing has changed."""
    snag, asked, now = bare_snag(request.user, pk), wanted(request.GET), clock.now()
    if snag is None:
        raise Http404
    beat = pulse(request.user, snag, now, since=asked.since, seen=asked.seen)
    if not beat.changed:
        return HttpResponse(status=204)
    context = {
        "snag": snag,
        "strip": beat.strip,
        "new_entries": beat.new_entries,
        "seen": asked.seen,
        "pulse": f"{beat.strip.stamp}.{stamp(request.user, snag)}",
    }
    return render(request, "snags/_pulse.html", context)


@policy()
def explain(request: UserRequest, pk: int, clock_pk: int) -> HttpResponse:
    snag = _snag(request, pk)
    found = explanation(request.user, snag, clock_pk, clock.now())
    if found is None:
        raise Http404
    return render(request, "snags/explain.html", {"snag": snag, "e": found})


def _snag(request: UserRequest, pk: int) -> Snag:
    snag = snag_for(request.user, pk)
    if snag is None:
        raise Http404
    return snag


def _page(
    request: UserRequest, snag: Snag, composer: CommentForm | None = None
) -> HttpResponse:
    asked, now = wanted(request.GET), clock.now()
    page = page_of(
        request.user, snag, now, show=asked.show, page=asked.page, seen=asked.seen
    )
    context = {
        "snag": snag,
        "page": page,
        "fixes": fixes_of(request.user, snag),
        "composer": composer or _composer(request, snag, page.reader.audiences),
        "resolutions": resolutions_for(snag),
        "shows": SHOWS,
        "next_step": what_happens_next(snag, page.strip, now) if asked.reported else "",
    }
    return render(
        request, "snags/detail.html", context, status=422 if composer else 200
    )


def _composer(
    request: UserRequest, snag: Snag, audiences: list[tuple[str, str]]
) -> CommentForm:
    sent = request.method == "POST"
    return CommentForm(
        request.POST if sent else None,
        request.FILES if sent else None,
        user=request.user,
        snag=snag,
        audiences=audiences,
    )
