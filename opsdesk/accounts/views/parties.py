"""Departments, teams and suppliers."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_GET, require_POST

from opsdesk.accounts import leaving, queries
from opsdesk.accounts.forms import EditPartyForm, NewPartyForm
from opsdesk.accounts.permissions import (
    LOOKS_AFTER_ACCESS,
    SEES_PEOPLE,
    can_administer_access,
)
from opsdesk.accounts.services import parties
from opsdesk.accounts.views.people import warn_of
from opsdesk.core.forms import initial_of
from opsdesk.core.http import UserRequest, once, submit
from opsdesk.core.paging import page_of
from opsdesk.core.policy import policy


@policy(*SEES_PEOPLE)
@require_GET
def party_list(request: UserRequest) -> HttpResponse:
    rows = queries.parties(request.user)
    context = {
        "page": page_of(rows, request.GET.get("page")),
        "may_edit": can_administer_access(request.user),
    }
    return render(request, "accounts/parties.html", context)


@policy(LOOKS_AFTER_ACCESS)
@once
def party_new(request: UserRequest) -> HttpResponse:
    form = NewPartyForm(request.POST or None, user=request.user)
    row = submit(form, parties.create_party, actor=request.user)
    if row:
        messages.success(request, f"{row} is added.")
        return redirect("accounts:parties")
    return render(request, "accounts/party_form.html", {"form": form})


@policy(LOOKS_AFTER_ACCESS)
@once
def party_edit(request: UserRequest, pk: int) -> HttpResponse:
    row = get_object_or_404(queries.parties(request.user), pk=pk)
    form = EditPartyForm(
        request.POST or None, user=request.user, initial=initial_of(row, EditPartyForm)
    )
    if submit(form, parties.edit_party, row, actor=request.user):
        messages.success(request, f"{row} is saved.")
        return redirect("accounts:parties")
    context = {"form": form, "party": row, "holdings": leaving.held_by(row)}
    return render(request, "accounts/party_form.html", context)


@policy(LOOKS_AFTER_ACCESS)
@require_POST
@once
def party_deactivate(request: UserRequest, pk: int) -> HttpResponse:
    row = get_object_or_404(queries.parties(request.user), pk=pk)
    parties.deactivate_party(row, actor=request.user)
    warn_of(request, row)
    return redirect("accounts:parties")


@policy(LOOKS_AFTER_ACCESS)
@require_POST
@once
def party_reactivate(request: UserRequest, pk: int) -> HttpResponse:
    row = get_object_or_404(queries.parties(request.user), pk=pk)
    parties.reactivate_party(row, actor=request.user)
    return redirect("accounts:parties")
