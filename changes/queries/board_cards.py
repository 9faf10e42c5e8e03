"""One card of the board: what it is, what holds and what does not, what to do next."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from django.urls import reverse
from django.utils import timezone

from changes import permissions
from changes.models import ChangeDuty, ChangeRequest, Promotion
from changes.moves import ChangeState, PromotionState
from changes.queries.evidence import backout_until
from changes.wording import KIND_TONES, RISK_TONES
from environments.models import Environment, Occurrence
from opsdesk.accounts.models import User
from opsdesk.core.approving import Standing
from opsdesk.core.wording import moment, several

LIVE = (PromotionState.SCHEDULED, PromotionState.RUNNING, PromotionState.VERIFYING)
EARLY = (ChangeState.ASSESSING, ChangeState.AWAITING)


@dataclass(frozen=True)
class Check:
    """One line of a card: met, open, or in the way."""

    tone: str
    text: str

    @property
    def icon(self) -> str:
        icons = {"ok": "circle-check", "open": "circle-dot", "bad": "circle-alert"}
        return icons[self.tone]


@dataclass(frozen=True)
class Viewer:
    """Who looks at the board, when, and as what they are asked to agree."""

    user: User
    at: datetime
    roles: frozenset[str]


@dataclass(frozen=True)
class Card:
    change: ChangeRequest
    url: str
    checks: list[Check]
    people: list[User] = field(default_factory=list)
    has_voted: bool = False
    foot: str = ""
    action: str = ""
    action_url: str = ""
    tone: str = ""
    waits_for_me: bool = False

    @property
    def area(self) -> str:
        """The part of the ERP it is about."""
        package = self.change.package
        return package.component.name if package else ""

    @property
    def sort(self) -> str:
        """Its kind; of the usual kind, how much is at stake."""
        if self.change.kind == ChangeRequest.Kind.NORMAL:
            return f"{self.change.get_risk_display()} risk"
        return self.change.get_kind_display()

    @property
    def sort_tone(self) -> str:
        if self.change.kind == ChangeRequest.Kind.NORMAL:
            return RISK_TONES[self.change.risk]
        return KIND_TONES[self.change.kind]


def live_card(
    row: Promotion,
    viewer: Viewer,
    found: Standing | None,
    excluded: Mapping[int, str],
    frozen: Occurrence | None,
    busy: Promotion | None,
) -> Card:
    """A promotion that is scheduled or runs."""
    checks = _checks(row, viewer.at, found, frozen, busy)
    voted = _voters(found)
    is_voter = found is not None and _waits_for(viewer, found, excluded)
    may_run = permissions.can_run_promotion(viewer.user, row)
    is_blocked = any(check.tone == "bad" for check in checks)
    is_waiting = found is not None and not found.is_granted
    is_free = may_run and viewer.user not in voted
    is_mine = is_voter or (is_free and not is_blocked and not is_waiting)
    label, url, tone = "", row.get_absolute_url(), ""
    if is_voter and found is not None:
        label, url, tone = _approve(found)
    elif is_mine:
        is_planned = row.state == PromotionState.SCHEDULED
        label, tone = ("Start", "pri") if is_planned else ("Run sheet", "")
    return Card(
        change=row.change,
        url=row.get_absolute_url(),
        checks=checks,
        people=voted or ([row.started_by] if row.started_by else []),
        has_voted=bool(voted),
        foot=_foot(row, found),
        action=label,
        action_url=url,
        tone=tone,
        waits_for_me=is_mine,
    )


def finished_card(row: Promotion, at: datetime) -> Card:
    """A promotion that has ended; where people work, it may be undone for a time."""
    is_good = row.state == PromotionState.SUCCEEDED
    checks = [
        Check("ok" if is_good else "bad", f"{row.get_state_display()}: {row.package}")
    ]
    if row.outcome:
        checks.append(Check("bad", "The digest was not the approved one"))
    foot, until = "", backout_until(row)
    if row.started_by is not None:
        foot = row.started_by.name
    if is_good and row.environment.is_serving and until and until > at:
        foot = f"{_hours(until - at)} left to back out"
    return Card(
        change=row.change,
        url=row.get_absolute_url(),
        checks=checks,
        people=[row.started_by] if row.started_by else [],
        foot=foot,
    )


def waiting_card(
    change: ChangeRequest,
    place: Environment,
    viewer: Viewer,
    found: Standing | None,
    excluded: Mapping[int, str],
) -> Card:
    """A change that waits for its next promotion, or for what that needs."""
    if change.state == ChangeState.AWAITING and found is not None:
        return _asked_card(change, viewer, found, excluded)
    may_plan = permissions.can_plan(viewer.user, change)
    is_tried = change.is_tried  # type: ignore[attr-defined]
    is_approved = change.state == ChangeState.APPROVED
    is_next = is_approved or (change.state == ChangeState.ASSESSING and not is_tried)
    is_mine = may_plan and is_next and not change.is_held
    to = reverse("changes:promotion_new", args=[change.pk])
    return Card(
        change=change,
        url=change.get_absolute_url(),
        checks=_evidence(change),
        people=[change.implementer] if change.implementer else [],
        foot=change.implementer.name if change.implementer else "Nobody yet",
        action="Plan promotion" if is_mine else "",
        action_url=f"{to}?environment={place.pk}",
        tone="pri",
        waits_for_me=is_mine,
    )


def _asked_card(
    change: ChangeRequest, viewer: Viewer, found: Standing, excluded: Mapping[int, str]
) -> Card:
    """A change its approvers are asked about."""
    voted = _voters(found)
    is_mine = not change.is_held and _waits_for(viewer, found, excluded)
    label, url, tone = _approve(found) if is_mine else ("", "", "")
    return Card(
        change=change,
        url=change.get_absolute_url(),
        checks=[*_evidence(change), *_agreed(found)],
        people=voted,
        has_voted=bool(voted),
        foot=_tally(found),
        action=label,
        action_url=url,
        tone=tone,
        waits_for_me=is_mine,
    )


def sync_card(owed: ChangeDuty, viewer: Viewer) -> Card:
    """A copy that has to follow."""
    left = owed.duty.due_at - viewer.at
    is_late = left <= timedelta()
    text = "Should have followed by now" if is_late else f"Due in {_hours(left)}"
    may_plan = permissions.can_plan(viewer.user, owed.change)
    to = reverse("changes:promotion_new", args=[owed.change_id])
    return Card(
        change=owed.change,
        url=owed.change.get_absolute_url(),
        checks=[Check("bad" if is_late else "open", text)],
        people=[owed.duty.owner],
        foot=owed.duty.owner.name,
        action="Plan resync" if may_plan else "",
        action_url=f"{to}?environment={owed.environment_id}&kind=resync",
        waits_for_me=may_plan and owed.duty.owner_id == viewer.user.pk,
    )


def _checks(
    row: Promotion,
    at: datetime,
    found: Standing | None,
    frozen: Occurrence | None,
    busy: Promotion | None,
) -> list[Check]:
    """What is known without asking every gate; the run sheet asks them all."""
    if row.state != PromotionState.SCHEDULED:
        done, every = row.steps_done, row.steps_all  # type: ignore[attr-defined]
        return [Check("open", f"{done} of {several(every, 'step')} done")]
    change, package, place = row.change, row.package, row.environment
    is_frozen = frozen is not None and change.kind not in frozen.rule.exempt_kinds
    is_early = place.is_serving and change.state in EARLY
    state = package.get_state_display().lower()
    faults = (
        (not package.is_usable, f"{package} is {state}"),
        (change.is_held, f"On hold: {change.hold_reason}"),
        (is_frozen, f"Blocked by {frozen.rule if frozen else ''}"),
        (place.paused_at is not None, f"Paused: {place.pause_reason}"),
        (is_early, f"{change.ref} is not approved yet"),
        (busy is not None, f"{busy.change.ref if busy else ''} is at work there"),
    )
    return [
        *([Check("ok", f"{package} is sealed")] if package.is_usable else []),
        *_slot(row, at),
        *(Check("bad", why) for is_fault, why in faults if is_fault),
        *(_agreed(found) if found else []),
    ]


def _slot(row: Promotion, at: datetime) -> list[Check]:
    """When it is booked: to come, now, or over."""
    slot = row.target.slot
    if slot is None:
        return []
    text = f"{moment(slot.lower, at)} to {timezone.localtime(slot.upper):%H:%M}"
    if slot.upper <= at:
        return [Check("bad", f"Its slot is over: {text}")]
    return [Check("ok" if slot.lower <= at else "open", f"Slot {text}")]


def _agreed(found: Standing) -> list[Check]:
    if found.is_granted:
        return [Check("ok", "Everybody needed has agreed")]
    return [Check("open", f"Waits for {found.wanted or 'a decision'}")]


def _evidence(change: ChangeRequest) -> list[Check]:
    passes, failures = change.passes, change.failures  # type: ignore[attr-defined]
    checks = []
    if change.is_held:
        checks.append(Check("bad", f"On hold: {change.hold_reason}"))
    if change.is_tried:  # type: ignore[attr-defined]
        checks.append(Check("ok", "Installed in dev/test"))
    if passes:
        checks.append(Check("ok", f"Passed by {several(passes, 'tester')}"))
    if failures:
        checks.append(Check("bad", f"Failed {several(failures, 'test')}"))
    return checks or [Check("open", f"{change.package or 'No package yet'}")]


def _foot(row: Promotion, found: Standing | None) -> str:
    if row.started_by is not None:
        return row.started_by.name
    if found is None:
        return "Nobody need agree" if not row.environment.is_serving else "Not asked"
    return _tally(found)


def _tally(found: Standing) -> str:
    needed = sum(step.needed for step in found.steps)
    return f"{needed - sum(found.missing.values())} of {needed} agreed"


def _voters(found: Standing | None) -> list[User]:
    return [one.vote.user for one in found.votes if one.counts] if found else []


def _approve(found: Standing) -> tuple[str, str, str]:
    """The button that leads to the vote: its word, its address, its tone."""
    return "Approve", reverse("changes:approval", args=[found.request.pk]), "ok"


def _waits_for(viewer: Viewer, found: Standing, excluded: Mapping[int, str]) -> bool:
    """May this person vote, and has not yet?"""
    is_open = found.request.is_live and not found.is_granted
    is_free = viewer.user.pk not in excluded
    return is_open and is_free and found.waits_for(viewer.user, viewer.roles)


def _hours(left: timedelta) -> str:
    hours = int(left.total_seconds()) // 3600
    return f"{hours // 24} d {hours % 24} h" if hours >= 48 else f"{hours} h"
