"""A snag is judged, taken on, waits and goes on."""

from collections.abc import Iterable
from datetime import datetime

from django.db import transaction

from opsdesk.accounts.models import Party, User
from opsdesk.core.errors import RuleError, require
from snags import permissions
from snags.models import Pause, Snag, SnagComment
from snags.services import clocks, files, talk
from snags.services.clocks import Cause
from snags.services.lifecycle.steps import (
    check_owner,
    owe_follow_up,
    take_back,
    tell_owner,
)
from snags.services.raising import judge_priority, priority_cause
from snags.services.rows import instant, judge, locked, log, move

Waiting = Snag.WaitingFor
# Waiting for these stops the clocks the business sees; waiting for a supplier does not.
PAUSES = {Waiting.REPORTER: Pause.Reason.REPORTER, Waiting.CHANGE: Pause.Reason.CHANGE}


@transaction.atomic
def triage(
    snag: Snag,
    *,
    actor: User,
    owner: User,
    impact: int,
    urgency: int,
    team: Party | None = None,
    cause: str | None = None,
    priority: int | None = None,
    priority_reason: str = "",
    at: datetime | None = None,
) -> Snag:
    """Say how pressing it is and who answers; another priority needs a reason.

    A team or a cause that is not named stays as it was.
    """
    snag = locked(snag)
    at = instant(snag, at)
    require(permissions.can_work_on(actor, snag))
    judge(snag, "triage")
    check_owner(snag, owner)
    was, new_owner = snag.priority, snag.owner_id != owner.pk
    judge_priority(snag, impact, urgency, priority, priority_reason)
    wanted = snag.priority
    snag.owner, snag.team = owner, team or owner.team or snag.team
    snag.cause = snag.cause if cause is None else cause
    move(
        snag,
        "triage",
        "owner",
        "team",
        "cause",
        "impact",
        "urgency",
        "priority",
        "priority_reason",
        actor=actor,
        at=at,
    )
    if was != wanted:
        clocks.reprioritise(snag, Cause(priority_cause(was, wanted), at, actor))
    log(snag, "triaged", actor=actor, at=at, owner=owner.name, priority=wanted)
    if new_owner:
        tell_owner(snag, actor)
    return snag


@transaction.atomic
def start(snag: Snag, *, actor: User, at: datetime | None = None) -> Snag:
    """Take the snag on: whoever starts work answers for it."""
    snag = locked(snag)
    at = instant(snag, at)
    require(permissions.can_work_on(actor, snag))
    judge(snag, "start")
    snag.owner = actor
    snag.team = snag.team or actor.team
    move(snag, "start", "owner", "team", actor=actor, at=at)
    log(snag, "started", actor=actor, at=at)
    return snag


@transaction.atomic
def wait(
    snag: Snag,
    *,
    actor: User,
    waiting_for: str,
    body: str = "",
    follow_up_at: datetime | None = None,
    files_added: Iterable[files.Upload] = (),
    at: datetime | None = None,
) -> Snag:
    """Wait for the reporter, a change or a third party, until a day to ask again.

    A question to the reporter goes out as an answer to them. For a supplier, hand over.
    """
    snag = locked(snag)
    at = instant(snag, at)
    require(permissions.can_work_on(actor, snag))
    judge(snag, "wait")
    if waiting_for == Waiting.SUPPLIER:
        raise RuleError("Hand it over to the supplier instead.", code="use_hand_over")
    if waiting_for == Waiting.REPORTER and not body:
        raise RuleError("Say what you need to know from the reporter.", code="no_text")
    snag.owner = snag.owner or actor
    snag.waiting_for = waiting_for
    owe_follow_up(snag, follow_up_at, actor, at)
    move(snag, "wait", "owner", "waiting_for", "follow_up", actor=actor, at=at)
    if body:
        talk.comment(snag, body=body, actor=actor, files_added=files_added)
    if waiting_for in PAUSES:
        clocks.pause(snag, PAUSES[Waiting(waiting_for)], Cause("paused", at, actor))
    log(snag, "waits", actor=actor, at=at, waiting_for=waiting_for)
    return snag


@transaction.atomic
def resume(snag: Snag, *, actor: User, at: datetime | None = None) -> Snag:
    """The wait is over; work goes on and clocks count again."""
    snag = locked(snag)
    at = instant(snag, at)
    asked = snag.waiting_for == Waiting.REPORTER and permissions.is_reporter(
        actor, snag
    )
    require(asked or permissions.can_work_on(actor, snag))
    judge(snag, "resume")
    return take_back(snag, actor, at, verb="resume", logged="resumed")


@transaction.atomic
def answer(snag: Snag, *, body: str, actor: User, **more: object) -> SnagComment:
    """Somebody writes; a snag that waited for its reporter's answer goes on."""
    said = talk.comment(snag, body=body, actor=actor, **more)  # type: ignore[arg-type]
    snag.refresh_from_db()
    waited = snag.waiting_for == Waiting.REPORTER
    told = said.audience == SnagComment.Audience.EVERYONE
    if waited and told and permissions.is_reporter(actor, snag):
        resume(snag, actor=actor)
    return said
