"""What people see and change of themselves, and the tokens they hold."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST

from opsdesk.accounts import queries
from opsdesk.accounts.forms import ProfileForm, TokenForm
from opsdesk.accounts.http import recently_authenticated
from opsdesk.accounts.models import User
from opsdesk.accounts.permissions import LOOKS_AFTER_ACCESS
from opsdesk.accounts.services import tokens
from opsdesk.accounts.services.profile import save_profile
from opsdesk.accounts.views.people import person_of
from opsdesk.core import clock
from opsdesk.core.forms import initial_of
from opsdesk.core.http import UserRequest, once, submit
from opsdesk.core.policy import policy


@policy()
@once
def profile(request: UserRequest) -> HttpResponse:
    user = request.user
    form = ProfileForm(request.POST or None, initial=initial_of(user, ProfileForm))
    if submit(form, save_profile, user, actor=user):
        messages.success(request, "Your settings are saved.")
        return redirect("accounts:profile")
    context = {
        "form": form,
        "tokens": queries.token_rows(user),
        "memberships": queries.memberships_of(user),
        "now": clock.now(),
    }
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
    return _issue(request, person_of(request, pk))


@policy()
@require_POST
@once
def token_revoke(request: UserRequest, pk: int) -> HttpResponse:
    token = get_object_or_404(queries.tokens(request.user), pk=pk)
    tokens.revoke_token(token, actor=request.user)
    messages.success(request, f"“{token.name}” opens nothing any more.")
    return redirect(_home_of(request, token.owner))


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
