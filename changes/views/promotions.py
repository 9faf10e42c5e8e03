"""Promotions: the board, the run sheet of one, and planning another."""

from collections.abc import Sequence

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_GET

from changes.forms.promotions import DigestForm, ScheduleForm
from changes.models import Promotion
from changes.queries import board as board_read
from changes.queries.sheets import promotions_for, run_sheet, sheets_for
from changes.services import promoting
from changes.views.changes import MAKERS
from changes.views.changes import found as found_change
from changes.wording import KIND_TONES, RISK_TONES
from opsdesk.accounts.access import INTERNAL
from opsdesk.core import clock
from opsdesk.core.http import UserRequest, once, status_of, submit
from opsdesk.core.policy import policy


@require_GET
@policy(*sorted(INTERNAL))
def board(request: UserRequest) -> HttpResponse:
    asked = request.GET.get("landscape", "")
    only_mine = request.GET.get("show") == "mine"
    found = board_read.board(
        request.user, clock.now(), landscape=asked, only_mine=only_mine
    )
    context = {"board": found, "only_mine": only_mine}
    return render(request, "changes/board.html", context)


@require_GET
@policy(*sorted(INTERNAL))
def promotion_detail(request: UserRequest, pk: int) -> HttpResponse:
    return show(request, pk)


@policy(*MAKERS)
@once
def promotion_new(request: UserRequest, pk: int) -> HttpResponse:
    """Plan to bring a change's package somewhere; `?environment=` is the place."""
    change = found_change(request, pk)
    start = {
        name: request.GET[name]
        for name in ("environment", "kind")
        if name in request.GET
    }
    form = ScheduleForm(request.POST or None, change=change, initial=start)
    if made := submit(form, promoting.schedule, change, actor=request.user):
        messages.success(request, f"{made} is planned.")
        return redirect(made)
    context = {
        "change": change,
        "form": form,
        "title": "Plan promotion",
        "lead": "Its package, to the next environment on its way. It starts only when"
        " every gate is met.",
    }
    return render(
        request, "changes/promotion_form.html", context, status=status_of(form)
    )


def found(request: UserRequest, pk: int) -> Promotion:
    """The promotion, for whoever may see its change."""
    return get_object_or_404(promotions_for(request.user), pk=pk)


def show(
    request: UserRequest,
    pk: int,
    *,
    refused: Sequence[object] = (),
    status: int = 200,
) -> HttpResponse:
    """The run sheet, with what was refused above it."""
    promotion = get_object_or_404(sheets_for(request.user), pk=pk)
    context = {
        "promotion": promotion,
        "change": promotion.change,
        "page": run_sheet(request.user, promotion, clock.exact()),
        "refused": refused,
        "digest": DigestForm(promotion=promotion),
        "risk_tones": RISK_TONES,
        "kind_tones": KIND_TONES,
    }
    return render(request, "changes/promotion.html", context, status=status)
