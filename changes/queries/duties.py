"""What a change owes, as one reader sees it: say done, waive, or settled elsewhere."""

from collections.abc import Iterable
from dataclasses import dataclass

from django.urls import reverse

from changes import permissions
from changes.models import ChangeDuty, ChangeRequest, Promotion
from changes.moves import RUNNING, PromotionState
from changes.queries.verbs import may
from opsdesk.accounts.access import access_of
from opsdesk.accounts.models import User

Kind = ChangeDuty.Kind
LIVE = (PromotionState.SCHEDULED, *RUNNING)
# What settles a duty that nobody just says is done.
WAYS: dict[str, str] = {
    Kind.FAILOVER_SYNC: "a promotion there",
    Kind.TRAINING_SYNC: "a promotion there",
    Kind.REVIEW: "the review a manager writes",
    Kind.RETRO_APPROVAL: "the votes of two people",
}


@dataclass(frozen=True)
class DutyLine:
    """One duty, what this reader may do about it, and what settles it where."""

    owed: ChangeDuty
    may_settle: bool
    may_waive: bool
    way: str
    url: str


def duty_lines(
    user: User,
    change: ChangeRequest,
    duties: Iterable[ChangeDuty],
    promotions: Iterable[Promotion],
) -> list[DutyLine]:
    """The duties of a change; `promotions` has the latest of each place."""
    live = {row.environment_id: row for row in promotions if row.state in LIVE}
    return [
        DutyLine(
            owed=owed,
            may_settle=owed.is_by_hand and permissions.can_settle_duty(user, owed),
            may_waive=owed.is_waivable and permissions.can_waive_duty(user, owed),
            way=WAYS.get(owed.kind, ""),
            url=_url(user, change, owed, live.get(owed.environment_id or 0)),
        )
        for owed in duties
    ]


def _url(
    user: User, change: ChangeRequest, owed: ChangeDuty, live: Promotion | None
) -> str:
    """Where it is settled, for a reader who gets there; "" for others."""
    if not access_of(user).is_internal or owed.is_by_hand:
        return ""
    if owed.kind == Kind.REVIEW:
        can = may(user, change, "review")
        return reverse("changes:review", args=[change.pk]) if can else ""
    if owed.kind == Kind.RETRO_APPROVAL:
        return reverse("changes:approval", args=[owed.approval_id])
    return _sync_url(user, change, owed, live)


def _sync_url(
    user: User, change: ChangeRequest, owed: ChangeDuty, live: Promotion | None
) -> str:
    """What is under way there, the form to plan it, or else the place itself."""
    assert owed.environment is not None
    if live is not None:
        return live.get_absolute_url()
    if permissions.can_plan(user, change):
        form = reverse("changes:promotion_new", args=[change.pk])
        return f"{form}?environment={owed.environment_id}&kind={Promotion.Kind.RESYNC}"
    return owed.environment.get_absolute_url()
