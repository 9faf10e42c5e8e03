"""What the timeline of a change says: one table from verb to sentence, and tones."""

from collections import defaultdict
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from changes.models import ChangeEvent, ChangeRequest, Risk, TestSignOff
from changes.moves import ChangeState, TemplateState
from opsdesk.core.wording import listed

Params = Mapping[str, Any]

TONES: dict[str, str] = {
    ChangeState.DRAFT: "slate",
    ChangeState.ASSESSING: "blue",
    ChangeState.AWAITING: "amber",
    ChangeState.APPROVED: "green",
    ChangeState.IMPLEMENTING: "blue",
    ChangeState.VERIFYING: "blue",
    ChangeState.REVIEW: "violet",
    ChangeState.CLOSED: "slate",
    ChangeState.REJECTED: "red",
    ChangeState.BACKED_OUT: "red",
    ChangeState.FAILED: "red",
    ChangeState.CANCELLED: "slate",
}
TEMPLATE_TONES: dict[str, str] = {
    TemplateState.PROPOSED: "amber",
    TemplateState.APPROVED: "green",
    TemplateState.SUSPENDED: "red",
    TemplateState.RETIRED: "slate",
}
RISK_TONES: dict[str, str] = {
    Risk.LOW: "green",
    Risk.MEDIUM: "amber",
    Risk.HIGH: "red",
}
KIND_TONES: dict[str, str] = {
    ChangeRequest.Kind.NORMAL: "",
    ChangeRequest.Kind.STANDARD: "teal",
    ChangeRequest.Kind.EMERGENCY: "red",
    ChangeRequest.Kind.STATUTORY: "violet",
}


@dataclass(frozen=True)
class Saying:
    """How a verb is told: after the actor's name, with which icon and tone."""

    text: str | Callable[[Params], str]
    icon: str
    tone: str = ""


@dataclass(frozen=True)
class Told:
    """One line, ready to be read."""

    text: str
    icon: str
    tone: str
    note: str


def _drafted(params: Params) -> str:
    snags = listed(list(params.get("snags", ())))
    return f"wrote it down for {snags}" if snags else "wrote it down"


def _edited(text: str) -> Callable[[Params], str]:
    def told(params: Params) -> str:
        departs = "; it departs from its template and is a normal change now"
        return text + (departs if params.get("retyped") else "")

    return told


def _of_revision(text: str) -> Callable[[Params], str]:
    return lambda params: f"{text} of revision {params.get('revision', '…')}"


def _of(text: str) -> Callable[[Params], str]:
    """What was voted on, where it was not the change itself."""
    about = {"promotion": " on a promotion", "override": " on leave during a freeze"}
    about |= {"retro": " on what was done without asking"}
    return lambda params: text + about.get(params.get("about", ""), "")


def _voted(params: Params) -> str:
    word = "rejected" if params.get("decision") == "reject" else "approved"
    return _of(f"voted: {word}")(params)


def _closed(params: Params) -> str:
    label = dict(ChangeRequest.Closure.choices).get(params.get("closure", ""), "")
    return f"closed it: {label.lower()}" if label else "closed it"


def _reviewed(params: Params) -> str:
    label = dict(ChangeRequest.Closure.choices).get(params.get("outcome", ""), "")
    return f"reviewed it: {label.lower()}" if label else "reviewed it"


# Verb -> how it is told. What promotions and votes add, their own modules add here.
SAYINGS: dict[str, Saying] = {
    "drafted": Saying(_drafted, "plus"),
    "edited": Saying(_edited("edited it"), "pencil"),
    "revised": Saying(_edited("altered its substance: a new revision"), "pencil"),
    "submit": Saying("submitted it", "send", "blue"),
    "submit_emergency": Saying("submitted it as an emergency", "send", "red"),
    "submit_standard": Saying("submitted it; its template is agreed to", "send"),
    "send_back": Saying("sent it back", "corner-down-left", "amber"),
    "request_approval": Saying(_of_revision("asked for approval"), "user-check"),
    "grant": Saying("It is approved", "check-check", "green"),
    "reject": Saying("rejected it", "ban", "red"),
    "rework": Saying("took it up again", "rotate-ccw"),
    "vote": Saying(_voted, "user-check"),
    "revoke": Saying(_of("took back a vote"), "undo-2", "amber"),
    "withdraw": Saying(_of("took the question back"), "undo-2", "amber"),
    "lapse": Saying("Nobody decided in time: it is assessed again", "hourglass"),
    "reask": Saying(
        "A vote does not count any more: approval is needed anew", "undo-2"
    ),
    "hold": Saying("put it on hold", "pause", "amber"),
    "release": Saying("let it go on", "play"),
    "cancel": Saying("cancelled it", "x"),
    "implement": Saying("began to implement it", "rocket", "blue"),
    "stand_down": Saying("Nothing was applied: it stays approved", "undo-2", "amber"),
    "start_over": Saying("Nothing was applied: it is a draft again", "undo-2", "amber"),
    "verify": Saying("It is everywhere it was to go", "clipboard-check", "blue"),
    "back_out": Saying("It was backed out", "undo-2", "red"),
    "declare_failed": Saying("declared it failed", "octagon-alert", "red"),
    "confirm": Saying("found that it works", "circle-check", "green"),
    "review": Saying(_reviewed, "clipboard-check"),
    "close": Saying(_closed, "check"),
}


