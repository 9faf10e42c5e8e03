"""Changing what a snag says and whose it is, without moving it."""

from datetime import date
from typing import Any

from django.db import transaction
from django.utils import timezone

from opsdesk.accounts.models import Party, User
from opsdesk.core.errors import RuleError, require
from opsdesk.core.records import check_version, save
from opsdesk.core.services import duties
from snags import permissions
from snags.days import morning_of
from snags.models import Snag, Snaglist
from snags.services import clocks
from snags.services.clocks import Cause
from snags.services.lifecycle.steps import check_owner, owe_follow_up, tell_owner
from snags.services.raising import judge_priority, priority_cause
from snags.services.rows import instant, locked, log

TEXTS = ("title", "detail", "designed_step", "actual_step")
PROPERTIES = (
    "kind",
    "environment",
    "module",
    "process",
    "step",
    "cause",
    "observed_by",
    "observed_on",
    "original_decision",
    "addition",
    "first_seen_on",
    "needed_by_on",
    "sensitivity",
    "data_approver",
)


@transaction.atomic
def edit_text(
    snag: Snag,
    *,
    actor: User,
    version: int | None,
    title: str,
    detail: str = "",
    designed_step: str = "",
    actual_step: str = "",
) -> Snag:
    """Reword the snag; whoever read an older version keeps both texts (StaleError)."""
    snag = locked(snag)
    require(permissions.can_edit_text(actor, snag))
    check_version(snag, version)
    snag.title, snag.detail = title, detail
    snag.designed_step, snag.actual_step = designed_step, actual_step
    snag.updated_at = at = instant(snag, None)
    save(snag, *TEXTS, "version", "updated_at", actor=actor)
    log(snag, "edited", actor=actor, at=at)
    return snag


@transaction.atomic
def set_properties(
    snag: Snag, *, actor: User, version: int | None = None, **wanted: Any
) -> Snag:
    """Change what the snag is about; only the named properties, only what differs.

    Whoever read an older version keeps both (StaleError), as its texts may be long.
    What turns out to be sensitive is no longer open to everybody.
    """
    snag = locked(snag)
    require(permissions.can_work_on(actor, snag))
    unknown = set(wanted) - set(PROPERTIES)
    if unknown:
        raise TypeError(f"Not properties of a snag: {sorted(unknown)}")
    changed = [name for name in PROPERTIES if name in wanted]
    changed = [name for name in changed if getattr(snag, name) != wanted[name]]
    if not changed:
        return snag
    check_version(snag, version)
    for name in changed:
        setattr(snag, name, wanted[name])
    hidden = snag.is_shared and snag.sensitivity != Snag.Sensitivity.NORMAL
    snag.is_shared = snag.is_shared and not hidden
    snag.updated_at = at = instant(snag, None)
    save(snag, *changed, "is_shared", "version", "updated_at", actor=actor)
    log(snag, "described", actor=actor, at=at, fields=changed)
    if hidden:
        log(snag, "unshared", actor=actor, at=at)
    return snag


@transaction.atomic
def assign(snag: Snag, *, owner: User, actor: User, team: Party | None = None) -> Snag:
    """Let somebody else answer for it; there is always exactly one."""
    snag = _locked_open(snag, actor)
    if snag.status == Snag.Status.NEW:
        raise RuleError("Triage it first.", code="not_now")
    check_owner(snag, owner)
    if snag.owner_id == owner.pk and team in {None, snag.team}:
        return snag
    snag.owner, snag.team = owner, team or owner.team or snag.team
    snag.updated_at = at = instant(snag, None)
    save(snag, "owner", "team", "updated_at", actor=actor)
    log(snag, "assigned", actor=actor, at=at, owner=owner.name)
    tell_owner(snag, actor)
    return snag


@transaction.atomic
def set_priority(
    snag: Snag,
    *,
    actor: User,
    impact: int,
    urgency: int,
    priority: int | None = None,
    priority_reason: str = "",
) -> Snag:
    """Judge again how pressing it is; clocks are held to the new promise."""
    snag = _locked_open(snag, actor)
    was, judged = snag.priority, _judged(snag)
    judge_priority(snag, impact, urgency, priority, priority_reason)
    if _judged(snag) == judged:
        return snag
    wanted = snag.priority
    snag.updated_at = at = instant(snag, None)
    save(
        snag,
        "impact",
        "urgency",
        "priority",
        "priority_reason",
        "updated_at",
        actor=actor,
    )
    if was == wanted:
        log(snag, "judged", actor=actor, at=at, impact=impact, urgency=urgency)
        return snag
    clocks.reprioritise(snag, Cause(priority_cause(was, wanted), at, actor))
    log(snag, "prioritised", actor=actor, at=at, was=was, now=wanted)
    return snag


