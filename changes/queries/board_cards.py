"""One card of the board: what it is, what holds and what does not, what to do next."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from django.urls import reverse

from changes import permissions
from changes.models import ChangeDuty, ChangeRequest, Promotion
from changes.moves import ChangeState, PromotionState
from changes.queries.evidence import backout_until
from environments.models import Environment, Occurrence
from opsdesk.accounts.models import User
from opsdesk.core.approving import Standing
from opsdesk.core.wording import several

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
class Card:
    change: ChangeRequest
    url: str
    checks: list[Check]
    people: list[User] = field(default_factory=list)
    foot: str = ""
    action: str = ""
    action_url: str = ""
    tone: str = ""
    waits_for_me: bool = False


def live_card(
    row: Promotion,
    user: User,
    found: Standing | None,
    excluded: Mapping[int, str],
    roles: frozenset[str],
    frozen: Occurrence | None,
    busy: Promotion | None,
) -> Card:
    """A promotion that is scheduled or runs."""
    checks = _checks(row, found, frozen, busy)
    voted = [one.vote.user for one in found.votes if one.counts] if found else []
    is_voter = found is not None and _waits_for(user, found, excluded, roles)
    may_run = permissions.can_run_promotion(user, row) and user not in voted
    is_blocked = any(check.tone == "bad" for check in checks)
    is_waiting = found is not None and not found.is_granted
    is_mine = is_voter or (may_run and not is_blocked and not is_waiting)
    label, url, tone = "", row.get_absolute_url(), ""
    if is_voter and found is not None:
        url = reverse("changes:approval", args=[found.request.pk])
        label, tone = "Approve", "ok"
    elif is_mine:
        is_planned = row.state == PromotionState.SCHEDULED
        label, tone = ("Start", "pri") if is_planned else ("Run sheet", "")
    return Card(
        change=row.change,
        url=row.get_absolute_url(),
        checks=checks,
        people=voted or ([row.started_by] if row.started_by else []),
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
    if is_good and row.environment.is_serving and until and until > at:
        foot = f"{_hours(until - at)} to back out"
    return Card(
        change=row.change,
        url=row.get_absolute_url(),
        checks=checks,
        people=[row.started_by] if row.started_by else [],
        foot=foot,
    )


def waiting_card(change: ChangeRequest, place: Environment, user: User) -> Card:
    """A change that waits for its next promotion, or for what that needs."""
    may_run = permissions.can_run(user, change)
    is_tried = change.is_tried  # type: ignore[attr-defined]
    is_approved = change.state == ChangeState.APPROVED
    is_next = is_approved or (change.state == ChangeState.ASSESSING and not is_tried)
    is_mine = may_run and is_next and not change.is_held
    to = reverse("changes:promotion_new", args=[change.pk])
    return Card(
        change=change,
        url=change.get_absolute_url(),
        checks=_evidence(change),
        people=[change.implementer] if change.implementer else [],
        foot=change.get_state_display(),
        action="Promote" if is_mine else "",
        action_url=f"{to}?environment={place.pk}",
        tone="pri",
        waits_for_me=is_mine,
    )


def sync_card(owed: ChangeDuty, at: datetime) -> Card:
    """A copy that has to follow."""
    left = owed.duty.due_at - at
    is_late = left <= timedelta()
    text = "Should have followed by now" if is_late else f"Due in {_hours(left)}"
    to = reverse("changes:promotion_new", args=[owed.change_id])
    return Card(
        change=owed.change,
        url=owed.change.get_absolute_url(),
        checks=[Check("bad" if is_late else "open", text)],
        people=[owed.duty.owner],
        foot=owed.duty.owner.name,
        action="Resync",
        action_url=f"{to}?environment={owed.environment_id}&kind=resync",
    )


def _checks(
    row: Promotion,
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
        *(Check("bad", why) for is_fault, why in faults if is_fault),
        *(_agreed(found) if found else []),
    ]


def _agreed(found: Standing) -> list[Check]:
    if found.is_granted:
        return [Check("ok", "This promotion is approved")]
    return [Check("open", f"Missing: {found.wanted or 'a decision'}")]


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
    needed = sum(step.needed for step in found.steps)
    return f"{needed - sum(found.missing.values())} of {needed}"


def _waits_for(
    user: User, found: Standing, excluded: Mapping[int, str], roles: frozenset[str]
) -> bool:
    """May this person vote, and has not yet?"""
    has_voted = any(one.vote.user_id == user.pk for one in found.votes)
    is_open = found.request.is_live and not found.is_granted
    free = user.pk not in excluded and not has_voted
    return is_open and free and bool(found.steps_for(roles))


def _hours(left: timedelta) -> str:
    hours = int(left.total_seconds()) // 3600
    return f"{hours // 24} d {hours % 24} h" if hours >= 48 else f"{hours} h"
