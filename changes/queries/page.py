"""Everything the page of one change shows, in a fixed number of queries."""

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from django.db.models import prefetch_related_objects
from django.utils import timezone

from changes import permissions
from changes.content import BODY
from changes.models import (
    ChangeDuty,
    ChangeRequest,
    ChangeTarget,
    Package,
    Promotion,
    Review,
    TestSignOff,
)
from changes.moves import ENDED, ChangeState
from changes.queries.coming import Coming, next_line, planned
from changes.queries.conflicts import Conflict
from changes.queries.duties import DutyLine, duty_lines
from changes.queries.readiness import Proposal, gates_for
from changes.queries.revisions import last_voted_on
from changes.queries.risks import risk_of
from changes.queries.separation import excluded_from_change
from changes.queries.testing import Asked, asked_about, sign_offs_for
from changes.queries.verbs import (
    Verb,
    may_ask_for_tests,
    may_break_glass,
    may_edit,
    may_promote,
    verbs_for,
)
from changes.queries.voters import may_vote
from changes.risk import Score
from changes.wording import Told, told
from opsdesk.accounts.access import access_of
from opsdesk.accounts.models import User
from opsdesk.core.approving import Standing, standing
from opsdesk.core.gates import Finding
from opsdesk.core.wording import ago, several
from snags.models import Snag

S = ChangeState
# The way of a change that goes well; a state off it stands where it left.
WAY = (
    (S.DRAFT, "Draft"),
    (S.ASSESSING, "Assess and test"),
    (S.AWAITING, "Approve"),
    (S.APPROVED, "Schedule"),
    (S.IMPLEMENTING, "Implement"),
    (S.VERIFYING, "Verify"),
    (S.REVIEW, "Review"),
    (S.CLOSED, "Close"),
)
PLACES = {state: place for place, (state, _label) in enumerate(WAY)}
EARLY = (S.DRAFT, S.ASSESSING, S.AWAITING, S.APPROVED)
OFF = {S.REJECTED: S.AWAITING, S.BACKED_OUT: S.VERIFYING, S.FAILED: S.IMPLEMENTING}
# Gates that are cleared otherwise than by writing.
ELSEWHERE = ("ROUTE", "SIGNOFF", "ACCEPTED")
LATEST = 200
NEAR = 30  # days
PLANS = ("implementation_plan", "test_plan", "backout_plan", "comms_plan")


@dataclass(frozen=True)
class Law:
    """The countdown to the day a law is in force."""

    text: str
    tone: str


@dataclass(frozen=True)
class Step:
    """One step of the stepper."""

    label: str
    is_done: bool
    is_current: bool


@dataclass(frozen=True)
class Entry:
    """One line of the timeline: something said, or something done."""

    key: str
    who: User | None
    at: datetime
    when: str
    body: str = ""
    told: Told | None = None


@dataclass(frozen=True)
class Place:
    """A target, and the latest promotion of this change there."""

    aim: ChangeTarget
    promotion: Promotion | None


@dataclass(frozen=True)
class ChangePage:
    change: ChangeRequest
    steps: list[Step]
    verbs: list[Verb]
    may_edit: bool
    may_promote: bool
    may_ask_for_tests: bool
    may_break_glass: bool
    may_accept: bool
    gates: list[Finding]
    conflicts: list[Conflict]
    places: list[Place]
    coming: Coming
    next: str
    evidence: list[TestSignOff]
    asked: list[Asked]
    standing: Standing | None
    may_vote: bool
    why_no_vote: str
    voted_on: int | None
    risk: Score
    duties: list[DutyLine]
    review: Review | None
    entries: list[Entry]
    law: Law | None
    is_internal: bool
    may_open_package: bool
    texts: list[tuple[str, str]]
    plans: list[tuple[str, str]]
    snags: list[Snag]
    caused: list[Snag]
    components: list[str]
    processes: list[str]

    @property
    def risk_word(self) -> str:
        return f"{self.change.get_risk_display()} risk"

    @property
    def is_to_edit(self) -> bool:
        """Is writing the next thing to do?"""
        unmet = next((gate.code for gate in self.gates if not gate.is_met), "")
        return unmet not in {"", *ELSEWHERE}

    @property
    def is_voting(self) -> bool:
        return self.change.state == S.AWAITING and self.standing is not None


