"""What the timeline says: one table from verb to sentence, and how times are written.

Events store a verb and its parameters; nobody stores prose. A verb that is not in the
table is a bug and raises.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.utils import timezone

from opsdesk.core.wording import day, listed, minutes, moment, several
from snags.models import Clock, Snag

Params = Mapping[str, Any]
Text = Callable[[Params], str]


@dataclass(frozen=True)
class Saying:
    """How one verb is told: after the actor's name, with which icon and tone.

    `hidden_from` names who does not read it: "reporter", "supplier".
    """

    text: Text
    icon: str
    tone: str = ""
    hidden_from: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Sentence:
    text: str
    icon: str
    tone: str
    note: str


OUTSIDE = frozenset({"reporter", "supplier"})
SUPPLIER = frozenset({"supplier"})


def _plain(text: str) -> Text:
    return lambda _params: text


def _with(text: str) -> Text:
    return lambda params: text.format_map(_Blank(params))


class _Blank(dict[str, Any]):
    """Old events may lack a parameter; the sentence then simply says less."""

    def __missing__(self, key: str) -> str:
        return "…"


def _channel(params: Params) -> str:
    name = params.get("channel", "")
    return {
        Snag.Channel.PHONE: "logged this snag from a phone call",
        Snag.Channel.WALK_IN: "logged this snag for a visitor",
        Snag.Channel.MAIL: "reported this by mail",
        Snag.Channel.API: "reported this through the API",
        Snag.Channel.IMPORT: "brought this in from another system",
    }.get(name, "reported this snag")


def _waits(params: Params) -> str:
    whom = {
        Snag.WaitingFor.REPORTER: "the reporter",
        Snag.WaitingFor.CHANGE: "a scheduled change",
        Snag.WaitingFor.THIRD_PARTY: "a third party",
        Snag.WaitingFor.SUPPLIER: "the supplier",
    }.get(params.get("waiting_for", ""), "somebody")
    return f"is waiting for {whom}"


def _resolution(verb: str) -> Text:
    labels = dict(Snag.Resolution.choices)

    def text(params: Params) -> str:
        label = labels.get(params.get("resolution", ""))
        return f"{verb}: {label.lower()}" if label else verb

    return text


def _triaged(params: Params) -> str:
    owner = params.get("owner")
    tail = f", {owner} answers for it" if owner else ""
    return f"triaged it as P{params.get('priority', '?')}{tail}"


def _judged(params: Params) -> str:
    said = [
        f"{name} {Snag.Level(params[name]).label.lower()}"
        for name in ("impact", "urgency")
        if name in params
    ]
    return f"judged it again: {', '.join(said)}" if said else "judged it again"


def _described(params: Params) -> str:
    names = [label_of(name).lower() for name in params.get("fields", ())]
    return f"changed {listed(names)}" if names else "changed what it is about"


def _clock(verb: str) -> Text:
    def text(params: Params) -> str:
        kind = str(params.get("kind", "")).capitalize() or "A"
        level = str(params.get("level", ""))
        if verb == "breached":
            return f"{kind} target missed"
        if level.startswith("warn"):
            return f"{kind}: {level.removeprefix('warn')} % of the time is used"
        return f"{kind} is still overdue"

    return text


# verb -> how it is told. System sentences (no actor) begin with a capital letter.
SAYINGS: dict[str, Saying] = {
    "raised": Saying(_channel, "plus"),
    "acknowledged": Saying(_plain("has seen it"), "eye", "blue"),
    "triaged": Saying(_triaged, "flag", "", SUPPLIER),
    "started": Saying(_plain("took it on"), "play", "blue"),
    "waits": Saying(_waits, "hourglass", "violet", SUPPLIER),
    "resumed": Saying(_plain("goes on with it"), "play", "blue", SUPPLIER),
    "handed_over": Saying(_with("handed it to {supplier}"), "building-2", "violet"),
    "accepted": Saying(_plain("has received it"), "check", "violet"),
    "handed_back": Saying(
        _with("ended its hand-over to {supplier}"), "corner-down-left", "violet"
    ),
    "resolved": Saying(_resolution("resolved it"), "circle-check", "green"),
    "confirmed": Saying(_plain("confirmed that it is fixed"), "check-check", "green"),
    "auto_closed": Saying(_plain("Closed, as nobody objected"), "lock"),
    "reopened": Saying(_plain("reopened it"), "corner-down-left", "amber"),
    "rejected": Saying(_resolution("closed it without work"), "ban"),
    "merged": Saying(_with("merged it into SN-{into}"), "git-merge", "", SUPPLIER),
    "absorbed": Saying(
        _with("merged SN-{other} into this one"), "git-merge", "", OUTSIDE
    ),
    "edited": Saying(_plain("reworded it"), "wrench"),
    "described": Saying(_described, "wrench", "", OUTSIDE),
    "assigned": Saying(_with("passed it to {owner}"), "user", "", SUPPLIER),
    "prioritised": Saying(_with("changed P{was} to P{now}"), "flag"),
    "judged": Saying(_judged, "flag", "", SUPPLIER),
    "moved_list": Saying(
        _with("moved it from “{was}” to “{now}”"), "list-checks", "", OUTSIDE
    ),
    "worked_around": Saying(_plain("noted a workaround"), "life-buoy", "amber"),
    "follow_up_set": Saying(_plain("set a day to ask again"), "calendar", "", OUTSIDE),
    "follow_up_dropped": Saying(
        _plain("took the follow-up off"), "calendar", "", OUTSIDE
    ),
    "shared": Saying(_plain("let everybody here see it"), "users", "", SUPPLIER),
    "unshared": Saying(_plain("made it private again"), "eye-off", "", SUPPLIER),
    "clock_warned": Saying(_clock("warned"), "alarm-clock", "amber", OUTSIDE),
    "clock_breached": Saying(_clock("breached"), "octagon-alert", "red", SUPPLIER),
}


def sentence(verb: str, params: Params) -> Sentence:
    """One event in words; raises KeyError for a verb nobody has worded."""
    saying = SAYINGS[verb]
    return Sentence(
        saying.text(params), saying.icon, saying.tone, str(params.get("note", ""))
    )


def verbs_hidden_from(who: str) -> list[str]:
    """The verbs that a kind of reader does not see; empty for internal people."""
    return [verb for verb, saying in SAYINGS.items() if who in saying.hidden_from]


def label_of(field: str) -> str:
    """A column's name as people read it."""
    return LABELS.get(field) or field.replace("_", " ").capitalize()


