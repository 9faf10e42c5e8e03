"""What each figure counts, said once, as a predicate over raw rows."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import Enum

from django.db.models import F, Q, QuerySet

from opsdesk.accounts.models import User
from sla.models import Contract
from snags.figures.periods import Period
from snags.models import Clock, Rollup, Snag
from snags.models.snag_rules import IS_OPEN

Dimension = Rollup.Dimension


class Subject(Enum):
    """What the rows behind a figure are."""

    SNAG = "snag"
    CLOCK = "clock"


@dataclass(frozen=True)
class Cut:
    """Which part of everything is counted; None and "all" leave nothing out.

    `departments` is the limit of the person who looks, the rest is what they chose.
    """

    departments: frozenset[int] | None = None
    priority: int | None = None
    dimension: str = Dimension.ALL
    key: str = ""

    @property
    def scopes(self) -> list[int]:
        """The scopes of the rollups that add up to it."""
        return [0] if self.departments is None else sorted(self.departments)


@dataclass(frozen=True)
class Figure:
    """A number with a name: which rows it counts and how it is shown.

    Figures of a period count what happened in it; live ones count how it stands now.
    """

    name: str
    title: str
    subject: Subject
    counts: Callable[[Period, datetime], Q]
    is_live: bool = False
    tone: str = ""


def _within(field: str) -> Callable[[Period, datetime], Q]:
    def predicate(period: Period, _now: datetime) -> Q:
        return Q(**{f"{field}__gte": period.begins, f"{field}__lt": period.ends})

    return predicate


MET = Q(breached_at__isnull=True, stopped_at__lte=F("due_at"))
# A promise to the business; what teams and suppliers promised is judged elsewhere.
SLA = Q(contract_version__contract__kind=Contract.Kind.SLA)


def _stopped(kinds: tuple[str, ...], outcome: Q) -> Callable[[Period, datetime], Q]:
    within = _within("stopped_at")

    def predicate(period: Period, now: datetime) -> Q:
        return within(period, now) & SLA & Q(kind__in=kinds) & outcome

    return predicate


def _breached(period: Period, now: datetime) -> Q:
    return _within("breached_at")(period, now) & SLA


def _backlog(period: Period, _now: datetime) -> Q:
    later = Q(closed_at__isnull=True) | Q(closed_at__gte=period.ends)
    return Q(reported_at__lt=period.ends) & later


def _open(_period: Period, _now: datetime) -> Q:
    return IS_OPEN


def _late(_period: Period, now: datetime) -> Q:
    return IS_OPEN & Q(next_due_at__lt=now)


def _at_risk(_period: Period, now: datetime) -> Q:
    return IS_OPEN & Q(next_due_at__gte=now, at_risk_from__lte=now)


def _unowned(_period: Period, _now: datetime) -> Q:
    return IS_OPEN & Q(owner__isnull=True)


def _aged(oldest: int | None, youngest: int) -> Callable[[Period, datetime], Q]:
    """Open for at least `youngest` days and less than `oldest`."""

    def predicate(_period: Period, now: datetime) -> Q:
        band = Q(reported_at__lte=now - timedelta(days=youngest))
        if oldest is not None:
            band &= Q(reported_at__gt=now - timedelta(days=oldest))
        return IS_OPEN & band

    return predicate


@dataclass(frozen=True)
class Age:
    """A band of the ages of open snags, in days; the first takes the newest too."""

    name: str
    label: str
    youngest: int
    oldest: int | None


AGES = (
    Age("age_0", "0–1 d", -36500, 1),
    Age("age_1", "1–3 d", 1, 3),
    Age("age_3", "3–7 d", 3, 7),
    Age("age_7", "7–14 d", 7, 14),
    Age("age_14", "14–30 d", 14, 30),
    Age("age_30", "30 d +", 30, None),
)
OLD_DAYS = 14

_RESPONSE = (Clock.Kind.RESPONSE.value,)
_RESOLUTION = (Clock.Kind.RESOLUTION.value,)
_BOTH = _RESPONSE + _RESOLUTION
_ANY = Q()

FIGURES: dict[str, Figure] = {
    figure.name: figure
    for figure in (
        Figure("opened", "Opened", Subject.SNAG, _within("reported_at")),
        Figure("resolved", "Resolved", Subject.SNAG, _within("resolved_at")),
        Figure("closed", "Closed", Subject.SNAG, _within("closed_at")),
        Figure("backlog", "Not yet closed", Subject.SNAG, _backlog),
        Figure("response", "Answered", Subject.CLOCK, _stopped(_RESPONSE, _ANY)),
        Figure(
            "response_met",
            "Answered in time",
            Subject.CLOCK,
            _stopped(_RESPONSE, MET),
            tone="good",
        ),
        Figure(
            "response_missed",
            "Answered late",
            Subject.CLOCK,
            _stopped(_RESPONSE, ~MET),
            tone="bad",
        ),
        Figure(
            "resolution",
            "Resolution promises settled",
            Subject.CLOCK,
            _stopped(_RESOLUTION, _ANY),
        ),
        Figure(
            "resolution_met",
            "Resolved in time",
            Subject.CLOCK,
            _stopped(_RESOLUTION, MET),
            tone="good",
        ),
        Figure(
            "resolution_missed",
            "Resolved late",
            Subject.CLOCK,
            _stopped(_RESOLUTION, ~MET),
            tone="bad",
        ),
        Figure("settled", "Promises settled", Subject.CLOCK, _stopped(_BOTH, _ANY)),
        Figure("breached", "Promises broken", Subject.CLOCK, _breached, tone="bad"),
        Figure("open", "Open now", Subject.SNAG, _open, is_live=True),
        Figure("late", "Open and late", Subject.SNAG, _late, is_live=True, tone="bad"),
        Figure("at_risk", "At risk", Subject.SNAG, _at_risk, is_live=True, tone="warn"),
        Figure("unowned", "Without an owner", Subject.SNAG, _unowned, is_live=True),
        Figure(
            "old",
            f"Open {OLD_DAYS} days and longer",
            Subject.SNAG,
            _aged(None, OLD_DAYS),
            is_live=True,
        ),
        *(
            Figure(
                age.name,
                f"Open for {age.label}",
                Subject.SNAG,
                _aged(age.oldest, age.youngest),
                is_live=True,
            )
            for age in AGES
        ),
    )
}

# Where a dimension's value stands on a snag.
FIELDS = {
    Dimension.GOLIVE: "snaglist__golive",
    Dimension.TEAM: "team",
    Dimension.OWNER: "owner",
    Dimension.PROCESS: "process",
    Dimension.CAUSE: "cause",
}


def rows(
    figure: Figure, cut: Cut, period: Period, *, user: User, now: datetime
) -> QuerySet[Snag] | QuerySet[Clock]:
    """Exactly the rows a figure counts, of those the person may see."""
    snags = Snag.objects.visible_to(user)
    if cut.departments is not None:
        snags = snags.filter(department__in=cut.departments)
    of_value = _of_value(cut)
    priority = Q() if cut.priority is None else Q(priority=cut.priority)
    wanted = figure.counts(period, now) & priority
    if figure.subject is Subject.SNAG:
        return snags.filter(wanted & of_value).order_by("-pk")
    return Clock.objects.filter(
        wanted, snag__in=snags.filter(of_value).order_by()
    ).order_by("-pk")


def _of_value(cut: Cut) -> Q:
    if cut.dimension == Dimension.ALL:
        return Q()
    field = FIELDS[Dimension(cut.dimension)]
    if cut.dimension == Dimension.CAUSE:
        return Q(cause=cut.key)
    return Q(**{field: int(cut.key)}) if cut.key else Q(**{f"{field}__isnull": True})
