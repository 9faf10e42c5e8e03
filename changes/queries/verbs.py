"""What this person may do to a change now: by the table of moves and the rights."""

from collections.abc import Callable
from dataclasses import dataclass

from django.urls import reverse

from changes import permissions
from changes.models import ChangeRequest
from changes.moves import BEFORE, CHANGE_MOVES, HOLDABLE, ChangeState
from changes.queries.ending import is_confirmer
from opsdesk.accounts.models import User
from opsdesk.core.approving import asked_of
from opsdesk.core.models import Asked

Test = Callable[[User, ChangeRequest], bool]
Kind = ChangeRequest.Kind


@dataclass(frozen=True)
class Verb:
    """A button: its words, its icon and tone, whether it asks anything first."""

    name: str
    label: str
    icon: str
    tone: str
    one_click: bool
    url: str


PROMOTABLE = (*HOLDABLE, ChangeState.IMPLEMENTING, ChangeState.VERIFYING)
# verb -> (label, icon, tone, one click); in the order people meet them.
BUTTONS: dict[str, tuple[str, str, str, bool]] = {
    "submit": ("Submit", "send", "pri", True),
    "request_approval": ("Ask for approval", "user-check", "pri", False),
    "rework": ("Take up again", "rotate-ccw", "pri", True),
    "confirm": ("It works", "circle-check", "ok", True),
    "review": ("Write the review", "clipboard-check", "pri", False),
    "close": ("Close", "check", "pri", False),
    "release": ("Let it go on", "play", "pri", True),
    "send_back": ("Send back", "corner-down-left", "", False),
    "hold": ("Put on hold", "pause", "", False),
    "declare_failed": ("Declare failed", "octagon-alert", "danger", False),
    "cancel": ("Cancel it", "x", "danger", False),
}


def verbs_for(user: User, change: ChangeRequest) -> list[Verb]:
    """The buttons this person gets on this change."""
    return [
        Verb(name, *looks, reverse(f"changes:{name}", args=[change.pk]))
        for name, looks in BUTTONS.items()
        if may(user, change, name)
    ]


def may(user: User, change: ChangeRequest, name: str) -> bool:
    """May this person do this verb to this change in the state it is in?"""
    if change.is_held and name not in {"cancel", "release"}:
        return False
    return _is_its_time(change, name) and DOERS[name](user, change)


def may_edit(user: User, change: ChangeRequest) -> bool:
    """Before anything was done to a serving environment, and not while on hold."""
    early = change.state in BEFORE and not change.is_held
    return early and permissions.can_prepare(user)


def may_promote(user: User, change: ChangeRequest) -> bool:
    """Plan a promotion: from the first try in dev/test until it has been verified."""
    under_way = change.state in PROMOTABLE and not change.is_held
    return under_way and permissions.can_plan(user, change)


def may_ask_for_tests(user: User, change: ChangeRequest) -> bool:
    """Ask somebody to try it, before anything was done where people work."""
    early = change.state in HOLDABLE and not change.is_held
    return early and permissions.can_prepare(user)


def may_break_glass(user: User, change: ChangeRequest) -> bool:
    """Start an emergency before anybody agreed: an emergency approver, once ready."""
    is_ready = change.state == ChangeState.DRAFT and change.kind == Kind.EMERGENCY
    return is_ready and Asked.EMERGENCY in asked_of([user.pk])[user.pk]


def _is_its_time(change: ChangeRequest, name: str) -> bool:
    if name == "hold":
        return change.state in HOLDABLE
    if name == "release":
        return change.is_held
    if name == "review":
        moved = CHANGE_MOVES["review"].sources
        return change.state in {*moved, ChangeRequest.State.REVIEW}
    return change.state in CHANGE_MOVES[name].sources


def _prepares(user: User, _change: ChangeRequest) -> bool:
    return permissions.can_prepare(user)


def _manages(user: User, _change: ChangeRequest) -> bool:
    return permissions.can_manage(user)


DOERS: dict[str, Test] = {
    "submit": _prepares,
    "request_approval": _prepares,
    "rework": _prepares,
    "confirm": is_confirmer,
    "review": permissions.can_review,
    "close": permissions.can_review,
    "release": _manages,
    "send_back": _manages,
    "hold": _manages,
    "declare_failed": _manages,
    "cancel": permissions.can_cancel,
}
