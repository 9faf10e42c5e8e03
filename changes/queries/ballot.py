"""Exactly what somebody is asked to agree to, and how the votes on it stand."""

from dataclasses import dataclass

from changes import permissions
from changes.models import (
    ChangeDuty,
    ChangeRequest,
    ChangeRevision,
    ChangeTemplate,
    FreezeOverride,
    Package,
    PackageFile,
    Promotion,
    TestSignOff,
)
from changes.queries.approvals import (
    KINDS,
    TONES,
    Owner,
    change_of,
    excluded_by,
    owner_of,
)
from changes.queries.gates import findings
from changes.queries.packages import Comparison, comparison, installed_package
from changes.queries.revisions import Line, differences, told
from environments.models import Environment, Installation
from opsdesk.accounts.models import User
from opsdesk.core import clock
from opsdesk.core.approving import Counted, Standing, asked_of, standing
from opsdesk.core.gates import Finding
from opsdesk.core.models import ApprovalRequest, Vote

FILES = 200


@dataclass(frozen=True)
class Brought:
    """The package, and what it alters where it goes."""

    package: Package
    files: list[PackageFile]
    environment: Environment | None
    installation: Installation | None
    found: Comparison | None


@dataclass(frozen=True)
class Ballot:
    """The page of one request, for one reader."""

    request: ApprovalRequest
    kind: str
    tone: str
    change: ChangeRequest | None
    owner: Owner | None
    standing: Standing
    mine: Counted | None
    may_vote: bool
    may_revoke: bool
    may_withdraw: bool
    why_not: str
    why_asked: str
    said: list[tuple[str, str]]
    since: list[Line]
    since_number: int | None
    brought: Brought | None
    evidence: list[TestSignOff]
    gates: list[Finding]

    @property
    def waits(self) -> bool:
        """Still open for votes."""
        return self.request.is_live and not self.standing.is_expired


def ballot(user: User, request: ApprovalRequest) -> Ballot:
    """Everything of one request, in a fixed number of queries."""
    at = clock.now()
    owner = owner_of(request)
    excluded = excluded_by([owner])[request.pk] if owner else {}
    now = standing(request, excluded=excluded, at=at)
    change = change_of(owner)
    mine = next((found for found in now.votes if found.vote.user_id == user.pk), None)
    why_not = _why_not(user, request, owner, now, excluded)
    is_live = owner is not None and request.is_live and not now.is_expired
    is_held = change is not None and change.is_held
    said, since, number = _said(user, change, request)
    return Ballot(
        request=request,
        kind=KINDS.get(request.kind, request.kind),
        tone=TONES.get(request.state, "slate"),
        change=change,
        owner=owner,
        standing=now,
        mine=mine,
        may_vote=is_live and mine is None and not why_not,
        may_revoke=is_live and mine is not None and not is_held,
        may_withdraw=_may_withdraw(user, request, owner, change),
        why_not=why_not,
        why_asked=_why_asked(owner),
        said=said if change else _said_of(owner),
        since=since,
        since_number=number,
        brought=_brought(owner, change),
        evidence=_evidence(change),
        gates=findings(owner, user, at) if isinstance(owner, Promotion) else [],
    )


def _why_not(
    user: User,
    request: ApprovalRequest,
    owner: Owner | None,
    now: Standing,
    excluded: dict[int, str],
) -> str:
    """Why this person has no vote on it; "" when they have one."""
    mine = asked_of([user.pk])[user.pk]
    if user.pk in excluded:
        return excluded[user.pk]
    if not mine.intersection(step.asked for step in now.steps):
        return "You are not among those asked."
    if owner is None or not request.is_live:
        return "This is not waiting for votes any more."
    change = change_of(owner)
    if change is not None and change.is_held:
        return f"On hold: {change.hold_reason}"
    return "" if now.steps_for(mine) else "Others are asked before you."


