"""From the page of a change to what is next, for the reader whose turn it is."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import urlencode

from django.urls import reverse

from changes import permissions
from changes.models import ChangeDuty, Promotion, TestSignOff
from changes.moves import ENDED, ChangeState, PromotionState
from changes.queries.coming import PROMOTED
from changes.queries.owed import SYNCS
from changes.queries.page import ChangePage
from changes.queries.separation import and_starter
from changes.queries.voters import may_vote
from opsdesk.accounts.models import User
from opsdesk.core.models import ApprovalRequest

R = PromotionState
TO_RUN = (R.SCHEDULED, R.RUNNING, R.VERIFYING, R.FAILED, R.ABORTED, R.CANCELLED)
# Where what is owed is what is next.
OWING = (ChangeState.IMPLEMENTING, ChangeState.REVIEW)


@dataclass(frozen=True)
class Lead:
    """A link: its words, its icon, where it goes."""

    label: str
    icon: str
    url: str


def lead_of(user: User, page: ChangePage, at: datetime) -> Lead | None:
    """What this reader is asked to do now that is no verb of the change itself."""
    if page.change.is_held or page.change.state in ENDED:
        return None
    found = (find(user, page, at) for find in FINDERS)
    return next((lead for lead in found if lead is not None), None)


def _vote(_user: User, page: ChangePage, _at: datetime) -> Lead | None:
    if not page.may_vote or page.standing is None:
        return None
    return _to_vote(page.standing.request)


def _try(user: User, page: ChangePage, _at: datetime) -> Lead | None:
    """A verdict I was asked for, on what is there now."""
    for asked in page.asked:
        test = asked.test
        if asked.is_ready and test.assigned_to_id == user.pk:
            form = reverse("changes:sign_off", args=[page.change.pk])
            about = {"area": test.area, "environment": test.environment_id}
            url = f"{form}?{urlencode(about)}"
            return Lead("Say whether it works", "clipboard-check", url)
    return None


def _start(user: User, page: ChangePage, _at: datetime) -> Lead | None:
    """The promotion that is planned next: agreed to, or started."""
    case = page.coming.case
    if case is None or not _is_to_promote(page):
        return None
    request, now = case.promotion.approval, case.promotion_standing
    if request is not None and request.state == ApprovalRequest.State.OPEN:
        excluded = and_starter(case.excluded, case.promotion)
        if may_vote(user, now, excluded):
            return _to_vote(request)
    return _sheet(user, case.promotion)


def _promote(user: User, page: ChangePage, _at: datetime) -> Lead | None:
    """The first place it has not come to: planned, or carried through."""
    if page.coming.promotion is not None or not _is_to_promote(page):
        return None
    form = reverse("changes:promotion_new", args=[page.change.pk])
    if page.change.state == ChangeState.ASSESSING:
        lead = Lead("Plan promotion into dev/test", "rocket", form)
        return lead if page.may_promote else None
    for place in page.places:
        where = place.aim.environment
        if place.promotion is None and page.may_promote:
            return Lead(
                f"Plan promotion into {where}",
                "rocket",
                f"{form}?environment={where.pk}",
            )
        if place.promotion is None:
            return None
        if place.promotion.state in TO_RUN:
            return _sheet(user, place.promotion) if page.is_internal else None
    return None


def _have_tested(_user: User, page: ChangePage, _at: datetime) -> Lead | None:
    """Sign-offs are missing: asked for, or their conditions read."""
    if _first_unmet(page) != "SIGNOFF":
        return None
    if page.may_accept and any(_is_undecided(said) for said in page.evidence):
        return Lead("Read the conditions", "clipboard-check", "#evidence-t")
    form = reverse("changes:test_assign", args=[page.change.pk])
    return (
        Lead("Ask for a test", "user-check", form) if page.may_ask_for_tests else None
    )


def _seal(user: User, page: ChangePage, _at: datetime) -> Lead | None:
    package = page.change.package
    if package is None or not package.is_draft or not page.may_open_package:
        return None
    if _first_unmet(page) != "PACKAGE" or not permissions.can_seal(user, package):
        return None
    return Lead("Seal the package", "lock", package.get_absolute_url())


def _settle(user: User, page: ChangePage, _at: datetime) -> Lead | None:
    """The first thing owed that this reader can bring about."""
    if page.change.state not in OWING:
        return None
    for line in page.duties:
        owed = line.owed
        if owed.is_settled:
            continue
        if owed.kind in SYNCS and permissions.can_plan(user, page.change) and line.url:
            return Lead(f"Bring {owed.environment} up to it", "rocket", line.url)
        if line.may_settle:
            url = reverse("changes:duty_settle", args=[owed.pk])
            return Lead(f"{owed.get_kind_display()}: done", "check", url)
        is_judge = permissions.can_settle_duties(user)
        if owed.kind == ChangeDuty.Kind.RETRO_APPROVAL and is_judge and line.url:
            return Lead("Judge what was done", "user-check", line.url)
    return None


Finder = Callable[[User, ChangePage, datetime], Lead | None]
FINDERS: tuple[Finder, ...] = (
    _vote,
    _try,
    _start,
    _promote,
    _have_tested,
    _seal,
    _settle,
)


def _is_to_promote(page: ChangePage) -> bool:
    """Is a promotion what is next?"""
    return page.change.state in PROMOTED or _first_unmet(page) == "ROUTE"


def _first_unmet(page: ChangePage) -> str:
    return next((gate.code for gate in page.gates if not gate.is_met), "")


def _is_undecided(said: TestSignOff) -> bool:
    return (
        said.verdict == said.Verdict.CONDITIONAL and not said.conditions_accepted_by_id
    )


def _sheet(user: User, promotion: Promotion) -> Lead | None:
    if not permissions.can_run_promotion(user, promotion):
        return None
    return Lead("Open the run sheet", "list-checks", promotion.get_absolute_url())


def _to_vote(request: ApprovalRequest) -> Lead:
    return Lead(
        "Read and vote", "check", reverse("changes:approval", args=[request.pk])
    )
