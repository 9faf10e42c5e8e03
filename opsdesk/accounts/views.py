from typing import Any, TypeVar

from allauth.account.internal.flows.login import record_authentication
from allauth.account.utils import perform_login
from django import forms
from django.conf import settings
from django.contrib import messages
from django.core.paginator import Page, Paginator
from django.db.models import Model, QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_POST

from opsdesk.accounts import leaving, queries
from opsdesk.accounts.forms import (
    EditPartyForm,
    EditPersonForm,
    EndRoleForm,
    GrantForm,
    NewPartyForm,
    NewPersonForm,
    PeopleFilter,
    ProfileForm,
    TokenForm,
)
from opsdesk.accounts.http import recently_authenticated
from opsdesk.accounts.models import Membership, Party, User
from opsdesk.accounts.permissions import SEES_PEOPLE, can_administer_access
from opsdesk.accounts.services import parties, people, roles, tokens
from opsdesk.accounts.services.profile import save_profile
from opsdesk.core import clock
from opsdesk.core.http import UserRequest, once, submit
from opsdesk.core.policy import policy, public

Row = TypeVar("Row", bound=Model)

PER_PAGE = 50
LOOKS_AFTER_ACCESS = Membership.Role.ACCESS_ADMINISTRATOR


# --- Oneself ---------------------------------------------------------------------


@policy()
@once
def profile(request: UserRequest) -> HttpResponse:
    user = request.user
    now = {
        name: getattr(user, name)
        for name in ("time_zone", "theme", "shortcuts", "mail_me")
    }
    form = ProfileForm(request.POST or None, initial=now)
    if submit(form, save_profile, user, actor=user):
        messages.success(request, "Your settings are saved.")
        return redirect("accounts:profile")
    context = {"form": form, "tokens": queries.token_rows(user), "now": clock.now()}
    context["memberships"] = queries.memberships_of(user)
    return render(request, "accounts/profile.html", context)


@policy()
@never_cache
@recently_authenticated
def token_new(request: UserRequest) -> HttpResponse:
    return _issue(request, request.user)


@policy(LOOKS_AFTER_ACCESS)
@never_cache
@recently_authenticated
def service_token_new(request: UserRequest, pk: int) -> HttpResponse:
    return _issue(request, _person(request, pk))


@policy()
@require_POST
@once
def token_revoke(request: UserRequest, pk: int) -> HttpResponse:
    token = get_object_or_404(queries.tokens(request.user), pk=pk)
    tokens.revoke_token(token, actor=request.user)
    messages.success(request, f"“{token.name}” opens nothing any more.")
    return redirect(_home_of(request, token.owner))


# --- People ----------------------------------------------------------------------


@policy(*SEES_PEOPLE)
@require_GET
def people_list(request: UserRequest) -> HttpResponse:
    chosen = PeopleFilter(request.GET)
    rows = chosen.apply(queries.people_list(request.user))
    context = {"filter": chosen, "page": _page(rows, request)}
    return render(request, "accounts/people.html", _with_rights(request, context))


@policy(*SEES_PEOPLE)
@require_GET
def person(request: UserRequest, pk: int) -> HttpResponse:
    row = _person(request, pk)
    context = {
        "person": row,
        "memberships": queries.memberships_of(row),
        "history": queries.history_of(row),
        "tokens": queries.token_rows(row),
        "is_oneself": row == request.user,
        "holdings": leaving.held_by(row),
        "now": clock.now(),
    }
    return render(request, "accounts/person.html", _with_rights(request, context))


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
    row = _person(request, pk)
    form = EditPersonForm(
        request.POST or None, user=request.user, initial=_values(row, EditPersonForm)
    )
    if submit(form, people.edit_person, row, actor=request.user):
        messages.success(request, f"{row} is saved.")
        return redirect(row)
    return render(request, "accounts/person_form.html", {"form": form, "person": row})


@policy(LOOKS_AFTER_ACCESS)
@require_POST
@once
def person_invite(request: UserRequest, pk: int) -> HttpResponse:
    row = people.invite_again(_person(request, pk), actor=request.user)
    messages.success(request, f"A new link is on its way to {row.email}.")
    return redirect(row)