def _why_asked(owner: Owner | None) -> str:
    """What was written with the question: for leave, or when the glass was broken."""
    if isinstance(owner, FreezeOverride):
        return f"{owner.occurrence}: {owner.reason}"
    if isinstance(owner, ChangeDuty):
        broken = owner.change.events.filter(verb="break_glass").order_by("-pk").first()
        note = broken.params["note"] if broken is not None else ""
        return f"{owner.environment}: {note}" if note else ""
    return ""


def _may_withdraw(
    user: User,
    request: ApprovalRequest,
    owner: Owner | None,
    change: ChangeRequest | None,
) -> bool:
    """While it is open: who asked, or a manager; what was done without asking stays."""
    is_open = owner is not None and request.state == ApprovalRequest.State.OPEN
    is_held = change is not None and change.is_held
    is_after = isinstance(owner, ChangeDuty)
    mine = permissions.can_withdraw_request(user, request)
    return is_open and mine and not (is_held or is_after)


def _said(
    user: User, change: ChangeRequest | None, request: ApprovalRequest
) -> tuple[list[tuple[str, str]], list[Line], int | None]:
    """What the revision says, and what it says otherwise than the one voted on."""
    if change is None:
        return [], [], None
    number = request.revision if request.kind == "change" else change.revision
    rows = {row.number: row for row in change.revisions.order_by("number")}
    now = rows.get(number)
    before = _voted_before(user, change, rows, number)
    return (
        told(now) if now else [],
        differences(before, now) if before and now else [],
        before.number if before else None,
    )


def _voted_before(
    user: User, change: ChangeRequest, rows: dict[int, ChangeRevision], number: int
) -> ChangeRevision | None:
    """The latest earlier revision this person said yes to."""
    votes = Vote.objects.filter(
        user=user,
        decision=Vote.Decision.APPROVE,
        request__kind="change",
        request__sha256__in=[row.sha256 for row in rows.values()],
        request__url=change.get_absolute_url(),
        request__revision__lt=number,
    )
    voted = votes.order_by("-request__revision").values_list("request__revision")
    found = voted.first()
    return rows.get(found[0]) if found else None


def _said_of(owner: Owner | None) -> list[tuple[str, str]]:
    """What a template would let through from then on."""
    if not isinstance(owner, ChangeTemplate):
        return []
    said = [(name.replace("_", " ").capitalize(), v) for name, v in owner.body.items()]
    places = ", ".join(owner.environments.values_list("name", flat=True))
    done = ", ".join(str(change) for change in owner.evidence.order_by("pk"))
    facts = [("May go to", places), ("Done like this before", done)]
    return [*((label, str(v)) for label, v in said if v), *facts]


def _brought(owner: Owner | None, change: ChangeRequest | None) -> Brought | None:
    package = change.package if change else None
    if change is None or package is None:
        return None
    place = _place(owner, change)
    running, other = installed_package(package, place) if place else (None, None)
    return Brought(
        package=package,
        files=list(package.files.order_by("path")[:FILES]),
        environment=place,
        installation=running,
        found=comparison(other, package) if other else None,
    )


def _place(owner: Owner | None, change: ChangeRequest) -> Environment | None:
    """Where it goes: the promotion's environment, else the one that serves."""
    if isinstance(owner, Promotion):
        return owner.environment
    if isinstance(owner, FreezeOverride):
        return owner.occurrence.environment
    aims = change.targets.select_related("environment")
    aim = aims.order_by("-environment__is_serving", "ordinal", "pk").first()
    return aim.environment if aim else None


def _evidence(change: ChangeRequest | None) -> list[TestSignOff]:
    """Live verdicts on exactly these files."""
    if change is None or change.package is None:
        return []
    rows = TestSignOff.objects.filter(
        package=change.package, superseded_at__isnull=True, revoked_at__isnull=True
    )
    return list(rows.select_related("environment", "tester").order_by("area", "pk"))
