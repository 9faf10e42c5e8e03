"""What this person may do to this snag now: from the table of moves and the rights."""

from collections.abc import Callable
from dataclasses import dataclass

from django.urls import reverse

from opsdesk.accounts.models import User
from snags import permissions
from snags.models import Snag
from snags.moves import MOVES, Status

Test = Callable[[User, Snag], bool]


@dataclass(frozen=True)
class Verb:
    """A button: its words, its icon, and whether it works without further questions."""

    name: str
    label: str
    icon: str
    tone: str
    one_click: bool
    url: str


# verb -> (label, icon, tone, one click); in the order people meet them.
BUTTONS: dict[str, tuple[str, str, str, bool]] = {
    "confirm": ("It is fixed", "check-check", "ok", True),
    "reopen": ("Not fixed yet", "corner-down-left", "", False),
    "acknowledge": ("Tell them I have seen it", "eye", "", True),
    "accept": ("We have it", "check", "pri", True),
    "triage": ("Triage", "flag", "pri", False),
    "start": ("Start work", "play", "", True),
    "resume": ("Go on with it", "play", "pri", True),
    "hand_back": ("Hand back", "corner-down-left", "pri", False),
    "resolve": ("Resolve", "circle-check", "", False),
    "wait": ("Wait", "hourglass", "", False),
    "hand_over": ("Hand to a supplier", "building-2", "", False),
    "merge": ("Merge", "link", "", False),
    "reject": ("Close without work", "ban", "", False),
}
DOERS: dict[str, Test] = {
    "worker": permissions.can_work_on,
    "reporter": permissions.is_reporter,
    "supplier": permissions.speaks_for_supplier,
    "system": lambda _user, _snag: False,
}


def verbs_for(
    user: User, snag: Snag, *, answered: bool = True, accepted: bool = False
) -> list[Verb]:
    """The buttons this person gets on this snag.

    `answered`: no response is owed; `accepted`: the supplier said that it has it.
    """
    names = [name for name in BUTTONS if may(user, snag, name, answered=answered)]
    if accepted:
        names = [name for name in names if name != "accept"]
    return [_button(name, snag) for name in names]


def may(user: User, snag: Snag, name: str, *, answered: bool = False) -> bool:
    """May this person do this verb to this snag in the state it is in?"""
    if name in EXTRA:
        return EXTRA[name](user, snag) and not (name == "acknowledge" and answered)
    move = MOVES[name]
    if snag.status not in move.sources:
        return False
    if not any(DOERS[who](user, snag) for who in move.who.split(", ")):
        return False
    return NARROWER.get(name, _always)(user, snag)


def _always(_user: User, _snag: Snag) -> bool:
    return True


def _may_resume(user: User, snag: Snag) -> bool:
    if snag.waiting_for == Snag.WaitingFor.SUPPLIER:
        return False
    asked = snag.waiting_for == Snag.WaitingFor.REPORTER
    return permissions.can_work_on(user, snag) or asked


def _has_supplier(_user: User, snag: Snag) -> bool:
    return snag.handed_to_id is not None


def _not_merged(_user: User, snag: Snag) -> bool:
    return snag.merged_into_id is None


def _may_acknowledge(user: User, snag: Snag) -> bool:
    return snag.is_open and permissions.can_work_on(user, snag)


def _may_accept(user: User, snag: Snag) -> bool:
    return permissions.speaks_for_supplier(user, snag)


# The table of moves says the roles; these say the rest of what the services check.
NARROWER: dict[str, Test] = {
    "confirm": permissions.can_confirm,
    "resume": _may_resume,
    "hand_back": _has_supplier,
    "reopen": _not_merged,
    "triage": lambda _user, snag: snag.status in {Status.NEW, Status.TRIAGED},
}
EXTRA: dict[str, Test] = {"acknowledge": _may_acknowledge, "accept": _may_accept}


def _button(name: str, snag: Snag) -> Verb:
    label, icon, tone, one_click = BUTTONS[name]
    if name == "triage" and snag.status == Status.TRIAGED:
        label, tone = "Triage again", ""
    if name == "start" and snag.status == Status.TRIAGED:
        tone = "pri"
    if name == "resolve" and snag.status == Status.IN_PROGRESS:
        tone = "pri"
    url = reverse(f"snags:{name}", args=[snag.pk])
    return Verb(name, label, icon, tone, one_click, url)
