"""Each verb of a package as a page: GET asks what it needs, POST does it once."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render

from changes import permissions
from changes.forms.packages import BlockForm, ReasonForm, VerbForm
from changes.models import Package
from changes.queries.packages import has_right, verbs_for
from changes.services import packages as services
from changes.views.packages import found
from opsdesk.accounts.access import INTERNAL, Role
from opsdesk.core.errors import require
from opsdesk.core.http import UserRequest, once, submit
from opsdesk.core.policy import policy


@dataclass(frozen=True)
class Ask:
    """What a verb asks and what it calls; `done` completes "APP 1.1 …"."""

    verb: str
    title: str
    form: type[VerbForm]
    service: Callable[..., Any]
    done: str
    lead: str
    tone: str = "pri"


SEAL = Ask(
    "seal",
    "Seal",
    VerbForm,
    services.seal,
    "is sealed",
    "From now on nothing in it can change, by anybody: what is tested under its digest"
    " is what is promoted. A mistake needs a new package.",
)
BLOCK = Ask(
    "block",
    "Block",
    BlockForm,
    services.block,
    "is blocked",
    "It cannot be started anywhere. Where it is installed it goes on running.",
    "danger",
)
UNBLOCK = Ask(
    "unblock",
    "Lift the block",
    ReasonForm,
    services.unblock,
    "may be used again",
    "It can be started again wherever its gates are met.",
)
WITHDRAW = Ask(
    "withdraw",
    "Withdraw",
    ReasonForm,
    services.withdraw,
    "is withdrawn",
    "It can never be used again. A newer package takes its place.",
    "danger",
)


@policy(*permissions.MAKERS)
@once
def package_seal(request: UserRequest, pk: int) -> HttpResponse:
    return _do(request, pk, SEAL)


@policy(*sorted(INTERNAL))
@once
def package_block(request: UserRequest, pk: int) -> HttpResponse:
    return _do(request, pk, BLOCK)


@policy(Role.MANAGER)
@once
def package_unblock(request: UserRequest, pk: int) -> HttpResponse:
    return _do(request, pk, UNBLOCK)


@policy(Role.MANAGER)
@once
def package_withdraw(request: UserRequest, pk: int) -> HttpResponse:
    return _do(request, pk, WITHDRAW)


def _do(request: UserRequest, pk: int, ask: Ask) -> HttpResponse:
    package = found(request, pk)
    if request.method != "POST":
        return _question(request, package, ask)
    form = ask.form(request.POST, user=request.user)
    if submit(form, ask.service, package, actor=request.user) is None:
        return _asked(request, package, ask, form)
    messages.success(request, f"{package} {ask.done}.")
    return redirect(package)


def _question(request: UserRequest, package: Package, ask: Ask) -> HttpResponse:
    require(has_right(request.user, package, ask.verb))
    has_files = package.files.order_by("pk").exists()
    if ask.verb not in verbs_for(request.user, package, has_files=has_files):
        messages.error(request, f"{package}: “{ask.title}” is not possible now.")
        return redirect(package)
    return _asked(request, package, ask, ask.form(user=request.user))


def _asked(
    request: UserRequest, package: Package, ask: Ask, form: VerbForm
) -> HttpResponse:
    context = {"package": package, "ask": ask, "form": form}
    status = 422 if form.is_bound else 200
    return render(request, "changes/package_ask.html", context, status=status)