@policy(LOOKS_AFTER_ACCESS)
@require_POST
@recently_authenticated
@once
def deactivate(request: UserRequest, pk: int) -> HttpResponse:
    row = people.deactivate_person(_person(request, pk), actor=request.user)
    messages.success(request, f"{row} is out: signed out everywhere, tokens revoked.")
    _warn_of(request, row)
    return redirect(row)


@policy(LOOKS_AFTER_ACCESS)
@require_POST
@recently_authenticated
@once
def reactivate(request: UserRequest, pk: int) -> HttpResponse:
    row = people.reactivate_person(_person(request, pk), actor=request.user)
    messages.success(request, f"{row} can sign in again.")
    return redirect(row)


@policy(LOOKS_AFTER_ACCESS)
@require_POST
@recently_authenticated
@once
def second_factor_reset(request: UserRequest, pk: int) -> HttpResponse:
    row = people.reset_second_factor(_person(request, pk), actor=request.user)
    messages.success(request, f"{row} has no second factor now and was told so.")
    return redirect(row)


# --- Roles -----------------------------------------------------------------------


@policy(LOOKS_AFTER_ACCESS)
@recently_authenticated
@once
def role_grant(request: UserRequest, pk: int) -> HttpResponse:
    row = _person(request, pk)
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
    page = _page(queries.role_requests(request.user), request)
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


# --- Parties ---------------------------------------------------------------------


@policy(*SEES_PEOPLE)
@require_GET
def party_list(request: UserRequest) -> HttpResponse:
    rows = queries.parties(request.user)
    context = {"page": _page(rows, request)}
    return render(request, "accounts/parties.html", _with_rights(request, context))


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
        request.POST or None, user=request.user, initial=_values(row, EditPartyForm)
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
    _warn_of(request, row)
    return redirect("accounts:parties")


@policy(LOOKS_AFTER_ACCESS)
@require_POST
@once
def party_reactivate(request: UserRequest, pk: int) -> HttpResponse:
    row = get_object_or_404(queries.parties(request.user), pk=pk)
    parties.reactivate_party(row, actor=request.user)
    return redirect("accounts:parties")


# --- The way in --------------------------------------------------------------------


@public
@require_POST
def demo_login(request: HttpRequest, pk: int) -> HttpResponse:
    """One click into a demo account; there is no such page outside development."""
    if not settings.DEBUG:
        raise Http404
    user = get_object_or_404(queries.demo_people(), pk=pk)
    record_authentication(request, user, method="demo")
    response: HttpResponse = perform_login(request, user)
    return response


def _person(request: UserRequest, pk: int) -> User:
    return get_object_or_404(queries.person_page(request.user), pk=pk)


def _with_rights(request: UserRequest, context: dict[str, Any]) -> dict[str, Any]:
    return {**context, "may_edit": can_administer_access(request.user)}


def _page(rows: QuerySet[Row], request: HttpRequest) -> Page[Row]:
    return Paginator(rows, PER_PAGE).get_page(request.GET.get("page"))


def _values(row: Model, form: type[forms.Form]) -> dict[str, Any]:
    return {name: getattr(row, name) for name in form.base_fields}


def _issue(request: UserRequest, owner: User) -> HttpResponse:
    """Make a token and show its secret in the answer itself: it is kept nowhere."""
    form = TokenForm(request.POST or None)
    made = submit(form, tokens.issue_token, owner, actor=request.user)
    context = {"form": form, "owner": owner, "back": _home_of(request, owner)}
    if made:
        context["token"], context["secret"] = made
        return render(request, "accounts/token_made.html", context)
    return render(request, "accounts/token_form.html", context)


def _home_of(request: UserRequest, owner: User) -> str:
    return (
        reverse("accounts:profile")
        if owner == request.user
        else owner.get_absolute_url()
    )


def _warn_of(request: UserRequest, gone: User | Party) -> None:
    """Say what nobody answers for now."""
    if held := leaving.held_by(gone):
        told = ", ".join(holding.text for holding in held)
        messages.warning(request, f"Still to be given to others: {told}.")
