"""Gates about where and when: the environment is free, and this is the time."""

from datetime import datetime, timedelta

from changes.gates.case import Case
from changes.models import Promotion
from changes.moves import PromotionState
from environments.models import Environment
from environments.queries.pairs import role_of
from environments.queries.windows import maintenance_now
from opsdesk.core.gates import Finding


def environment(case: Case, _at: datetime) -> Finding:
    """In use, not quarantined, and nobody has stopped the line."""
    place = case.environment
    if place.status != Environment.Status.ACTIVE:
        detail = f"{place} is {place.get_status_display().lower()}."
        clear = "An administrator makes it active again."
    elif place.paused_at is not None:
        detail = f"{place} is paused: {place.pause_reason}"
        clear = "An administrator lets it go on."
    else:
        return Finding("ENV", is_met=True, detail=f"{place} is active.")
    url = place.get_absolute_url()
    return Finding("ENV", is_met=False, detail=detail, clear=clear, url=url)


def freeze(case: Case, _at: datetime) -> Finding:
    """No freeze forbids it now; a freeze beats a maintenance window."""
    for found in case.freezes:
        is_let_through = (
            not found.is_hard
            or case.promotion.change.kind in found.rule.exempt_kinds
            or found.pk in case.overridden
            or _began_before(case, found.during.lower)
        )
        if not is_let_through:
            return Finding(
                "FREEZE",
                is_met=False,
                detail=f"{found.rule} is on.",
                clear="Wait for its end, or ask a manager for leave.",
                url=case.promotion.get_absolute_url(),
                until=found.during.upper,
            )
    return Finding("FREEZE", is_met=True, detail="No freeze.")


def window(case: Case, at: datetime) -> Finding:
    """Where changes need maintenance time: inside it, with time enough left."""
    if not role_of(case.environment).needs_window or case.is_rollback:
        return Finding("WINDOW", is_met=True, detail="None is needed here.")
    found = maintenance_now(case.environment, at)
    ends = at + timedelta(minutes=case.promotion.target.minutes)
    if found is not None and ends <= found.during.upper:
        return Finding("WINDOW", is_met=True, detail=f"Within {found.rule}.")
    detail = "This is not maintenance time."
    if found is not None:
        left = int((found.during.upper - at).total_seconds()) // 60
        needed = case.promotion.target.minutes
        detail = f"{found.rule} ends in {left} min and this takes {needed} min."
    return Finding(
        "WINDOW",
        is_met=False,
        detail=detail,
        clear="Wait for the next maintenance window.",
        url=case.environment.get_absolute_url(),
        is_waivable=True,
    )


def slot(case: Case, at: datetime) -> Finding:
    """Inside the booked slot and the envelope that was approved."""
    change, booked = case.promotion.change, case.promotion.target.slot
    opens = [change.earliest_start, booked.lower if booked else None]
    closes = [change.latest_end, booked.upper if booked else None]
    begin = max((time for time in opens if time), default=None)
    end = min((time for time in closes if time), default=None)
    is_early, is_late = begin is not None and at < begin, end is not None and at >= end
    is_test = case.environment.kind == Environment.Kind.DEV_TEST
    if case.follows or is_test or not (is_early or is_late):
        return Finding("SLOT", is_met=True, detail="It is the time agreed.")
    return Finding(
        "SLOT",
        is_met=False,
        detail="The agreed time has not come yet."
        if is_early
        else "The agreed time is over.",
        clear="Wait for the slot, or move it.",
        url=change.get_absolute_url(),
        until=begin if is_early else None,
        is_waivable=True,
    )


def lease(case: Case, _at: datetime) -> Finding:
    """Nobody else is working on the environment."""
    if case.lease is None:
        return Finding("LEASE", is_met=True, detail="Nobody else works on it.")
    return Finding(
        "LEASE",
        is_met=False,
        detail=f"{case.lease.holder} is at work on it: {case.lease.label}.",
        clear="Wait until that is finished.",
        url=case.lease.url,
        until=case.lease.expected_end_at,
    )


def failover(case: Case, _at: datetime) -> Finding:
    """The failover is not left behind by an earlier change."""
    if case.is_rollback or not case.environment.is_serving or not case.overdue_syncs:
        return Finding("FAILOVER", is_met=True, detail="The failover keeps up.")
    first = case.overdue_syncs[0]
    return Finding(
        "FAILOVER",
        is_met=False,
        detail=f"{first.environment} should have followed {first.change.ref} by now.",
        clear="Bring the failover up to production first.",
        url=first.change.get_absolute_url(),
        is_waivable=True,
    )


def migration(_case: Case, _at: datetime) -> Finding:
    """No version migration stands in the way; there are none yet."""
    return Finding("MIGRATION", is_met=True, detail="No version migration.")


def replay(case: Case, _at: datetime) -> Finding:
    """This revision was not brought here before."""
    mine = case.promotion
    done = Promotion.objects.filter(
        change=mine.change,
        environment=mine.environment,
        kind=mine.kind,
        revision=mine.revision,
        state__in=[
            PromotionState.RUNNING,
            PromotionState.VERIFYING,
            PromotionState.SUCCEEDED,
        ],
    ).exclude(pk=mine.pk)
    if mine.state == PromotionState.SCHEDULED and not done.exists():
        return Finding("REPLAY", is_met=True, detail="Not done here before.")
    return Finding(
        "REPLAY",
        is_met=False,
        detail="This was started here before.",
        clear="Look at the promotion that was started.",
        url=mine.get_absolute_url(),
    )


def _began_before(case: Case, freeze_began: datetime) -> bool:
    """What was begun before a freeze may be undone during it."""
    undone = case.promotion.undoes
    started = undone.started_at if undone is not None else None
    return started is not None and started < freeze_began