LABELS = {
    "detail": "Description",
    "snaglist": "List",
    "owner": "Owner",
    "step": "Process step",
    "designed_step": "As designed",
    "actual_step": "As done",
    "original_decision": "Decision to revisit",
    "addition": "What is to be added",
    "first_seen_on": "First seen",
    "needed_by_on": "Needed by",
    "observed_on": "Observed on",
    "observed_by": "Observed by",
    "data_approver": "Data approver",
    "priority_reason": "Reason for the priority",
    "reported_by": "Reporter",
    "handed_to": "With supplier",
    "is_shared": "Everyone may see it",
    "follow_up": "Follow-up",
    "workaround_review": "Workaround reviewed on",
    "resolution_note": "How it was resolved",
    "merged_into": "Merged into",
    "resolved_at": "Resolved",
    "closed_at": "Closed",
    "auto_close_at": "Closes by itself",
    "reopen_count": "Times reopened",
}


def worked(seconds: float) -> str:
    """Counted hours, never days: a working day has no agreed length."""
    return minutes(seconds / 60)


def target_text(clock: Clock) -> str:
    """What was promised: 8 h 00 m, 2 working days."""
    if clock.target_seconds:
        return worked(clock.target_seconds)
    return several(clock.target_days or 0, "working day")


def promised(at: datetime, now: datetime) -> str:
    """A deadline as it is said to people: 12:30 today, Monday 12:30."""
    local, today = timezone.localtime(at), timezone.localtime(now).date()
    if local.date() - today <= timedelta(days=1):
        return moment(at, now)
    if local.date() - today <= timedelta(days=6):
        return f"{local:%A %H:%M}"
    return f"{local:%A} {day(local.date(), today)}, {local:%H:%M}"
