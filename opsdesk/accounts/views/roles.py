"""Roles given, asked for and ended."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_GET, require_POST

from opsdesk.accounts import queries
from opsdesk.accounts.forms import EndRoleForm, GrantForm
from opsdesk.accounts.http import recently_authenticated
from opsdesk.accounts.models import Membership
from opsdesk.accounts.permissions import LOOKS_AFTER_ACCESS
from opsdesk.accounts.services import roles
from opsdesk.accounts.views.people import person_of
from opsdesk.core import clock
from opsdesk.core.http import UserRequest, once, submit
from opsdesk.core.paging import page_of
from opsdesk.core.policy import policy


@policy(LOOKS_AFTER_ACCESS)
@recently_authenticated
@once
def role_grant(request: UserRequest, pk: int) -> HttpResponse:
    row = person_of(request, pk)
    form = GrantForm(request.POST or None, user=request.user)
    given = submit(form, roles.grant_role, row, actor=request.user)
    if isinstance(given, Membership):
        messages.success(request, f"{row} is now {given}.")
        return redirect(row)
    if given:
        messages.info(request, "A second access administrator was asked to confirm.")
        return redirect("accounts:role_requests")
    return render(request, "accounts/role_form.html", {"form": form, "person": row})


@policy(LOOKS_AFTER_ACCESS)
@recently_authenticated
@once
def role_end(request: UserRequest, pk: int) -> HttpResponse:
    row = get_object_or_404(queries.memberships(request.user), pk=pk)
    form = EndRoleForm(request.POST if request.method == "POST" else None)
    if form.is_bound and form.is_valid():
        roles.end_role(row, ends_on=form.cleaned_data["ends_on"], actor=request.user)
        messages.success(request, "The role is ended.")
        return redirect(row.user)
    return render(request, "accounts/role_end.html", {"form": form, "membership": row})


@policy(LOOKS_AFTER_ACCESS, Membership.Role.AUDITOR)
@require_GET
def role_requests(request: UserRequest) -> HttpResponse:
    asked = queries.role_requests(request.user)
    page = page_of(asked, request.GET.get("page"))
    rows = queries.request_rows(request.user, page)
    context = {"page": page, "rows": rows, "now": clock.now()}
    return render(request, "accounts/role_requests.html", context)


@policy(LOOKS_AFTER_ACCESS)
@require_POST
@recently_authenticated
@once
def role_confirm(request: UserRequest, pk: int) -> HttpResponse:
    row = get_object_or_404(queries.role_requests(request.user), pk=pk)
    given = roles.confirm_role(row, actor=request.user)
    messages.success(request, f"{given.user} is now {given}.")
    return redirect("accounts:role_requests")


@policy(LOOKS_AFTER_ACCESS)
@require_POST
@once
def role_refuse(request: UserRequest, pk: int) -> HttpResponse:
    row = get_object_or_404(queries.role_requests(request.user), pk=pk)
    roles.refuse_role(row, actor=request.user)
    return redirect("accounts:role_requests")


@policy(LOOKS_AFTER_ACCESS)
@require_POST
@once
def role_withdraw(request: UserRequest, pk: int) -> HttpResponse:
    row = get_object_or_404(queries.role_requests(request.user), pk=pk)
    roles.withdraw_role(row, actor=request.user)
    return redirect("accounts:role_requests")