@transaction.atomic
def move_to_list(snag: Snag, *, snaglist: Snaglist, actor: User) -> Snag:
    """Put the snag on another list; the history says where it was."""
    snag = locked(snag)
    require(permissions.can_work_on(actor, snag))
    if snag.snaglist_id == snaglist.pk:
        return snag
    if not snaglist.is_open:
        raise RuleError(f"“{snaglist}” takes no new snags.", code="list_closed")
    was = snag.snaglist.name
    snag.snaglist = snaglist
    snag.updated_at = at = instant(snag, None)
    save(snag, "snaglist", "updated_at", actor=actor)
    log(snag, "moved_list", actor=actor, at=at, was=was, now=snaglist.name)
    return snag


@transaction.atomic
def note_workaround(
    snag: Snag,
    *,
    workaround: str,
    review_on: date,
    actor: User,
    version: int | None = None,
) -> Snag:
    """Users can work again; the snag stays open and is looked at again by a day.

    Whoever read an older version keeps both texts (StaleError).
    """
    snag = _locked_open(snag, actor)
    check_version(snag, version)
    at = instant(snag, None)
    if review_on <= timezone.localdate(at):
        raise RuleError(
            "Choose a day after today to look at it again.", code="bad_time"
        )
    if snag.workaround_review is not None:
        duties.drop(snag.workaround_review)
    snag.workaround = workaround
    snag.workaround_review = duties.owe(
        kind="workaround",
        title=f"Replace the workaround of {snag.ref} {snag.title}"[:200],
        owner=snag.owner or actor,
        due_at=morning_of(review_on),
        url=snag.get_absolute_url(),
    )
    snag.updated_at = at
    save(snag, "workaround", "workaround_review", "version", "updated_at", actor=actor)
    log(snag, "worked_around", actor=actor, at=at, review_on=review_on.isoformat())
    return snag


@transaction.atomic
def set_follow_up(snag: Snag, *, actor: User, follow_up_on: date | None) -> Snag:
    """Say on which day somebody asks again; None takes the reminder off."""
    snag = _locked_open(snag, actor)
    at = instant(snag, None)
    if follow_up_on is not None and follow_up_on <= timezone.localdate(at):
        raise RuleError("Choose a day after today to ask again.", code="bad_time")
    if follow_up_on is None and snag.follow_up is None:
        return snag
    due_at = morning_of(follow_up_on) if follow_up_on else None
    owe_follow_up(snag, due_at, actor, at)
    snag.updated_at = at
    save(snag, "follow_up", "updated_at", actor=actor)
    log(
        snag,
        "follow_up_set" if follow_up_on else "follow_up_dropped",
        actor=actor,
        at=at,
    )
    return snag


@transaction.atomic
def share(snag: Snag, *, actor: User, is_shared: bool) -> Snag:
    """Let everybody here see it (a known problem), or only those involved."""
    snag = locked(snag)
    require(permissions.can_work_on(actor, snag))
    if snag.sensitivity != Snag.Sensitivity.NORMAL and is_shared:
        raise RuleError("It holds sensitive data; it stays private.", code="sensitive")
    snag.is_shared = is_shared
    snag.updated_at = at = instant(snag, None)
    save(snag, "is_shared", "updated_at", actor=actor)
    log(snag, "shared" if is_shared else "unshared", actor=actor, at=at)
    return snag


def _locked_open(snag: Snag, actor: User) -> Snag:
    """The row, for what is done by who works on it and only until it is finished."""
    snag = locked(snag)
    require(permissions.can_work_on(actor, snag))
    if snag.is_finished:
        raise RuleError("It is finished; reopen it first.", code="not_now")
    return snag


def _judged(snag: Snag) -> tuple[int, int, int, str]:
    return snag.impact, snag.urgency, snag.priority, snag.priority_reason
