"""Templates of standard changes, as everybody who works here may read them."""

from datetime import date, datetime
from typing import Any

from django.db.models import QuerySet
from django.utils import timezone

from changes import permissions
from changes.content import BODY
from changes.models import ChangeRequest, ChangeTemplate
from changes.moves import ChangeState, TemplateState
from changes.queries.separation import excluded_from_template
from changes.queries.voters import may_vote
from environments.models import Landscape
from opsdesk.accounts.models import User
from opsdesk.core.approving import standing

LATEST = 10


def templates() -> QuerySet[ChangeTemplate]:
    """Every number of every template, by code, the latest number first."""
    rows = ChangeTemplate.objects.select_related("landscape", "proposed_by", "approval")
    return rows.prefetch_related("environments").order_by("code", "-number")


def evidence_for(landscape: Landscape | None) -> QuerySet[ChangeRequest]:
    """What a template may rest on: normal changes that went well, the latest first."""
    went_well = ChangeRequest.objects.filter(
        landscape=landscape,
        kind=ChangeRequest.Kind.NORMAL,
        state=ChangeState.CLOSED,
        closure=ChangeRequest.Closure.SUCCESSFUL,
    )
    return went_well.order_by("-pk")


def template_in_force(pk: int) -> ChangeTemplate | None:
    """One a change may be made from."""
    rows = ChangeTemplate.objects.filter(pk=pk, state=TemplateState.APPROVED)
    return rows.select_related("landscape").order_by("pk").first()


def is_expired(template: ChangeTemplate, today: date) -> bool:
    return template.expires_on < today


def page_of(user: User, template: ChangeTemplate, at: datetime) -> dict[str, Any]:
    """What the page of a template shows and offers."""
    request = template.approval
    excluded = excluded_from_template(template)
    now = standing(request, excluded=excluded, at=at) if request else None
    return {
        "template": template,
        "lines": [
            (label, template.body.get(name, ""), name in template.locked)
            for name, label in BODY.items()
        ],
        "evidence": template.evidence.order_by("pk"),
        "standing": now,
        "may_vote": may_vote(user, now, excluded),
        "why_no_vote": excluded.get(user.pk, ""),
        "may_propose": permissions.can_prepare(user),
        "may_manage": permissions.can_manage(user),
        "is_expired": is_expired(template, timezone.localdate(at)),
        "made": template.changes.visible_to(user).order_by("-pk")[:LATEST],
    }
