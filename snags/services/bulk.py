"""One thing done to many snags: each judged and saved by itself.

What a rule refuses for one snag does not undo the others; the outcome says which were
done and why the rest were not. All commit together, locked in order of their numbers.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from django.db import IntegrityError, transaction

from opsdesk.accounts.models import User
from opsdesk.core.errors import OpsError, as_rule_error
from snags.models import Snag
from snags.moves import MOVES, Status
from snags.services import editing, lifecycle
from snags.services.rows import locked


@dataclass
class Outcome:
    """Which snags were done, and why the others were not: sentence -> refs."""

    done: list[str] = field(default_factory=list)
    refused: dict[str, list[str]] = field(default_factory=dict)


@transaction.atomic
def take_all(snags: Iterable[Snag], *, actor: User) -> Outcome:
    """Make the actor answer for each; what nobody works on yet is started."""

    def take(snag: Snag) -> None:
        if snag.status in MOVES["start"].sources:
            lifecycle.start(snag, actor=actor)
        else:
            editing.assign(snag, owner=actor, actor=actor)

    return _each(snags, take)


@transaction.atomic
def apply_all(
    snags: Iterable[Snag],
    *,
    actor: User,
    owner: User | None = None,
    priority: int | None = None,
    reason: str = "",
) -> Outcome:
    """Give each an owner, a priority, or both; a new one is triaged as reported."""

    def apply(snag: Snag) -> None:
        if priority:
            snag = _prioritised(snag, actor, priority, reason)
        if owner:
            _assign(snag, actor, owner)

    return _each(snags, apply)


def _prioritised(snag: Snag, actor: User, priority: int, reason: str) -> Snag:
    return editing.set_priority(
        snag,
        actor=actor,
        impact=snag.impact,
        urgency=snag.urgency,
        priority=priority,
        priority_reason=reason,
    )


def _assign(snag: Snag, actor: User, owner: User) -> None:
    if snag.status != Status.NEW:
        editing.assign(snag, owner=owner, actor=actor)
        return
    lifecycle.triage(
        snag,
        actor=actor,
        owner=owner,
        impact=snag.impact,
        urgency=snag.urgency,
        cause=snag.cause,
        priority=snag.priority,
        priority_reason=snag.priority_reason,
    )


def _each(snags: Iterable[Snag], act: Callable[[Snag], None]) -> Outcome:
    outcome = Outcome()
    for snag in sorted(snags, key=lambda snag: snag.pk):
        refusal = _refusal(snag, act)
        if refusal:
            outcome.refused.setdefault(refusal, []).append(snag.ref)
        else:
            outcome.done.append(snag.ref)
    return outcome


def _refusal(snag: Snag, act: Callable[[Snag], None]) -> str:
    """Why not, in words; "" when it was done. A crash is still a crash.

    What is done follows from the snag as it is now, not as somebody saw it listed.
    """
    try:
        with transaction.atomic():
            act(locked(snag))
    except OpsError as error:
        return str(error)
    except IntegrityError as error:
        rule = as_rule_error(error)
        if rule is None:
            raise
        return str(rule)
    return ""
