"""Whose agreement is asked for what: requests, their owners, who is excluded.

A request is about a change, a promotion, leave during a freeze, a template, or what was
done without asking; the row it is about holds the key down to it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeAlias

from django.db.models import QuerySet

from changes.models import (
    ChangeDuty,
    ChangeRequest,
    ChangeTemplate,
    FreezeOverride,
    Promotion,
)
from changes.queries.separation import (
    excluded_from_changes,
    excluded_from_template,
)
from opsdesk.accounts.access import access_of
from opsdesk.accounts.models import User
from opsdesk.core import clock
from opsdesk.core.approving import Standing, asked_of, standings
from opsdesk.core.models import ApprovalRequest

Owner: TypeAlias = (
    ChangeRequest | Promotion | FreezeOverride | ChangeTemplate | ChangeDuty
)
MODELS: dict[str, type[Any]] = {
    "change": ChangeRequest,
    "promotion": Promotion,
    "override": FreezeOverride,
    "template": ChangeTemplate,
    "retro": ChangeDuty,
}
KINDS = {
    "change": "Change",
    "promotion": "Promotion",
    "override": "Leave during a freeze",
    "template": "Standard change",
    "retro": "After the fact",
}
TONES = {
    "open": "amber",
    "granted": "green",
    "consumed": "green",
    "rejected": "red",
}
MOST = 200


@dataclass(frozen=True)
class Line:
    """One request as the inbox shows it."""

    request: ApprovalRequest
    kind: str
    tone: str
    standing: Standing
    change: ChangeRequest | None
    risk: str


@dataclass(frozen=True)
class Inbox:
    """Requests that wait for me, that I made, and that I have voted on."""

    waiting: list[Line]
    requested: list[Line]
    done: list[Line]


def owner_of(request: ApprovalRequest) -> Owner | None:
    """The row the request is about; None once it was asked about anew."""
    return owners_of([request]).get(request.pk)


def owners_of(requests: Sequence[ApprovalRequest]) -> dict[int, Owner]:
    """The rows the requests are about, by the request's id, one query a kind."""
    found: dict[int, Owner] = {}
    for kind in {request.kind for request in requests}:
        asked = [request.pk for request in requests if request.kind == kind]
        for row in _rows(kind).filter(approval__in=asked):
            found[row.approval_id] = row
    return found


def change_asked(request: ApprovalRequest) -> int | None:
    """The id of the change behind a request; a template stands for itself."""
    if request.kind == "template":
        return None
    rows = MODELS[request.kind].objects.filter(approval=request).order_by("pk")
    found: int | None = rows.values_list(
        "pk" if request.kind == "change" else "change_id", flat=True
    ).first()
    return found


def change_of(owner: Owner | None) -> ChangeRequest | None:
    """The change behind a row; a template stands for itself."""
    if owner is None or isinstance(owner, ChangeTemplate):
        return None
    return owner if isinstance(owner, ChangeRequest) else owner.change


def excluded_by(owners: Sequence[Owner]) -> dict[int, dict[int, str]]:
    """User -> why they may not vote on what is asked about each row, by the request's
    id, in a fixed number of queries."""
    changes = {c.pk: c for owner in owners if (c := change_of(owner))}
    parts = excluded_from_changes(list(changes.values()))
    started = _starters([o.change_id for o in owners if isinstance(o, ChangeDuty)])
    found: dict[int, dict[int, str]] = {}
    for owner in owners:
        change = change_of(owner)
        excluded = dict(parts[change.pk]) if change else {}
        found[owner.approval_id or 0] = excluded | _own(owner, started)
    return found


def inbox(user: User) -> Inbox:
    """The three lists, in a fixed number of queries."""
    at = clock.now()
    live = _open_to(user, at)
    rows = ApprovalRequest.objects.select_related("requested_by")
    mine = rows.filter(requested_by=user).order_by("-pk")
    voted = rows.filter(votes__user=user).distinct()
    lists = [
        list(some[:MOST]) for some in (live, mine[:50], voted.order_by("-pk")[:50])
    ]
    lines = _lines([row for rows in lists for row in rows], at)
    asked = asked_of([user.pk])[user.pk]
    return Inbox(
        waiting=[
            line
            for row in lists[0]
            if (line := lines[row.pk][0]).standing.waits_for(user, asked)
            and user.pk not in lines[row.pk][1]
        ],
        requested=[lines[row.pk][0] for row in lists[1]],
        done=[lines[row.pk][0] for row in lists[2]],
    )


def request_for(user: User, pk: int) -> ApprovalRequest | None:
    """One request, for whoever works here."""
    if not access_of(user).is_internal:
        return None
    rows = ApprovalRequest.objects.select_related("requested_by")
    return rows.filter(pk=pk).first()


def _open_to(user: User, at: datetime) -> QuerySet[ApprovalRequest]:
    """Open requests with a step this person may be asked in, the oldest first."""
    asked = asked_of([user.pk])[user.pk]
    rows = ApprovalRequest.objects.open().filter(expires_at__gt=at)
    mine = rows.filter(steps__asked__in=asked).distinct()
    return mine.select_related("requested_by").order_by("pk")


def _lines(
    requests: Sequence[ApprovalRequest], at: datetime
) -> dict[int, tuple[Line, Mapping[int, str]]]:
    unique = list({request.pk: request for request in requests}.values())
    owners = owners_of(unique)
    excluded = excluded_by(list(owners.values()))
    found = standings(unique, excluded=excluded, at=at)
    return {
        request.pk: (
            _line(request, owners.get(request.pk), found[request.pk]),
            excluded.get(request.pk, {}),
        )
        for request in unique
    }


def _line(request: ApprovalRequest, owner: Owner | None, found: Standing) -> Line:
    change = change_of(owner)
    return Line(
        request=request,
        kind=KINDS.get(request.kind, request.kind),
        tone=TONES.get(request.state, "slate"),
        standing=found,
        change=change,
        risk=change.risk if change else "",
    )


def _rows(kind: str) -> QuerySet[Any]:
    people = ("package__component", "requester", "implementer")
    joined = ("change__package__component", "change__requester", "change__implementer")
    place = ("environment", "package__component", "created_by")
    rows: dict[str, QuerySet[Any]] = {
        "change": ChangeRequest.objects.select_related(*people),
        "promotion": Promotion.objects.select_related(*joined, *place),
        "override": FreezeOverride.objects.select_related(*joined, "requested_by"),
        "template": ChangeTemplate.objects.select_related("landscape", "proposed_by"),
        "retro": ChangeDuty.objects.select_related(*joined, "environment"),
    }
    return rows[kind].order_by("pk")


def _own(owner: Owner, started: Mapping[int, list[int]]) -> dict[int, str]:
    """Who else has a part in this very row."""
    if isinstance(owner, ChangeTemplate):
        return excluded_from_template(owner)
    if isinstance(owner, Promotion) and owner.started_by_id is not None:
        return {owner.started_by_id: "Who starts a promotion cannot approve it."}
    if isinstance(owner, FreezeOverride):
        return {owner.requested_by_id: "Who asks for leave cannot grant it."}
    if isinstance(owner, ChangeDuty):
        reason = "Who acted without asking cannot approve it afterwards."
        return dict.fromkeys(started.get(owner.change_id, []), reason)
    return {}


def _starters(changes: Sequence[int]) -> dict[int, list[int]]:
    if not changes:
        return {}
    rows = Promotion.objects.filter(change__in=changes, started_by__isnull=False)
    found: dict[int, list[int]] = {}
    for change, person in rows.order_by("pk").values_list("change_id", "started_by_id"):
        found.setdefault(change, []).append(person or 0)
    return found
