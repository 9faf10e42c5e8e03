"""Asking for approval and voting: the one engine for everything that needs agreement.

The caller has locked the row the request is about and moves it by what comes back.
"""

from collections.abc import Sequence
from datetime import timedelta

from django.db import transaction

from opsdesk.accounts.models import User
from opsdesk.core import clock
from opsdesk.core.approving import (
    Excluded,
    Standing,
    asked_of,
    people_asked,
    shortage,
    standing,
)
from opsdesk.core.errors import NotAllowedError, RuleError, require
from opsdesk.core.models import ApprovalPolicy, ApprovalRequest, ApprovalStep, Vote
from opsdesk.core.services.outbox import Note, notify

State = ApprovalRequest.State
REMIND_AFTER = timedelta(hours=24)


class SeparationError(NotAllowedError):
    """The actor has another part in this, so somebody else must decide."""

    code = "sod"


@transaction.atomic
def ask(
    *,
    kind: str,
    level: str,
    title: str,
    url: str,
    revision: int,
    sha256: str,
    actor: User,
    excluded: Excluded,
    needed: int | None = None,
    also: Sequence[User] = (),
) -> ApprovalRequest:
    """Open a request under the policy of its kind and level, and tell who is asked.

    `needed` is so many people of every step, whatever the policy says; `also` is told
    beside those asked.
    """
    policy = ApprovalPolicy.objects.filter(kind=kind, level=level).first()
    if policy is None:
        raise RuleError("Nobody has decided yet who must agree to this.")
    at = clock.now()
    request = ApprovalRequest.objects.create(
        kind=kind,
        title=title,
        url=url,
        revision=revision,
        sha256=sha256,
        requested_by=actor,
        requested_at=at,
        expires_at=at + timedelta(days=policy.valid_days),
    )
    steps = ApprovalStep.objects.bulk_create(
        ApprovalStep(
            request=request,
            asked=step["asked"],
            needed=needed or step["needed"],
            sequence=step["sequence"],
        )
        for step in policy.steps
    )
    asked = [p for p in people_asked([s.asked for s in steps]) if p.pk not in excluded]
    note = Note(key=f"approval-{request.pk}", title=f"To approve: {title}", url=url)
    notify({*asked, *also}, note)
    return request


def short_of(request: ApprovalRequest, excluded: Excluded) -> str:
    """Whom no vote could make up for, in words; "" when there are enough people."""
    return shortage(list(request.steps.order_by("sequence", "pk")), excluded)


@transaction.atomic
def vote(
    request: ApprovalRequest,
    *,
    actor: User,
    decision: str,
    comment: str = "",
    revision: int,
    sha256: str,
    excluded: Excluded,
) -> ApprovalRequest:
    """Say yes or no to exactly what was shown; one no ends the request.

    Refused for who has another part in it (SeparationError), for who is not asked, for
    anything but the revision and digest asked about, and after the end.
    """
    request = _locked(request)
    if actor.pk in excluded:
        raise SeparationError(excluded[actor.pk])
    at = clock.now()
    now = standing(request, excluded=excluded, at=at)
    _check_asked(now, actor)
    if (revision, sha256) != (request.revision, request.sha256):
        raise RuleError("This changed since you read it. Read it again.", code="stale")
    if not request.is_live or now.is_expired:
        raise RuleError("This is not waiting for votes any more.", code="not_open")
    if any(found.vote.user_id == actor.pk for found in now.votes):
        raise RuleError("You have voted on this.", code="voted")
    if decision == Vote.Decision.REJECT and not comment.strip():
        raise RuleError("Say why you reject it.", code="comment_missing")
    Vote.objects.create(request=request, user=actor, decision=decision, comment=comment)
    if decision == Vote.Decision.REJECT:
        return _end(request, State.REJECTED)
    return _settled(request, excluded)


@transaction.atomic
def revoke(
    request: ApprovalRequest, *, actor: User, reason: str, excluded: Excluded
) -> ApprovalRequest:
    """Take one's own vote back while it still matters; a granted request may reopen."""
    request = _locked(request)
    found = request.votes.filter(user=actor, revoked_at__isnull=True).first()
    require(found, "You have not voted on this.")
    if not request.is_live:
        raise RuleError("What you voted on is over.", code="not_open")
    if not reason.strip():
        raise RuleError("Say why you take your vote back.", code="reason_missing")
    request.votes.filter(user=actor, revoked_at__isnull=True).update(
        revoked_at=clock.now(), revoke_reason=reason
    )
    return _settled(request, excluded)


@transaction.atomic
def judge(request: ApprovalRequest, *, excluded: Excluded) -> ApprovalRequest:
    """Bring the stored state up to who may vote today and to the time: open, granted
    or expired. Harmless when nothing is different."""
    request = _locked(request)
    if not request.is_live:
        return request
    return _settled(request, excluded)


@transaction.atomic
def end(request: ApprovalRequest, state: str) -> ApprovalRequest:
    """Supersede or withdraw a request; one that is over stays as it ended."""
    request = _locked(request)
    return _end(request, state) if request.is_live else request


@transaction.atomic(savepoint=False)
def consume(request: ApprovalRequest, *, actor: User, now: Standing) -> ApprovalRequest:
    """Use a granted request, once; refused when it is not granted.

    `now` is what it has come to, read since the caller locked what it is about: nobody
    votes meanwhile.
    """
    request = _locked(request)
    if request.state == State.CONSUMED:
        raise RuleError("This approval was used before.", code="approval_used")
    is_its_own = now.request.pk == request.pk
    if not (is_its_own and request.is_live and now.is_granted):
        raise RuleError("This is not approved.", code="not_approved")
    request.consumed_by = actor
    return _end(request, State.CONSUMED)


def _check_asked(now: Standing, actor: User) -> None:
    mine = asked_of([actor.pk])[actor.pk]
    require(
        mine.intersection(step.asked for step in now.steps),
        "You are not among those asked.",
    )
    if not now.steps_for(mine):
        raise RuleError("Others are asked before you.", code="not_your_turn")


def _settled(request: ApprovalRequest, excluded: Excluded) -> ApprovalRequest:
    now = standing(request, excluded=excluded, at=clock.now())
    if now.is_expired:
        return _end(request, State.EXPIRED)
    request.state = State.GRANTED if now.is_granted else State.OPEN
    request.save(update_fields=["state"])
    return request


def _end(request: ApprovalRequest, state: str) -> ApprovalRequest:
    request.state, request.ended_at = state, clock.now()
    request.save(update_fields=["state", "ended_at", "consumed_by"])
    return request


def _locked(request: ApprovalRequest) -> ApprovalRequest:
    return ApprovalRequest.objects.select_for_update(of=("self",)).get(pk=request.pk)
