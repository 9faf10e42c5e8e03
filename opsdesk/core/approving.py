"""What a request for approval has come to: read from its live votes, never stored.

Somebody who may not vote any more (left, lost the role, turned out to be the
implementer) stops counting at once, and starts again if that is undone. Who is excluded
by separation of duties is known to the app that owns the row; it passes their names in.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Q

from opsdesk.accounts.access import access_of, memberships_in_force
from opsdesk.accounts.models import User
from opsdesk.core.models import ApprovalRequest, ApprovalStep, Asked, Vote
from opsdesk.core.quorum import Slot, missing, placed
from opsdesk.core.wording import listed, several

# User -> why they may not vote on this one, as a sentence.
Excluded = Mapping[int, str]


@dataclass(frozen=True)
class Counted:
    """One vote, the step it counts for, or why it does not count."""

    vote: Vote
    step: ApprovalStep | None
    why_not: str = ""

    @property
    def counts(self) -> bool:
        return not self.why_not


@dataclass(frozen=True)
class Standing:
    """Where a request stands at an instant."""

    request: ApprovalRequest
    steps: Sequence[ApprovalStep]
    votes: Sequence[Counted]
    missing: Mapping[int, int]
    is_expired: bool

    @property
    def is_granted(self) -> bool:
        """Everybody needed agrees, nobody objects, and it is not too old."""
        objected = any(
            found.counts and found.vote.decision == Vote.Decision.REJECT
            for found in self.votes
        )
        return not self.missing and not objected and not self.is_expired

    @property
    def wanted(self) -> str:
        """Who is still missing, in words: "1 manager and 2 administrators"."""
        return _told(self.steps, self.missing)

    def waits_for(self, person: User, asked: frozenset[str]) -> bool:
        """Would this person's agreement bring it further now?"""
        if any(found.vote.user_id == person.pk for found in self.votes):
            return False
        return any(step.pk in self.missing for step in self.steps_for(asked))

    def steps_for(self, asked: frozenset[str]) -> list[ApprovalStep]:
        """The steps a holder of these may vote on now: none before its turn."""
        turn = min(
            (step.sequence for step in self.steps if step.pk in self.missing),
            default=max((step.sequence for step in self.steps), default=0),
        )
        return [
            step for step in self.steps if step.asked in asked and step.sequence <= turn
        ]


def standing(request: ApprovalRequest, *, excluded: Excluded, at: datetime) -> Standing:
    """What the request has come to at this instant; `at` is UTC."""
    return standings([request], excluded={request.pk: excluded}, at=at)[request.pk]


def standings(
    requests: Sequence[ApprovalRequest],
    *,
    excluded: Mapping[int, Excluded],
    at: datetime,
) -> dict[int, Standing]:
    """What each request has come to, by its id, in as many queries as for one."""
    steps: dict[int, list[ApprovalStep]] = {request.pk: [] for request in requests}
    for step in ApprovalStep.objects.filter(request__in=requests).order_by(
        "sequence", "pk"
    ):
        steps[step.request_id].append(step)
    rows = Vote.objects.filter(request__in=requests, revoked_at__isnull=True)
    votes: dict[int, list[Vote]] = {request.pk: [] for request in requests}
    for vote in rows.select_related("user").order_by("at", "pk"):
        votes[vote.request_id].append(vote)
    asked = asked_of([vote.user_id for found in votes.values() for vote in found])
    return {
        request.pk: _standing(
            request,
            steps[request.pk],
            votes[request.pk],
            asked,
            excluded.get(request.pk, {}),
            at,
        )
        for request in requests
    }


def _standing(
    request: ApprovalRequest,
    steps: Sequence[ApprovalStep],
    votes: Sequence[Vote],
    asked: Mapping[int, frozenset[str]],
    excluded: Excluded,
    at: datetime,
) -> Standing:
    reasons = {vote.pk: _why_not(vote, asked, steps, excluded) for vote in votes}
    approving = {
        vote.user_id: frozenset(s.pk for s in steps if s.asked in asked[vote.user_id])
        for vote in votes
        if vote.decision == Vote.Decision.APPROVE and not reasons[vote.pk]
    }
    slots = [Slot(step.pk, step.sequence, step.needed) for step in steps]
    found = placed(slots, approving)
    by_pk = {step.pk: step for step in steps}
    return Standing(
        request=request,
        steps=steps,
        votes=[
            Counted(vote, by_pk.get(found.get(vote.user_id, 0)), reasons[vote.pk])
            for vote in votes
        ],
        missing=missing(slots, found),
        is_expired=at >= request.expires_at,
    )


def still_asked(now: Standing, excluded: Excluded) -> list[User]:
    """Whose agreement is waited for: may vote at this turn, and has not."""
    people = people_asked([step.asked for step in now.steps])
    asked = asked_of([person.pk for person in people])
    return [p for p in people if now.waits_for(p, asked[p.pk]) and p.pk not in excluded]


def asked_of(people: Sequence[int]) -> dict[int, frozenset[str]]:
    """What each person may be asked as today; a service account as nothing."""
    wanted = Q(role__in=[str(asked) for asked in Asked]) | Q(emergency_approver=True)
    rows = memberships_in_force().filter(
        wanted, user__in=people, user__is_service=False
    )
    found: dict[int, set[str]] = {pk: set() for pk in people}
    for user, role, is_emergency in rows.values_list(
        "user_id", "role", "emergency_approver"
    ).order_by("pk"):
        found[user].add(role)
        if is_emergency:
            found[user].add(Asked.EMERGENCY)
    return {pk: frozenset(asked) for pk, asked in found.items()}


def asked_as(person: User) -> frozenset[str]:
    """The same for who is signed in, from the access their request has read."""
    if person.is_service:
        return frozenset()
    access = access_of(person)
    asked = access.roles.intersection(map(str, Asked))
    may_be_called = any(grant.emergency_approver for grant in access.grants)
    return asked | {str(Asked.EMERGENCY)} if may_be_called else asked


def people_asked(asked: Sequence[str]) -> list[User]:
    """Active people who may be asked as any of these today, by name."""
    wanted = Q(role__in=asked)
    if Asked.EMERGENCY in asked:
        wanted |= Q(emergency_approver=True)
    holders = memberships_in_force().filter(wanted).values("user_id")
    rows = User.objects.filter(pk__in=holders, is_active=True, is_service=False)
    return list(rows.order_by("name", "pk"))


def shortage(steps: Sequence[ApprovalStep], excluded: Excluded) -> str:
    """Who could not be found even if everybody agreed, in words; "" for nobody."""
    people = people_asked([step.asked for step in steps])
    asked = asked_of([person.pk for person in people])
    able = {
        pk: frozenset(step.pk for step in steps if step.asked in roles)
        for pk, roles in asked.items()
        if pk not in excluded
    }
    slots = [Slot(step.pk, step.sequence, step.needed) for step in steps]
    return _told(steps, missing(slots, placed(slots, able)))


def _told(steps: Sequence[ApprovalStep], short: Mapping[int, int]) -> str:
    return listed(
        [
            several(short[step.pk], step.get_asked_display().lower())
            for step in steps
            if step.pk in short
        ]
    )


def _why_not(
    vote: Vote,
    asked: Mapping[int, frozenset[str]],
    steps: Sequence[ApprovalStep],
    excluded: Excluded,
) -> str:
    if vote.user_id in excluded:
        return excluded[vote.user_id]
    if not asked[vote.user_id].intersection(step.asked for step in steps):
        return f"{vote.user} is not asked any more."
    return ""
