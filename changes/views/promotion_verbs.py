"""Each verb of a promotion as a page: GET asks what it needs, POST does it once."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render

from changes import permissions
from changes.forms import promotions as forms
from changes.models import Promotion
from changes.services import promoting, rolling_back, running, starting
from changes.views.changes import MAKERS
from changes.views.promotions import found, show
from opsdesk.accounts.models import User
from opsdesk.core.errors import require
from opsdesk.core.http import UserRequest, once, status_of, submit, wants_partial
from opsdesk.core.policy import policy


@dataclass(frozen=True)
class Ask:
    """What a verb asks and what it calls; `done` completes "APP 1.1 to Production …".

    What asks nothing is refused on the run sheet itself, with its gates.
    """

    title: str
    service: Callable[..., Any]
    done: str
    lead: str = ""
    form: type[forms.PromotionForm] = forms.PromotionForm
    tone: str = "pri"


START = Ask(
    "Start",
    starting.start,
    "has started",
    "The environment is yours until it ends. Every gate is asked once more.",
)
ASK = Ask(
    "Ask for approval",
    promoting.ask,
    "is waiting for approval",
    "Whoever must agree to this build, here and now, is told.",
)
CONFIRM_BASELINE = Ask(
    "Confirm what runs there",
    promoting.confirm_baseline,
    "may go over what runs there now",
    "Something was installed there since this was approved, and it is well so.",
)
WAIVE = Ask(
    "Waive a gate",
    starting.waive,
    "may pass that gate",
    "In your name, for a day. What is skipped is owed afterwards.",
    forms.WaiveForm,
    "danger",
)
STEP = Ask("Do the step", running.do_step, "is a step further", "", forms.StepForm)
REPORT = Ask(
    "Report the digest",
    running.report,
    "was reported",
    "Anything else than what was approved has failed.",
    forms.DigestForm,
)
SUCCEED = Ask(
    "It has succeeded",
    running.succeed,
    "has succeeded",
    "The version counts as installed from now on.",
    tone="ok",
)
FAIL = Ask(
    "It has failed",
    running.fail,
    "has failed",
    "The environment is free again; then roll back, or try again.",
    forms.NoteForm,
    "danger",
)
ABORT = Ask(
    "Abort",
    running.abort,
    "is aborted",
    "Nothing was applied, so nothing has changed there.",
    forms.CancelForm,
    "danger",
)
ROLL_BACK = Ask(
    "Roll back",
    rolling_back.roll_back,
    "is being rolled back",
    "What ran before is brought back, or it is taken out if nothing did, by the"
    " approved back-out plan. This starts now.",
    tone="danger",
)
CANCEL = Ask(
    "Cancel it",
    promoting.cancel,
    "is cancelled",
    "It will not happen; the change itself stays as it is.",
    forms.CancelForm,
    "danger",
)


def _retry(promotion: Promotion, *, actor: User) -> Promotion:
    """Once more, as the next attempt, approved anew."""
    return promoting.schedule(
        promotion.change,
        actor=actor,
        environment=promotion.environment,
        kind=promotion.kind,
    )


RETRY = Ask(
    "Try again",
    _retry,
    "is planned once more",
    "The next attempt, which must be approved anew.",
)


@policy(*MAKERS)
@once
def promotion_start(request: UserRequest, pk: int) -> HttpResponse:
    return _do(request, pk, START)


@policy(*MAKERS)
@once
def promotion_ask(request: UserRequest, pk: int) -> HttpResponse:
    return _do(request, pk, ASK)


@policy(*MAKERS)
@once
def promotion_confirm_baseline(request: UserRequest, pk: int) -> HttpResponse:
    return _do(request, pk, CONFIRM_BASELINE)


@policy(*MAKERS)
@once
def promotion_waive(request: UserRequest, pk: int) -> HttpResponse:
    require(permissions.can_waive(request.user, found(request, pk).change))
    return _do(request, pk, WAIVE)


@policy(*MAKERS)
@once
def promotion_step(request: UserRequest, pk: int) -> HttpResponse:
    return _do(request, pk, STEP)


@policy(*MAKERS)
@once
def promotion_report(request: UserRequest, pk: int) -> HttpResponse:
    return _do(request, pk, REPORT)


@policy(*MAKERS)
@once
def promotion_succeed(request: UserRequest, pk: int) -> HttpResponse:
    return _do(request, pk, SUCCEED)


@policy(*MAKERS)
@once
def promotion_fail(request: UserRequest, pk: int) -> HttpResponse:
    return _do(request, pk, FAIL)


@policy(*MAKERS)
@once
def promotion_abort(request: UserRequest, pk: int) -> HttpResponse:
    return _do(request, pk, ABORT)


@policy(*MAKERS)
@once
def promotion_roll_back(request: UserRequest, pk: int) -> HttpResponse:
    return _do(request, pk, ROLL_BACK)


@policy(*MAKERS)
@once
def promotion_retry(request: UserRequest, pk: int) -> HttpResponse:
    return _do(request, pk, RETRY)


@policy(*MAKERS)
@once
def promotion_cancel(request: UserRequest, pk: int) -> HttpResponse:
    return _do(request, pk, CANCEL)


def _do(request: UserRequest, pk: int, ask: Ask) -> HttpResponse:
    promotion = found(request, pk)
    if request.method != "POST":
        return _asked(request, promotion, ask, ask.form(promotion=promotion))
    form = ask.form(request.POST, promotion=promotion)
    result = submit(form, ask.service, promotion, actor=request.user)
    if result is None and (ask.form is forms.PromotionForm or ask in {STEP, REPORT}):
        refused = form.non_field_errors() or [
            each for field in form.errors.values() for each in field
        ]
        return show(request, pk, refused=refused, status=409)
    if result is None:
        return _asked(request, promotion, ask, form)
    after = result if isinstance(result, Promotion) else promotion
    _say(request, after, ask)
    return redirect(after)


def _say(request: UserRequest, promotion: Promotion, ask: Ask) -> None:
    """A digest that is not the approved one is an answer, but not a good one."""
    if promotion.outcome == running.MISMATCH:
        messages.error(request, promotion.note)
    else:
        messages.success(request, f"{promotion} {ask.done}.")


def _asked(
    request: UserRequest, promotion: Promotion, ask: Ask, form: forms.PromotionForm
) -> HttpResponse:
    context = {
        "promotion": promotion,
        "ask": ask,
        "form": form,
        "action": request.path,
        "back": promotion.get_absolute_url(),
    }
    part = "_ask" if wants_partial(request) else "promotion_ask"
    return render(request, f"changes/{part}.html", context, status=status_of(form))
