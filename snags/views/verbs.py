"""Each verb as a page: GET asks what it needs, POST does it once."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render

from opsdesk.accounts.access import Role
from opsdesk.core.errors import require
from opsdesk.core.http import UserRequest, once, submit, wants_partial
from opsdesk.core.policy import policy
from snags import permissions
from snags.forms import verbs as forms
from snags.models import Snag
from snags.queries.page import bare_snag
from snags.queries.verbs import BUTTONS, may
from snags.services import editing, lifecycle, talk
from snags.views.landing import land

WORKERS = (Role.SUPPORT, Role.MANAGER)


@dataclass(frozen=True)
class Ask:
    """What a verb asks and what it calls; `done` completes "SN-17 …"."""

    verb: str
    title: str
    form: type[forms.SnagForm]
    service: Callable[..., Any]
    done: str
    lead: str = ""
    button: str = ""


TRIAGE = Ask(
    "triage",
    "Triage",
    forms.TriageForm,
    lifecycle.triage,
    "is triaged",
    "How pressing it is, and who answers for it from now on.",
)
START = Ask(
    "start",
    "Start work",
    forms.NothingForm,
    lifecycle.start,
    "is yours now",
    "You take it on and answer for it.",
)
RESUME = Ask(
    "resume",
    "Go on with it",
    forms.NothingForm,
    lifecycle.resume,
    "goes on",
    "The wait is over; the clocks count again.",
)
WAIT = Ask(
    "wait",
    "Wait",
    forms.WaitForm,
    lifecycle.wait,
    "is waiting",
    "Say for whom. For a supplier, hand it over instead.",
)
HAND_OVER = Ask(
    "hand_over",
    "Hand to a supplier",
    forms.HandOverForm,
    lifecycle.hand_over,
    "is with the supplier",
    "You stay its owner, and the clock the business sees runs on.",
    "Hand over",
)
HAND_BACK = Ask(
    "hand_back",
    "Hand back",
    forms.HandBackForm,
    lifecycle.hand_back,
    "is back with its owner",
)
ACCEPT = Ask(
    "accept",
    "We have it",
    forms.NothingForm,
    lifecycle.accept,
    "is acknowledged",
    "Tell its owner that you have received it.",
)
ACKNOWLEDGE = Ask(
    "acknowledge",
    "Tell them you have seen it",
    forms.NothingForm,
    talk.acknowledge,
    "is acknowledged",
    "The reporter hears that a person has seen the report: the response is met.",
)
RESOLVE = Ask(
    "resolve",
    "Resolve",
    forms.ResolveForm,
    lifecycle.resolve,
    "is resolved; the reporter is asked to confirm",
    "The clocks stop and the reporter is asked whether it is fixed.",
)
CONFIRM = Ask(
    "confirm",
    "It is fixed",
    forms.NothingForm,
    lifecycle.confirm,
    "is closed. Thank you",
    "Confirm that it works again; the snag closes.",
)
REOPEN = Ask(
    "reopen",
    "Not fixed yet",
    forms.ReopenForm,
    lifecycle.reopen,
    "is open again",
    "It goes back to its owner with what you write here.",
    "Reopen",
)
REJECT = Ask(
    "reject",
    "Close without work",
    forms.RejectForm,
    lifecycle.reject,
    "is closed",
    "The reporter reads the reason.",
    "Close it",
)
MERGE = Ask(
    "merge",
    "Merge into the original",
    forms.MergeForm,
    lifecycle.merge,
    "is merged",
    "The same thing was reported before: this one closes, the original goes on.",
    "Merge",
)
ASSIGN = Ask(
    "assign", "Owner", forms.AssignForm, editing.assign, "has its owner", "", "Save"
)
PRIORITY = Ask(
    "priority",
    "Priority",
    forms.PriorityForm,
    editing.set_priority,
    "has its priority",
    "Impact and urgency make the priority; another one needs a reason."
    " Clocks are held to the new promise from the start.",
    "Save",
)
MOVE_LIST = Ask(
    "move_list", "List", forms.ListForm, editing.move_to_list, "is on that list"
)
SHARE = Ask(
    "share",
    "Who may see it",
    forms.ShareForm,
    editing.share,
    "is up to date",
    "",
    "Save",
)
WORKAROUND = Ask(
    "workaround",
    "Workaround",
    forms.WorkaroundForm,
    editing.note_workaround,
    "has a workaround",
    "People can work again; the snag stays open and is looked at again.",
    "Save",
)
FOLLOW_UP = Ask(
    "follow_up",
    "Follow-up",
    forms.FollowUpForm,
    editing.set_follow_up,
    "is up to date",
    "",
    "Save",
)
PROPERTIES = Ask(
    "properties",
    "What it is about",
    forms.PropertiesForm,
    editing.set_properties,
    "is up to date",
    "",
    "Save",
)
EFFORT = Ask(
    "effort",
    "Time spent",
    forms.EffortForm,
    talk.add_effort,
    "has the time noted",
    "",
    "Add",
)


@policy(*WORKERS)
@once
def triage(request: UserRequest, pk: int) -> HttpResponse:
    return _do(request, pk, TRIAGE)


@policy(*WORKERS)
@once
def start(request: UserRequest, pk: int) -> HttpResponse:
    return _do(request, pk, START)


@policy()
@once
def resume(request: UserRequest, pk: int) -> HttpResponse:
    return _do(request, pk, RESUME)


@policy(*WORKERS)
@once
def wait(request: UserRequest, pk: int) -> HttpResponse:
    return _do(request, pk, WAIT)


@policy(*WORKERS)
@once
def hand_over(request: UserRequest, pk: int) -> HttpResponse:
    return _do(request, pk, HAND_OVER)


@policy(*WORKERS, Role.SUPPLIER)
@once
def hand_back(request: UserRequest, pk: int) -> HttpResponse:
    return _do(request, pk, HAND_BACK)


@policy(Role.SUPPLIER)
@once
def accept(request: UserRequest, pk: int) -> HttpResponse:
    return _do(request, pk, ACCEPT)


@policy(*WORKERS)
@once
def acknowledge(request: UserRequest, pk: int) -> HttpResponse:
    return _do(request, pk, ACKNOWLEDGE)


@policy(*WORKERS)
@once
def resolve(request: UserRequest, pk: int) -> HttpResponse:
    return _do(request, pk, RESOLVE)


@policy()
@once
def confirm(request: UserRequest, pk: int) -> HttpResponse:
    return _do(request, pk, CONFIRM)


@policy()
@once
def reopen(request: UserRequest, pk: int) -> HttpResponse:
    return _do(request, pk, REOPEN)


@policy(*WORKERS)
@once
def reject(request: UserRequest, pk: int) -> HttpResponse:
    return _do(request, pk, REJECT)


@policy(*WORKERS)
@once
def merge(request: UserRequest, pk: int) -> HttpResponse:
    return _do(request, pk, MERGE)


@policy(*WORKERS)
@once
def assign(request: UserRequest, pk: int) -> HttpResponse:
    return _do(request, pk, ASSIGN)


@policy(*WORKERS)
@once
def priority(request: UserRequest, pk: int) -> HttpResponse:
    return _do(request, pk, PRIORITY)


@policy(*WORKERS)
@once
def move_list(request: UserRequest, pk: int) -> HttpResponse:
    return _do(request, pk, MOVE_LIST)


@policy(*WORKERS)
@once
def share(request: UserRequest, pk: int) -> HttpResponse:
    return _do(request, pk, SHARE)


@policy(*WORKERS)
@once
def workaround(request: UserRequest, pk: int) -> HttpResponse:
    return _do(request, pk, WORKAROUND)


@policy(*WORKERS)
@once
def follow_up(request: UserRequest, pk: int) -> HttpResponse:
    return _do(request, pk, FOLLOW_UP)


@policy(*WORKERS)
@once
def properties(request: UserRequest, pk: int) -> HttpResponse:
    return _do(request, pk, PROPERTIES)


@policy(*WORKERS)
@once
def effort(request: UserRequest, pk: int) -> HttpResponse:
    return _do(request, pk, EFFORT)


def _do(request: UserRequest, pk: int, ask: Ask) -> HttpResponse:
    snag = bare_snag(request.user, pk)
    if snag is None:
        raise Http404
    if request.method != "POST":
        return _question(request, snag, ask)
    form = ask.form(request.POST, user=request.user, snag=snag)
    if submit(form, ask.service, snag, actor=request.user) is None:
        return _asked(request, snag, ask, form)
    messages.success(request, f"{snag.ref} {ask.done}.")
    return land(request, snag)


def _question(request: UserRequest, snag: Snag, ask: Ask) -> HttpResponse:
    """The form, or a plain refusal where the verb is not open to this person now."""
    if ask.verb not in BUTTONS:
        require(permissions.can_work_on(request.user, snag))
    elif not may(request.user, snag, ask.verb):
        messages.error(request, f"{snag.ref}: “{ask.title}” is not possible now.")
        return redirect(snag)
    form = ask.form(user=request.user, snag=snag)
    return _asked(request, snag, ask, form)


def _asked(
    request: UserRequest, snag: Snag, ask: Ask, form: forms.SnagForm
) -> HttpResponse:
    template = "snags/_ask.html" if wants_partial(request) else "snags/ask.html"
    theirs = getattr(form, "theirs", None)
    beside = []
    if theirs is not None and isinstance(form, forms.TextsForm):
        beside, form = form.beside(theirs), form.against(theirs)
    context = {
        "snag": snag,
        "ask": ask,
        "form": form,
        "theirs": beside,
        "is_stale": theirs is not None,
        "action": request.path,
        "next": request.POST.get("next", ""),
    }
    return render(request, template, context, status=422 if form.is_bound else 200)
