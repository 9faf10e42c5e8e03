"""What every verb does: lock the row, judge the move, write the timeline line."""

from datetime import datetime
from typing import Any

from django.db.models import QuerySet

from changes.models import ChangeEvent, ChangeRequest
from changes.moves import CHANGE_MOVES
from opsdesk.accounts.models import User
from opsdesk.core.errors import RuleError
from opsdesk.core.records import save


def locked(change: ChangeRequest) -> ChangeRequest:
    """The change as it is now, held until the transaction ends: parents come first."""
    return locked_by_id(change.pk)


def locked_by_id(pk: int) -> ChangeRequest:
    """The same, where nothing but its id is known yet."""
    return (
        ChangeRequest.objects.select_for_update(of=("self",), no_key=True)
        .select_related("package__component", "approval")
        .get(pk=pk)
    )


def involved(change: ChangeRequest, *others: int | None) -> QuerySet[User]:
    """Who asked for it and who implements it, and those others: to be told."""
    people = change.requester_id, change.implementer_id, *others
    return User.objects.filter(pk__in=[pk for pk in people if pk]).order_by("pk")


def judge(change: ChangeRequest, verb: str) -> None:
    """Refuse a verb the state does not allow, and all but cancelling while on hold."""
    if change.state not in CHANGE_MOVES[verb].sources:
        state = change.get_state_display().lower()
        raise RuleError(
            f"{change.ref} is {state}: that is not possible now.", code="not_now"
        )
    if verb != "cancel":
        refuse_held(change)


def refuse_held(change: ChangeRequest) -> None:
    """Refuse whatever waits until a manager lets the change go on."""
    if change.is_held:
        raise RuleError(
            f"{change.ref} is on hold: {change.hold_reason}", code="on_hold"
        )


def move(change: ChangeRequest, verb: str, *fields: str, actor: User | None) -> None:
    """Take the judged step and save it with the other fields the verb changed."""
    change.state = CHANGE_MOVES[verb].target
    save(change, "state", *fields, actor=actor)


def log(
    change: ChangeRequest, verb: str, *, actor: User | None, at: datetime, **params: Any
) -> ChangeEvent:
    """Write one line of the timeline, under the change's lock: by the second, and those
    of one second stand in the order they were written."""
    return ChangeEvent.objects.create(
        change=change,
        verb=verb,
        params=params,
        actor=actor,
        at=at.replace(microsecond=0),
    )
