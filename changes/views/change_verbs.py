"""Each verb of a change as a page: GET asks what it needs, POST does it once."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render

from changes.forms import change_verbs as forms
from changes.models import ChangeRequest
from changes.queries.verbs import DOERS, may
from changes.services import asking, assessing, ending, holding, submitting
from changes.views.changes import MAKERS, found
from opsdesk.accounts.access import Role
from opsdesk.core.errors import require
from opsdesk.core.http import UserRequest, once, status_of, submit, wants_partial
from opsdesk.core.policy import policy


@dataclass(frozen=True)
class Ask:
    """What a verb asks and what it calls; `done` completes "CR-17 …"."""

    verb: str
    title: str
    service: Callable[..., Any]
    done: str
    lead: str = ""
    form: type[forms.ChangeVerbForm] = forms.ChangeVerbForm
    tone: str = "pri"


SUBMIT = Ask(
    "submit",
    "Submit",
    submitting.submit,
    "is submitted",
    "Normal changes are assessed and tested next.",
)
REQUEST_APPROVAL = Ask(
    "request_approval",
    "Ask for approval",
    asking.request_approval,
    "is waiting for approval",
    "The slots are booked and everybody who must agree is told.",
    forms.AskForm,
)
SEND_BACK = Ask(
    "send_back",
    "Send back",
    assessing.send_back,
    "is a draft again",
    "Say what must be written better.",
    forms.ReasonForm,
)
REWORK = Ask(
    "rework",
    "Take up again",
    assessing.rework,
    "is a draft again",
    "It becomes the next revision, and people are asked anew.",
)
HOLD = Ask(
    "hold",
    "Put on hold",
    holding.hold,
    "is on hold",
    "Nothing but cancelling is possible until it goes on.",
    forms.ReasonForm,
)
RELEASE = Ask(
    "release",
    "Let it go on",
    holding.release,
    "goes on",
    "It goes on where it stood.",
)
CANCEL = Ask(
    "cancel",
    "Cancel it",
    holding.cancel,
    "is cancelled",
    "It cannot be taken up again; its slots are free for others.",
    forms.ReasonForm,
    "danger",
)
CONFIRM = Ask(
    "confirm",
    "It works",
    ending.confirm,
    "is confirmed and in review",
    "What it was made for works where it is.",
)
DECLARE_FAILED = Ask(
    "declare_failed",
    "Declare failed",
    ending.declare_failed,
    "is declared failed",
    "Neither going on nor rolling back worked. A P1 snag is raised for it.",
    forms.ReasonForm,
    "danger",
)
REVIEW = Ask(
    "review",
    "Write the review",
    ending.review,
    "is reviewed",
    "What was meant, what came of it, what to do otherwise.",
    forms.ReviewForm,
)
CLOSE = Ask(
    "close",
    "Close",
    ending.close,
    "is closed",
    "Nothing may be owed any more.",
    forms.CloseForm,
)


@policy(*MAKERS)
@once
def change_submit(request: UserRequest, pk: int) -> HttpResponse:
    return _do(request, pk, SUBMIT)


@policy(*MAKERS)
@once
def change_request_approval(request: UserRequest, pk: int) -> HttpResponse:
    return _do(request, pk, REQUEST_APPROVAL)


@policy(Role.MANAGER)
@once
def change_send_back(request: UserRequest, pk: int) -> HttpResponse:
    return _do(request, pk, SEND_BACK)


@policy(*MAKERS)
@once
def change_rework(request: UserRequest, pk: int) -> HttpResponse:
    return _do(request, pk, REWORK)


@policy(Role.MANAGER)
@once
def change_hold(request: UserRequest, pk: int) -> HttpResponse:
    return _do(request, pk, HOLD)


@policy(Role.MANAGER)
@once
def change_release(request: UserRequest, pk: int) -> HttpResponse:
    return _do(request, pk, RELEASE)


@policy()
@once
def change_cancel(request: UserRequest, pk: int) -> HttpResponse:
    return _do(request, pk, CANCEL)


@policy()
@once
def change_confirm(request: UserRequest, pk: int) -> HttpResponse:
    return _do(request, pk, CONFIRM)


@policy(Role.MANAGER)
@once
def change_declare_failed(request: UserRequest, pk: int) -> HttpResponse:
    return _do(request, pk, DECLARE_FAILED)


@policy(Role.MANAGER)
@once
def change_review(request: UserRequest, pk: int) -> HttpResponse:
    return _do(request, pk, REVIEW)


@policy(Role.MANAGER)
@once
def change_close(request: UserRequest, pk: int) -> HttpResponse:
    return _do(request, pk, CLOSE)


def _do(request: UserRequest, pk: int, ask: Ask) -> HttpResponse:
    change = found(request, pk)
    if request.method != "POST":
        return _question(request, change, ask)
    form = ask.form(request.POST, change=change)
    if submit(form, ask.service, change, actor=request.user) is None:
        return _asked(request, change, ask, form)
    messages.success(request, f"{change.ref} {ask.done}.")
    return redirect(change)


def _question(request: UserRequest, change: ChangeRequest, ask: Ask) -> HttpResponse:
    """The form, for who has the right; a plain word when it is not the time."""
    require(DOERS[ask.verb](request.user, change))
    if not may(request.user, change, ask.verb):
        messages.error(request, f"{change.ref}: “{ask.title}” is not possible now.")
        return redirect(change)
    return _asked(request, change, ask, ask.form(change=change))


def _asked(
    request: UserRequest, change: ChangeRequest, ask: Ask, form: forms.ChangeVerbForm
) -> HttpResponse:
    part = "changes/_ask.html" if wants_partial(request) else "changes/ask.html"
    context = {"change": change, "ask": ask, "form": form, "action": request.path}
    return render(request, part, context, status=status_of(form))
