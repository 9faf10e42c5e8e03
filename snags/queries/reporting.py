"""What the reporting screens show: where it can be and what awaits an answer."""

from dataclasses import dataclass
from datetime import datetime

from django.db.models import Case, OuterRef, Q, QuerySet, Subquery, When

from environments.models import Environment, Landscape, Module
from opsdesk.accounts.access import Role, access_of, memberships_in_force
from opsdesk.accounts.models import User
from opsdesk.core.wording import moment
from snags.models import Snag, SnagComment, Snaglist
from snags.queries.strip import FIRST, Strip
from snags.wording import promised

Audience = SnagComment.Audience
RECENT = 20
SHARED = 10
MOST_OPEN = 100
PEOPLE_SHOWN = 50


@dataclass(frozen=True)
class MyRow:
    """One of my reports: the snag, its state in plain words, when it last moved."""

    snag: Snag
    state: str
    tone: str
    icon: str
    moved: str
    asked: str = ""


@dataclass(frozen=True)
class MyReports:
    questions: list[MyRow]
    to_confirm: list[MyRow]
    others: list[MyRow]
    finished: list[MyRow]
    shared: list[MyRow]

    @property
    def is_empty(self) -> bool:
        return not (self.questions or self.to_confirm or self.others or self.finished)


# What a state means to the person who reported it: words, tone, icon.
PLAIN: dict[str, tuple[str, str, str]] = {
    Snag.Status.NEW: ("Received, nobody has looked yet", "slate", "st-new"),
    Snag.Status.TRIAGED: ("Support has it in the queue", "slate", "st-triaged"),
    Snag.Status.IN_PROGRESS: ("Being worked on", "amber", "st-in_progress"),
    Snag.Status.RESOLVED: ("Is it fixed?", "green", "st-resolved"),
    Snag.Status.CLOSED: ("Closed", "slate", "st-closed"),
}
PLAIN_WAITS: dict[str, tuple[str, str, str]] = {
    Snag.WaitingFor.REPORTER: ("We need your answer", "blue", "message-square"),
    Snag.WaitingFor.SUPPLIER: ("With our supplier", "violet", "building-2"),
    Snag.WaitingFor.CHANGE: ("Waiting for a planned change", "violet", "hourglass"),
    Snag.WaitingFor.THIRD_PARTY: ("Waiting for somebody else", "violet", "hourglass"),
}


def plain_state(snag: Snag) -> tuple[str, str, str]:
    if snag.waiting_for:
        return PLAIN_WAITS[snag.waiting_for]
    return PLAIN[snag.status]


def my_reports(user: User, now: datetime) -> MyReports:
    """What I reported: what needs me first, then what is open, then what is done."""
    question = (
        SnagComment.objects.filter(snag=OuterRef("pk"), audience=Audience.EVERYONE)
        .exclude(author=user)
        .order_by("-at", "-pk")
    )
    mine = (
        Snag.objects.visible_to(user)
        .filter(reported_by=user)
        .annotate(asked=Subquery(question.values("body")[:1]))
        .defer("search")
    )
    unfinished = mine.exclude(status=Snag.Status.CLOSED).order_by("-updated_at", "-pk")
    rows = [_row(snag, now) for snag in unfinished[:MOST_OPEN]]
    closed = mine.filter(status=Snag.Status.CLOSED).order_by("-closed_at", "-pk")
    shared = (
        Snag.objects.visible_to(user)
        .current_to(user)
        .open()
        .filter(is_shared=True)
        .exclude(reported_by=user)
        .order_by("-updated_at", "-pk")
    )
    asked = [row for row in rows if row.snag.waiting_for == Snag.WaitingFor.REPORTER]
    fixed = [row for row in rows if row.snag.status == Snag.Status.RESOLVED]
    return MyReports(
        questions=asked,
        to_confirm=fixed,
        others=[row for row in rows if row not in asked and row not in fixed],
        finished=[_row(snag, now) for snag in closed[:RECENT]],
        shared=[_row(snag, now) for snag in shared[:SHARED]],
    )


def what_happens_next(snag: Snag, strip: Strip, now: datetime) -> str:
    """What we tell somebody who has just reported it."""
    if snag.is_finished:
        return "It is finished already."
    response = next((f for f in strip.faces if f.name == FIRST and f.is_live), None)
    if response is not None and response.due and response.due >= now:
        return f"We answer by {promised(response.due, now)}."
    if strip.answered and strip.faces:
        return "Support is on it; you hear from us when something happens."
    return "Support has it now; you hear from us when something happens."


def environments_to_choose() -> QuerySet[Environment]:
    """Environments people may name, the serving one of each landscape first."""
    return Environment.objects.select_related("landscape").order_by(
        "-is_serving", "landscape__name", "kind", "name"
    )


def takes_reports() -> bool:
    """Is there a system with a list that is open, so that a report has a place?"""
    lists = Snaglist.objects.filter(is_open=True)
    return lists.filter(golive__landscape__environments__isnull=False).exists()


def default_environment() -> Environment | None:
    """Where most things happen: the production people work on."""
    return environments_to_choose().filter(is_serving=True).first()


def modules_to_choose() -> QuerySet[Module]:
    modules = Module.objects.in_use().select_related("landscape")
    return modules.order_by("landscape", "name")


def list_for(landscape: Landscape, module: Module | None) -> Snaglist | None:
    """The open list a new report goes on: the module's own, a general one, or any."""
    general = When(module__isnull=True, site__isnull=True, then=1)
    own = [] if module is None else [When(module=module, then=0)]
    return (
        Snaglist.objects.filter(golive__landscape=landscape, is_open=True)
        .select_related("golive")
        .order_by(Case(*own, general, default=2), "-golive__went_live_on", "pk")
        .first()
    )


def people_to_log_for(user: User, text: str = "") -> QuerySet[User]:
    """Whose report this person may write down: active people who work here, of the
    departments they look after; narrowed by words of name or address."""
    ours = memberships_in_force().exclude(role=Role.SUPPLIER).values("user_id")
    people = User.objects.filter(pk__in=ours, is_active=True, is_service=False)
    departments = access_of(user).departments(Role.SUPPORT, Role.MANAGER)
    if departments is not None:
        people = people.filter(department__in=departments)
    for word in text.split()[:5]:
        people = people.filter(
            Q(name__icontains=word)
            | Q(email__icontains=word)
            | Q(department__name__icontains=word)
        )
    return people.select_related("department").order_by("name", "pk")


def _row(snag: Snag, now: datetime) -> MyRow:
    state, tone, icon = plain_state(snag)
    asked = getattr(snag, "asked", "") or ""
    return MyRow(snag, state, tone, icon, moment(snag.updated_at, now), asked)
