"""Votes on whatever needs agreement, and the time that passes over them.

The row a request is about is locked first, then the core counts, then the row moves.
"""

from datetime import timedelta

from django.db import transaction
from django.db.models import F
from django.db.models.functions import Coalesce
from django.urls import reverse

from changes import permissions
from changes.models import ChangeDuty, ChangeRequest, FreezeOverride, Promotion
from changes.queries.approvals import (
    MODELS,
    Owner,
    change_asked,
    change_of,
    excluded_by,
    owner_of,
)
from changes.services import slots
from changes.services.revisions import AGREEING
from changes.services.rows import locked_by_id, log, move, refuse_held
from changes.services.verdicts import follow
from opsdesk.accounts.models import User
from opsdesk.core import clock
from opsdesk.core.approving import Excluded, standing, still_asked
from opsdesk.core.errors import RuleError, require
from opsdesk.core.models import ApprovalRequest
from opsdesk.core.services import approvals
from opsdesk.core.services.approvals import REMIND_AFTER, SeparationError
from opsdesk.core.services.outbox import Note, notify

State = ApprovalRequest.State
BATCH = 200


@transaction.atomic
def vote(
    request: ApprovalRequest,
    *,
    actor: User,
    decision: str,
    comment: str = "",
    revision: int,
    sha256: str,
) -> ApprovalRequest:
    """Say yes or no to exactly what was shown; the row it is about moves at once.

    Refused as the core refuses, when it was asked anew since (stale), on hold, and once
    it is under way.
    """
    owner, request = held(request)
    excluded = _excluded(owner)
    if actor.pk in excluded:
        raise SeparationError(excluded[actor.pk])
    if owner is None or request.state == State.SUPERSEDED:
        raise RuleError("This changed since you read it. Read it again.", code="stale")
    _judge(owner)
    before = request.state
    request = approvals.vote(
        request,
        actor=actor,
        decision=decision,
        comment=comment,
        revision=revision,
        sha256=sha256,
        excluded=excluded,
    )
    _log(owner, "vote", request, actor, decision=decision, note=comment)
    follow(owner, request, before=before, actor=actor, at=clock.now())
    return request


@transaction.atomic
def revoke(request: ApprovalRequest, *, actor: User, reason: str) -> ApprovalRequest:
    """Take one's own vote back, until what it allowed has begun."""
    owner, request = held(request)
    if owner is None:
        raise RuleError("What you voted on is over.", code="not_open")
    _judge(owner)
    before = request.state
    request = approvals.revoke(
        request, actor=actor, reason=reason, excluded=_excluded(owner)
    )
    _log(owner, "revoke", request, actor, note=reason)
    follow(owner, request, before=before, actor=actor, at=clock.now())
    return request


@transaction.atomic
def withdraw(request: ApprovalRequest, *, actor: User, reason: str) -> ApprovalRequest:
    """Take the question back before it is decided: who asked it, or a manager.

    The change is assessed again and its slots are free; anything else may be asked
    anew. What was done without asking must be judged.
    """
    owner, request = held(request)
    is_theirs = permissions.can_withdraw_request(actor, request)
    require(is_theirs, "Who asked takes it back, or a manager.")
    if isinstance(owner, ChangeDuty):
        raise RuleError("What was done without asking must be judged.", code="by_doing")
    if owner is None or request.state != State.OPEN:
        raise RuleError("This is not waiting for votes any more.", code="not_open")
    _judge(owner)
    request = approvals.end(request, State.WITHDRAWN)
    if isinstance(owner, ChangeRequest):
        slots.free(owner)
        move(owner, "withdraw", actor=actor)
    _log(owner, "withdraw", request, actor, note=reason)
    follow(owner, request, before=State.OPEN, actor=actor, at=clock.now())
    return request


def held(request: ApprovalRequest) -> tuple[Owner | None, ApprovalRequest]:
    """The row the request is about, locked, its change first; both read afresh."""
    pk = change_asked(request)
    owner = _owner(request, locked_by_id(pk) if pk else None)
    return owner, ApprovalRequest.objects.get(pk=request.pk)


def expire_due(*, limit: int = BATCH) -> int:
    """End what nobody decided, or used, in time; returns how many. Twice is once."""
    due = ApprovalRequest.objects.live().filter(expires_at__lte=clock.now())
    rows = list(due.order_by("expires_at", "pk")[:limit])
    return sum(_expire(row) for row in rows)


def remind_due(*, limit: int = BATCH) -> int:
    """Ask again, every 24 hours, whoever is still waited for; returns how many."""
    at = clock.now()
    waiting = ApprovalRequest.objects.open().filter(expires_at__gt=at)
    due = waiting.alias(told=Coalesce("reminded_at", F("requested_at"))).filter(
        told__lte=at - REMIND_AFTER
    )
    return sum(_remind(row) for row in due.order_by("pk")[:limit])


@transaction.atomic
def _expire(request: ApprovalRequest) -> bool:
    owner, request = held(request)
    before = request.state
    request = approvals.judge(request, excluded=_excluded(owner))
    if owner is not None and request.state != before:
        follow(owner, request, before=before, actor=None, at=clock.now())
    return request.state != before


@transaction.atomic
def _remind(request: ApprovalRequest) -> bool:
    rows = ApprovalRequest.objects.open().filter(pk=request.pk)
    row = rows.select_for_update(of=("self",), skip_locked=True).first()
    if row is None or row.reminded_at != request.reminded_at:
        return False
    at = clock.now()
    excluded = _excluded(owner_of(row))
    people = still_asked(standing(row, excluded=excluded, at=at), excluded)
    waits = at - row.requested_at
    note = Note(
        key=f"approval-{row.pk}-reminder-{at:%Y%m%d}",
        title=f"Still waiting for you: {row.title}",
        body=f"Asked {waits // timedelta(days=1) or 1} day(s) ago.",
        url=reverse("changes:approval", args=[row.pk]),
    )
    notify(people, note)
    row.reminded_at = at
    row.save(update_fields=["reminded_at"])
    return True


def _excluded(owner: Owner | None) -> Excluded:
    return excluded_by([owner])[owner.approval_id or 0] if owner else {}


def _judge(owner: Owner) -> None:
    """Refuse while the change is on hold, and once what was asked is under way."""
    change = change_of(owner)
    if change is not None:
        refuse_held(change)
    if isinstance(owner, ChangeRequest) and owner.state not in AGREEING:
        state = owner.get_state_display().lower()
        raise RuleError(
            f"{owner.ref} is {state}, so nobody votes now.", code="not_open"
        )


def _log(
    owner: Owner, verb: str, request: ApprovalRequest, actor: User, **params: str
) -> None:
    change = change_of(owner)
    if change is not None:
        log(change, verb, actor=actor, at=clock.now(), about=request.kind, **params)


def _owner(request: ApprovalRequest, change: ChangeRequest | None) -> Owner | None:
    """The row a request belongs to, locked like the change behind it was."""
    if request.kind == "change":
        is_ours = change is not None and change.approval_id == request.pk
        return change if is_ours else None
    rows = MODELS[request.kind].objects.filter(approval=request).order_by("pk")
    owner: Owner | None = rows.select_for_update(of=("self",), no_key=True).first()
    if isinstance(owner, Promotion | FreezeOverride | ChangeDuty) and change:
        owner.change = change
    return owner
