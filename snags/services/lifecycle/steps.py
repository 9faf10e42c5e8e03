"""What several verbs share: ending a wait, owing a follow-up, telling the owner."""

from datetime import datetime

from django.db.models.functions import Now

from opsdesk.accounts.models import User
from opsdesk.core.errors import RuleError
from opsdesk.core.services import duties
from opsdesk.core.services.outbox import Note, notify
from snags import permissions
from snags.models import Handover, Snag
from snags.services import clocks
from snags.services.answering import who_answers
from snags.services.clocks import Cause
from snags.services.rows import log, move


def take_back(
    snag: Snag, actor: User, at: datetime, *, verb: str, logged: str, **params: object
) -> Snag:
    """The wait is over: whoever was waited for no longer has the ball."""
    if snag.status != Snag.Status.WAITING:
        raise RuleError("It does not wait for anybody.", code="not_now")
    end_wait(snag, actor, at)
    move(snag, verb, "waiting_for", "handed_to", "follow_up", actor=actor, at=at)
    log(snag, logged, actor=actor, at=at, **params)
    return snag


def end_wait(snag: Snag, actor: User, at: datetime) -> None:
    """Whoever was waited for: the pause, the hand-over and the follow-up end."""
    clocks.unpause(snag, Cause("resumed", at, actor))
    Handover.objects.filter(snag=snag, to_at__isnull=True).update(
        to_at=at, end_recorded_at=Now()
    )
    snag.waiting_for, snag.handed_to = "", None
    if snag.follow_up is not None:
        duties.drop(snag.follow_up)
        snag.follow_up = None


def owe_follow_up(
    snag: Snag, due_at: datetime | None, actor: User, at: datetime
) -> None:
    """Owe a question at an instant to come, instead of the one owed before."""
    if due_at is not None and due_at <= at:
        raise RuleError("Choose a day to come to ask again.", code="bad_time")
    if snag.follow_up is not None:
        duties.drop(snag.follow_up)
        snag.follow_up = None
    if due_at is not None:
        snag.follow_up = duties.owe(
            kind="follow_up",
            title=f"Ask again about {snag.ref} {snag.title}"[:200],
            owner=snag.owner or actor,
            due_at=due_at,
            url=snag.get_absolute_url(),
        )


def check_owner(snag: Snag, owner: User) -> None:
    """Refuse an owner who cannot work on this snag."""
    if not owner.is_active or not permissions.can_work_on(owner, snag):
        raise RuleError(f"{owner} cannot work on this snag.", code="bad_owner")


def unless(person: User, actor: User) -> User | None:
    """The person, unless they did it themselves."""
    return None if person.pk == actor.pk else person


def tell_owner(snag: Snag, actor: User) -> None:
    """Tell the owner whose it is now, unless they did it themselves.

    Where the owner has left, the managers are told that it needs another.
    """
    if snag.owner is None or snag.owner_id == actor.pk:
        return
    stamp = snag.updated_at.timestamp()
    if snag.owner.is_active:
        title, body = "is yours", f"{actor.name} passed it to you."
    else:
        title, body = "needs an owner", f"{snag.owner}, whose it was, has left."
    notify(
        who_answers(snag),
        Note(
            key=f"snag-{snag.pk}-yours-{stamp:.0f}",
            title=f"{snag.ref} {title}: {snag.title}",
            body=body,
            url=snag.get_absolute_url(),
        ),
    )
