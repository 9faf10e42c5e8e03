"""People: who is here, and what an access administrator does with them."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_GET, require_POST

from opsdesk.accounts import leaving, queries
from opsdesk.accounts.forms import EditPersonForm, NewPersonForm, PeopleFilter
from opsdesk.accounts.http import recently_authenticated
from opsdesk.accounts.models import Party, User
from opsdesk.accounts.permissions import (
    LOOKS_AFTER_ACCESS,
    SEES_PEOPLE,
    can_administer_access,
)
from opsdesk.accounts.services import people
from opsdesk.core import clock
from opsdesk.core.forms import initial_of
from opsdesk.core.http import UserRequest, once, submit
from opsdesk.core.paging import page_of
from opsdesk.core.policy import policy


@policy(*SEES_PEOPLE)
@require_GET
def people_list(request: UserRequest) -> HttpResponse:
    chosen = PeopleFilter(request.GET)
    rows = chosen.apply(queries.people_list(request.user))
    context = {
        "filter": chosen,
        "page": page_of(rows, request.GET.get("page")),
        "may_edit": can_administer_access(request.user),
    }
    return render(request, "accounts/people.html", context)


@policy(*SEES_PEOPLE)
@require_GET
def person(request: UserRequest, pk: int) -> HttpResponse:
    row = person_of(request, pk)
    context = {
        "person": row,
        "memberships": queries.memberships_of(row),
        "history": queries.history_of(row),
        "tokens": queries.token_rows(row),
        "is_oneself": row == request.user,
        "holdings": leaving.held_by(row),
        "may_edit": can_administer_access(request.user),
        "now": clock.now(),
    }
    return render(request, "accounts/person.html", context)


@policy(LOOKS_AFTER_ACCESS)
@once
def person_new(request: UserRequest) -> HttpResponse:
    form = NewPersonForm(request.POST or None, user=request.user)
    row = submit(form, people.create_person, actor=request.user)
    if row:
        messages.success(request, f"{row} is here. Give them a role next.")
        return redirect("accounts:role_grant", row.pk)
    return render(request, "accounts/person_form.html", {"form": form})


@policy(LOOKS_AFTER_ACCESS)
@recently_authenticated
@once
def person_edit(request: UserRequest, pk: int) -> HttpResponse:
    row = person_of(request, pk)
    form = EditPersonForm(
        request.POST or None, user=request.user, initial=initial_of(row, EditPersonForm)
    )
    if submit(form, people.edit_person, row, actor=request.user):
        messages.success(request, f"{row} is saved.")
        return redirect(row)
    return render(request, "accounts/person_form.html", {"form": form, "person": row})


@policy(LOOKS_AFTER_ACCESS)
@require_POST
@once
def person_invite(request: UserRequest, pk: int) -> HttpResponse:
    row = people.invite_again(person_of(request, pk), actor=request.user)
    messages.success(request, f"A new link is on its way to {row.email}.")
    return redirect(row)


@policy(LOOKS_AFTER_ACCESS)
@require_POST
@recently_authenticated
@once
def deactivate(request: UserRequest, pk: int) -> HttpResponse:
    row = people.deactivate_person(person_of(request, pk), actor=request.user)
    messages.success(request, f"{row} is out: signed out everywhere, tokens revoked.")
    warn_of(request, row)
    return redirect(row)


@policy(LOOKS_AFTER_ACCESS)
@require_POST
@recently_authenticated
@once
def reactivate(request: UserRequest, pk: int) -> HttpResponse:
    row = people.reactivate_person(person_of(request, pk), actor=request.user)
    messages.success(request, f"{row} can sign in again.")
    return redirect(row)


@policy(LOOKS_AFTER_ACCESS)
@require_POST
@recently_authenticated
@once
def second_factor_reset(request: UserRequest, pk: int) -> HttpResponse:
    row = people.reset_second_factor(person_of(request, pk), actor=request.user)
    messages.success(request, f"{row} has no second factor now and was told so.")
    return redirect(row)


def person_of(request: UserRequest, pk: int) -> User:
    return get_object_or_404(queries.person_page(request.user), pk=pk)


def warn_of(request: UserRequest, gone: User | Party) -> None:
    """Say what nobody answers for now."""
    if held := leaving.held_by(gone):
        told = ", ".join(holding.text for holding in held)
        messages.warning(request, f"Still to be given to others: {told}.")
