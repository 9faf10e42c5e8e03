"""A change comes to its end: confirmed, or declared failed; reviewed, closed."""

from django.db import transaction

from changes import permissions
from changes.models import ChangeDuty, ChangeRequest, Review
from changes.moves import RUNNING
from changes.queries.ending import has_gone_wrong, is_confirmer, needs_review, unsettled
from changes.services import after
from changes.services.rows import judge, locked, log, move
from changes.services.templates import suspend_template
from changes.services.testing import drop_tests
from opsdesk.accounts.models import User
from opsdesk.core import clock
from opsdesk.core.errors import NotAllowedError, RuleError, require
from opsdesk.core.services import duties
from snags.models import Snag, Snaglist
from snags.services.raising import raise_snag

Kind = ChangeRequest.Kind
WRONG = (ChangeRequest.Closure.BACKED_OUT, ChangeRequest.Closure.FAILED)


@transaction.atomic
def confirm(change: ChangeRequest, *, actor: User) -> ChangeRequest:
    """Who implemented it, or owns an environment it went to, says that it works."""
    change = locked(change)
    require(is_confirmer(actor, change), "The implementer confirms it, or an owner.")
    judge(change, "confirm")
    move(change, "confirm", actor=actor)
    log(change, "confirm", actor=actor, at=clock.now())
    return change


@transaction.atomic
def declare_failed(change: ChangeRequest, *, actor: User, reason: str) -> ChangeRequest:
    """Neither forward nor back worked: a P1 snag is raised, and a review is owed."""
    change = locked(change)
    require(permissions.can_manage(actor))
    judge(change, "declare_failed")
    if change.promotions.filter(state__in=RUNNING).exists():
        raise RuleError("End the running promotion first.", code="running")
    at = clock.now()
    snag = _raise_failure(change, actor, reason)
    change.caused.add(snag)
    move(change, "declare_failed", actor=actor)
    log(change, "declare_failed", actor=actor, at=at, note=reason, snag=snag.ref)
    after.owe(change, ChangeDuty.Kind.REVIEW, due_at=at + after.REVIEW_WITHIN)
    if change.kind == Kind.STANDARD and change.template is not None:
        because = f"{change.ref} failed."
        suspend_template(change.template, because=because, actor=None, at=at)
    return change


@transaction.atomic
def review(
    change: ChangeRequest,
    *,
    actor: User,
    outcome: str,
    objectives_met: bool = False,
    outage_minutes: int = 0,
    root_cause: str = "",
    lessons: str = "",
) -> ChangeRequest:
    """Write down what came of it; one that went wrong is in review from then on."""
    change = locked(change)
    _check_reviewer(change, actor)
    if change.state != ChangeRequest.State.REVIEW:
        judge(change, "review")
        move(change, "review", actor=actor)
    at = clock.now()
    Review.objects.update_or_create(
        change=change,
        defaults={
            "reviewer": actor,
            "outcome": outcome,
            "objectives_met": objectives_met,
            "outage_minutes": outage_minutes,
            "root_cause": root_cause,
            "lessons": lessons,
            "at": at,
        },
    )
    log(change, "review", actor=actor, at=at, outcome=outcome)
    _settle_review(change, actor)
    return change


@transaction.atomic
def close(change: ChangeRequest, *, actor: User, closure: str) -> ChangeRequest:
    """The end of it: nothing is owed any more, and what had to be reviewed was. What
    went wrong is closed as nothing else: templates rest on what went well."""
    change = locked(change)
    _check_reviewer(change, actor)
    judge(change, "close")
    if owed := unsettled(change):
        names = " ".join(f"{one.get_kind_display()}." for one in owed)
        raise RuleError(f"This is still owed: {names}", code="duties_open")
    if needs_review(change) and not Review.objects.filter(change=change).exists():
        raise RuleError(
            "This change must be reviewed before it is closed.", code="review_missing"
        )
    if closure not in WRONG and has_gone_wrong(change):
        raise RuleError(
            "It was backed out or failed, so it is closed as that.", code="closure"
        )
    change.closure, change.closed_at = closure, clock.now()
    move(change, "close", "closure", "closed_at", actor=actor)
    log(change, "close", actor=actor, at=change.closed_at, closure=closure)
    drop_tests(change)
    return change


def _check_reviewer(change: ChangeRequest, actor: User) -> None:
    require(permissions.can_manage(actor))
    if not permissions.can_review(actor, change):
        raise NotAllowedError("Who implements a change does not judge it.", code="sod")


def _settle_review(change: ChangeRequest, actor: User) -> None:
    """The duty to review is done with the review."""
    owed = change.duties.filter(kind=ChangeDuty.Kind.REVIEW, is_settled=False)
    for one in owed.select_related("duty").order_by("pk"):
        if one.duty.done_at is None:
            duties.settle(one.duty, actor=actor)
        ChangeDuty.objects.filter(pk=one.pk).update(is_settled=True)


def _raise_failure(change: ChangeRequest, actor: User, reason: str) -> Snag:
    """An open list of the landscape takes it; without one nobody would see it."""
    place = change.targets.order_by("-environment__is_serving", "ordinal").first()
    lists = Snaglist.objects.filter(
        golive__landscape=change.landscape, is_open=True
    ).order_by("-golive__went_live_on", "pk")
    snaglist = lists.first()
    if place is None or snaglist is None:
        raise RuleError("Open a snaglist for this landscape first.", code="no_list")
    return raise_snag(
        title=f"{change.ref} failed: {change.title}"[:200],
        detail=reason,
        actor=actor,
        snaglist=snaglist,
        environment=place.environment,
        impact=Snag.Level.HIGH,
        urgency=Snag.Level.HIGH,
    )