def page_of(user: User, change: ChangeRequest, at: datetime) -> ChangePage:
    is_internal = access_of(user).is_internal
    prefetch_related_objects([change], "components")
    case = Proposal(change)
    gates, places = gates_for(user, case, at), _places(case)
    coming = Coming("")
    if is_internal and change.state not in ENDED:
        coming = planned(user, change, at)
    excluded, now = _votes(change, coming, at)
    duties = list(
        change.duties.select_related("duty__owner", "environment").order_by("pk")
    )
    return ChangePage(
        change=change,
        steps=steps_of(change),
        verbs=_offered(verbs_for(user, change), gates, duties),
        may_edit=may_edit(user, change),
        may_promote=may_promote(user, change),
        may_ask_for_tests=may_ask_for_tests(user, change),
        may_break_glass=may_break_glass(user, change),
        may_accept=change.state in EARLY and permissions.can_manage(user),
        gates=gates,
        conflicts=case.conflicts if is_internal and change.state in EARLY else [],
        places=places,
        coming=coming,
        next=next_line(
            change,
            gates=gates,
            standing=now,
            places=[(place.aim, place.promotion) for place in places],
            planned=coming.text,
        ),
        evidence=_evidence(user, change),
        asked=[] if change.state in ENDED else asked_about(change),
        standing=now,
        may_vote=change.state == S.AWAITING
        and not change.is_held
        and may_vote(user, now, excluded),
        why_no_vote=excluded.get(user.pk, ""),
        voted_on=last_voted_on(change, user),
        risk=risk_of(change, at),
        duties=duty_lines(
            user, change, duties, [p.promotion for p in places if p.promotion]
        ),
        review=_review(change),
        entries=entries_of(change, at),
        law=law_of(change, at),
        is_internal=is_internal,
        may_open_package=is_internal or _sees_package(user, change),
        texts=_said(change, ("description", "reason", "impact")),
        plans=_said(change, PLANS),
        snags=_linked(user, change.snags),
        caused=_linked(user, change.caused),
        components=[str(row) for row in change.components.all()],
        processes=[str(row) for row in change.processes.order_by("name")],
    )


def _votes(
    change: ChangeRequest, coming: Coming, at: datetime
) -> tuple[dict[int, str], Standing | None]:
    """Who has no vote on it, and how the votes stand: as the gates have read it."""
    if coming.case is not None:
        return coming.case.excluded, coming.case.change_standing
    excluded, request = excluded_from_change(change), change.approval
    now = standing(request, excluded=excluded, at=at) if request else None
    return excluded, now


def _offered(
    verbs: list[Verb], gates: list[Finding], duties: list[ChangeDuty]
) -> list[Verb]:
    """No button invites to what would be refused now; it can still be tried. Conflicts
    are accepted as approval is asked for."""
    unmet = {gate.code for gate in gates if not gate.is_met}
    owed = {duty.kind for duty in duties if not duty.is_settled}
    blocked = {
        "submit": bool(unmet),
        "request_approval": bool(unmet - {"ACCEPTED"}),
        "review": ChangeDuty.Kind.REVIEW not in owed,
        "close": bool(owed),
    }
    return [replace(v, tone="") if blocked.get(v.name) else v for v in verbs]


def steps_of(change: ChangeRequest) -> list[Step]:
    """Where it is on its way; cancelled, it is nowhere on it."""
    state = S(change.state)
    place = PLACES.get(OFF.get(state, state), -1)
    return [
        Step(label, number < place or state == S.CLOSED, number == place)
        for number, (_state, label) in enumerate(WAY)
    ]


def entries_of(change: ChangeRequest, at: datetime) -> list[Entry]:
    """What was said and done, the latest first."""
    events = change.events.select_related("actor").order_by("-at", "-pk")[:LATEST]
    said = change.comments.select_related("author").order_by("-at", "-pk")[:LATEST]
    rows = [
        *(
            Entry(f"event-{e.pk}", e.actor, e.at, ago(e.at, at), told=told(e))
            for e in events
        ),
        *(
            Entry(f"said-{c.pk}", c.author, c.at, ago(c.at, at), body=c.body)
            for c in said
        ),
    ]
    return sorted(rows, key=lambda entry: entry.at, reverse=True)[:LATEST]


def _sees_package(user: User, change: ChangeRequest) -> bool:
    mine = Package.objects.visible_to(user).filter(changes=change)
    return mine.exists()


def _places(case: Proposal) -> list[Place]:
    promotions = case.change.promotions.select_related("started_by").order_by("pk")
    latest = {row.environment_id: row for row in promotions}
    return [Place(aim, latest.get(aim.environment_id)) for aim in case.aims]


def _evidence(user: User, change: ChangeRequest) -> list[TestSignOff]:
    """Live verdicts on exactly these bytes the reader may see, the latest first."""
    if change.package is None or not change.package.sha256:
        return []
    rows = sign_offs_for(user).filter(
        sha256=change.package.sha256,
        superseded_at__isnull=True,
        revoked_at__isnull=True,
    )
    return list(rows.select_related("conditions_accepted_by"))


def _review(change: ChangeRequest) -> Review | None:
    if change.state in EARLY:
        return None
    return Review.objects.filter(change=change).select_related("reviewer").first()


def law_of(change: ChangeRequest, at: datetime) -> Law | None:
    """How long until the law is in force, while the change is not over."""
    if change.legal_on is None or change.state in ENDED:
        return None
    days = (change.legal_on - timezone.localdate(at)).days
    on = f"{change.legal_on:%-d %b %Y}"
    if days < 0:
        return Law(f"In force since {on}, {several(-days, 'day')} ago.", "stop")
    tone = "warn" if days <= NEAR else ""
    return Law(f"In force on {on}, in {several(days, 'day')}.", tone)


def _said(change: ChangeRequest, names: tuple[str, ...]) -> list[tuple[str, str]]:
    pairs = ((BODY[name], getattr(change, name)) for name in names)
    return [(label, text) for label, text in pairs if text]


def _linked(user: User, rows: Any) -> list[Snag]:
    """Snags the reader may know of."""
    seen = Snag.objects.visible_to(user).filter(pk__in=rows.values("pk"))
    return list(seen.only("title").order_by("pk"))