def _there(text: str) -> Callable[[Params], str]:
    """{package}, {environment} and the like, as the event has them."""
    plain = {"package": "it", "environment": "there"}
    return lambda params: text.format_map(defaultdict(lambda: "…", {**plain, **params}))


def _signed_off(params: Params) -> str:
    found = dict(TestSignOff.Verdict.choices).get(params.get("verdict", ""), "…")
    text = "gave a verdict on {area} in {environment}: {found}"
    return _there(text)({**params, "found": found.lower()})


# What was let pass, by the code of its gate.
GATES = {
    "ROUTE": "the way through the environments before",
    "SIGNOFF": "the tests by users",
    "SOAK": "the time it has to run before",
    "WINDOW": "the maintenance window",
    "SLOT": "the slot",
    "FAILOVER": "that the failover lags behind",
}


def _waived(params: Params) -> str:
    gate = params.get("gate", "")
    return _there("waived {gate} for {environment}")(
        {**params, "gate": GATES.get(gate, gate or "…")}
    )


# What promotions, tests and what follows from them add.
SAYINGS |= {
    "scheduled": Saying(_there("planned {package} for {environment}"), "calendar"),
    "promotion_asked": Saying(
        _there("asked for approval of {package} to {environment}"), "user-check"
    ),
    "baseline_confirmed": Saying(
        _there("confirmed what runs in {environment}"), "check"
    ),
    "promotion_cancelled": Saying(
        _there("cancelled the promotion to {environment}"), "x"
    ),
    "started": Saying(_there("started {package} in {environment}"), "play", "blue"),
    "step": Saying(_there("in {environment}: {title}"), "check"),
    "verifying": Saying(
        _there("installed exactly {package} in {environment}"), "shield-check", "blue"
    ),
    "succeeded": Saying(
        _there("brought {package} into {environment}"), "circle-check", "green"
    ),
    "failed": Saying(
        _there("failed to bring {package} into {environment}"), "octagon-alert", "red"
    ),
    "aborted": Saying(_there("aborted the promotion to {environment}"), "x", "amber"),
    "rolling_back": Saying(
        _there("began to roll back {package} in {environment}"), "undo-2", "red"
    ),
    "waived": Saying(_waived, "triangle-alert", "amber"),
    "break_glass": Saying(
        _there("broke the glass in {environment}"), "octagon-alert", "red"
    ),
    "override_asked": Saying(_there("asked for leave during {freeze}"), "pause"),
    "override_outgrown": Saying(
        _there("needs leave again: {freeze} was moved or made longer"), "pause", "amber"
    ),
    "test_asked": Saying(_there("asked {person} to test {area}"), "user-check"),
    "test_asked_again": Saying(
        _there("asked {person} to test {area} again"), "user-check"
    ),
    "signed_off": Saying(_signed_off, "clipboard-check"),
    "conditions_accepted": Saying(_there("accepted the conditions of {area}"), "check"),
    "sign_off_revoked": Saying(
        _there("took the verdict on {area} back"), "undo-2", "amber"
    ),
    "duty_settled": Saying(_there("{duty}: done"), "check", "green"),
    "duty_waived": Saying(_there("{duty}: waived"), "minus", "amber"),
}


def told(event: ChangeEvent) -> Told:
    """The sentence of one event; KeyError for a verb nobody has put in words."""
    saying = SAYINGS[event.verb]
    text = saying.text if isinstance(saying.text, str) else saying.text(event.params)
    note = str(event.params.get("note", ""))
    return Told(text, saying.icon, saying.tone, note)
