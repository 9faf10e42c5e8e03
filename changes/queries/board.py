"""The board of promotions: four lanes, what runs there, what is on its way, and why it
waits. A fixed number of queries for any number of changes."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Count, Exists, OuterRef, Q, QuerySet

from changes.models import ChangeDuty, ChangeRequest, Promotion, TestSignOff
from changes.moves import ChangeState, PromotionState
from changes.queries.board_cards import (
    LIVE,
    Card,
    Viewer,
    finished_card,
    live_card,
    sync_card,
    waiting_card,
)
from changes.queries.board_versions import Head, Row, head_of, rows_of
from changes.queries.owed import SYNCS
from changes.queries.separation import excluded_from_changes
from environments.models import Environment, Installation, Landscape, WindowKind
from environments.models import Occurrence as Window
from environments.queries.installed import installed_in
from environments.queries.pairs import windows_of
from opsdesk.accounts.models import User
from opsdesk.core.approving import Standing, asked_as, standings
from opsdesk.core.wording import listed

Kind = Environment.Kind
LANES = (Kind.DEV_TEST, Kind.TRAINING, Kind.PRODUCTION, Kind.FAILOVER)
ICONS = {
    Kind.DEV_TEST: "wrench",
    Kind.TRAINING: "graduation-cap",
    Kind.PRODUCTION: "database",
    Kind.FAILOVER: "shield-check",
}
LATELY = timedelta(hours=48)
AHEAD = timedelta(days=7)  # a freeze is told
NEXT = timedelta(days=35)  # a maintenance window is looked for
MOST = 20
WAITING = (ChangeState.ASSESSING, ChangeState.AWAITING, ChangeState.APPROVED)


@dataclass(frozen=True)
class Group:
    """Cards of one sort in a lane; `more` are counted, not shown."""

    title: str
    cards: list[Card]

    @property
    def count(self) -> int:
        return len(self.cards)

    @property
    def shown(self) -> list[Card]:
        return self.cards[:MOST]

    @property
    def more(self) -> int:
        return max(0, len(self.cards) - MOST)


@dataclass(frozen=True)
class Lane:
    environment: Environment
    icon: str
    head: Head
    freeze: Window | None
    is_unjudged: bool
    groups: list[Group]


@dataclass(frozen=True)
class Closed:
    """One stretch of a freeze, and all the environments it closes."""

    window: Window
    places: str


@dataclass(frozen=True)
class Board:
    landscape: Landscape | None
    landscapes: list[Landscape]
    lanes: list[Lane]
    rows: list[Row]
    closed: list[Closed]
    mine: int


@dataclass
class Facts:
    """What all lanes are made from, read once."""

    viewer: Viewer
    at: datetime
    places: Sequence[Environment]
    promotions: list[Promotion]
    standings: dict[int, Standing]
    excluded: dict[int, dict[int, str]]
    changes: list[ChangeRequest]
    syncs: list[ChangeDuty]
    unjudged: set[int]
    windows: dict[int, list[Window]]  # by the environment they bind
    there: dict[int, dict[int, Installation]]


def board(
    user: User, at: datetime, *, landscape: str = "", only_mine: bool = False
) -> Board:
    """The board of one landscape, the first by name unless another is asked for."""
    seen = Environment.objects.visible_to(user).in_use()
    rows = seen.select_related("landscape", "pairs_with")
    places = list(rows.order_by("landscape__name", "kind", "name", "pk"))
    landscapes = list(
        {place.landscape_id: place.landscape for place in places}.values()
    )
    chosen = next((one for one in landscapes if str(one.pk) == landscape), None)
    chosen = chosen or next(iter(landscapes), None)
    mine = [place for place in places if chosen and place.landscape_id == chosen.pk]
    mine.sort(key=lambda place: LANES.index(Kind(place.kind)))
    facts = _facts(user, at, mine)
    lanes = [_lane(place, facts, only_mine=only_mine) for place in mine]
    return Board(
        landscape=chosen,
        landscapes=landscapes,
        lanes=lanes,
        rows=rows_of(mine, facts.there),
        closed=_closed(facts),
        mine=sum(
            card.waits_for_me
            for lane in lanes
            for group in lane.groups
            for card in group.cards
        ),
    )


def _facts(user: User, at: datetime, places: Sequence[Environment]) -> Facts:
    promotions = list(_promotions(places, at))
    changes = list(_changes(user, places))
    rows: list[Promotion | ChangeRequest] = [*promotions, *_asking(changes)]
    asking = {row.approval_id: row for row in rows}
    owners = {pk: _change_of(row) for pk, row in asking.items() if pk is not None}
    parts = excluded_from_changes(list(dict.fromkeys(owners.values())))
    excluded = {pk: parts[change.pk] for pk, change in owners.items()}
    requests = [row.approval for row in asking.values() if row.approval is not None]
    owed = list(_owed(places))
    return Facts(
        viewer=Viewer(user, at, asked_as(user)),
        at=at,
        places=places,
        promotions=promotions,
        standings=standings(requests, excluded=excluded, at=at),
        excluded=excluded,
        changes=changes,
        syncs=[row for row in owed if row.kind in SYNCS],
        unjudged={
            row.environment_id or 0
            for row in owed
            if row.kind not in SYNCS and row.duty.due_at <= at
        },
        windows=_binding(places, at),
        there=installed_in(places),
    )


def _asking(changes: Sequence[ChangeRequest]) -> list[ChangeRequest]:
    return [row for row in changes if row.state == ChangeState.AWAITING]


def _change_of(row: Promotion | ChangeRequest) -> ChangeRequest:
    return row.change if isinstance(row, Promotion) else row


def _closed(facts: Facts) -> list[Closed]:
    """Freezes by what is frozen when, each once with all the environments it binds."""
    found: dict[tuple[int, datetime, datetime], tuple[Window, dict[str, None]]] = {}
    for place in facts.places:
        for row in facts.windows[place.pk]:
            if row.kind == WindowKind.FREEZE and row.starts_at < facts.at + AHEAD:
                when = row.rule_id, row.starts_at, row.ends_at
                found.setdefault(when, (row, {}))[1][str(place)] = None
    closed = [Closed(row, listed(list(names))) for row, names in found.values()]
    return sorted(closed, key=lambda one: one.window.starts_at)


def _is_going(owed: ChangeDuty, facts: Facts) -> bool:
    """Has somebody planned or begun what is owed?"""
    return any(
        (row.change_id, row.environment_id) == (owed.change_id, owed.environment_id)
        and row.state in {"scheduled", "running", "verifying"}
        for row in facts.promotions
    )


def _lane(place: Environment, facts: Facts, *, only_mine: bool) -> Lane:
    groups = [
        Group("Running", _live(place, facts, ("running", "verifying"))),
        Group("Scheduled", _live(place, facts, ("scheduled",))),
        *_planned(place, facts),
        Group(
            "Awaiting sync",
            [
                sync_card(s, facts.viewer)
                for s in facts.syncs
                if s.environment_id == place.pk and not _is_going(s, facts)
            ],
        ),
        Group("Last 48 hours", _lately(place, facts)),
    ]
    if only_mine:
        groups = [
            Group(g.title, [c for c in g.cards if c.waits_for_me]) for g in groups
        ]
    return Lane(
        environment=place,
        icon=ICONS[Kind(place.kind)],
        head=head_of(
            place, facts.places, facts.there, facts.windows[place.pk], facts.at
        ),
        freeze=_frozen(place, facts),
        is_unjudged=place.pk in facts.unjudged,
        groups=[group for group in groups if group.cards],
    )


def _frozen(place: Environment, facts: Facts) -> Window | None:
    """The freeze that is on there."""
    on = (row for row in facts.windows[place.pk] if row.starts_at <= facts.at)
    return next((row for row in on if row.kind == WindowKind.FREEZE), None)


def _live(place: Environment, facts: Facts, states: tuple[str, ...]) -> list[Card]:
    frozen = _frozen(place, facts)
    busy = [one for one in facts.promotions if one.state in ("running", "verifying")]
    return [
        live_card(
            row,
            facts.viewer,
            facts.standings.get(row.approval_id or 0),
            facts.excluded.get(row.approval_id or 0, {}),
            frozen,
            next((one for one in busy if one.environment_id == place.pk), None),
        )
        for row in facts.promotions
        if row.environment_id == place.pk and row.state in states
    ]


def _lately(place: Environment, facts: Facts) -> list[Card]:
    return [
        finished_card(row, facts.at)
        for row in facts.promotions
        if row.environment_id == place.pk
        and row.state not in LIVE
        and (row.state != PromotionState.SUCCEEDED or place.kind != Kind.DEV_TEST)
    ]


def _planned(place: Environment, facts: Facts) -> list[Group]:
    """Changes that wait for their next step in this lane."""
    if place.kind == Kind.DEV_TEST:
        early = [c for c in facts.changes if c.state == ChangeState.ASSESSING]
        return [
            Group("To be tried", _cards(early, place, facts, is_tried=False)),
            Group("In test", _cards(early, place, facts, is_tried=True)),
        ]
    if place.is_serving:
        asked = [c for c in facts.changes if c.state == ChangeState.AWAITING]
        ready = [c for c in facts.changes if c.state == ChangeState.APPROVED]
        return [
            Group("Change approval", [_card(c, place, facts) for c in asked]),
            Group(
                "Ready to schedule",
                [_card(c, place, facts) for c in ready if not c.is_on_its_way],  # type: ignore[attr-defined]
            ),
        ]
    return []


def _cards(
    rows: Sequence[ChangeRequest], place: Environment, facts: Facts, *, is_tried: bool
) -> list[Card]:
    return [
        _card(row, place, facts)
        for row in rows
        if row.is_tried == is_tried  # type: ignore[attr-defined]
        and (is_tried or not row.is_trying)  # type: ignore[attr-defined]
    ]


def _card(change: ChangeRequest, place: Environment, facts: Facts) -> Card:
    number = change.approval_id or 0
    return waiting_card(
        change,
        place,
        facts.viewer,
        facts.standings.get(number),
        facts.excluded.get(number, {}),
    )


def _promotions(places: Sequence[Environment], at: datetime) -> QuerySet[Promotion]:
    lately = Q(finished_at__gte=at - LATELY) & ~Q(state=PromotionState.CANCELLED)
    rows = Promotion.objects.filter(Q(state__in=LIVE) | lately, environment__in=places)
    return (
        rows.select_related(
            "change__package__component",
            "change__implementer",
            "package__component",
            "environment",
            "target",
            "approval",
            "started_by",
            "undoes__target",
            "back_to",
        )
        .annotate(
            steps_all=Count("steps"),
            steps_done=Count("steps", filter=Q(steps__done_at__isnull=False)),
        )
        .order_by("target__slot", "pk")
    )


def _changes(user: User, places: Sequence[Environment]) -> QuerySet[ChangeRequest]:
    mine = Promotion.objects.filter(change=OuterRef("pk"))
    dev = mine.filter(environment__kind=Kind.DEV_TEST)
    passed = Q(sign_offs__verdict="pass", sign_offs__sha256__gt="")
    live = Q(sign_offs__superseded_at=None, sign_offs__revoked_at=None)
    failed = Q(sign_offs__verdict=TestSignOff.Verdict.FAIL)
    return (
        ChangeRequest.objects.visible_to(user)
        .filter(state__in=WAITING, landscape__in={p.landscape_id for p in places})
        .select_related("package__component", "implementer", "approval")
        .annotate(
            is_tried=Exists(dev.filter(state=PromotionState.SUCCEEDED)),
            is_trying=Exists(dev.filter(state__in=LIVE)),
            is_on_its_way=Exists(
                mine.filter(environment__is_serving=True, state__in=LIVE)
            ),
            passes=Count("sign_offs", filter=passed & live, distinct=True),
            failures=Count("sign_offs", filter=failed & live, distinct=True),
        )
        .order_by("earliest_start", "pk")
    )


def _owed(places: Sequence[Environment]) -> QuerySet[ChangeDuty]:
    rows = ChangeDuty.objects.filter(
        kind__in=(*SYNCS, ChangeDuty.Kind.RETRO_APPROVAL),
        environment__in=places,
        is_settled=False,
    )
    return rows.select_related(
        "change__package__component", "environment", "duty__owner"
    ).order_by("duty__due_at", "pk")


def _binding(places: Sequence[Environment], at: datetime) -> dict[int, list[Window]]:
    """The windows that bind each environment, as the gates of a promotion see it."""
    rows = list(_windows(places, at))
    parts = {place.pk: windows_of(place) for place in places}
    return {
        pk: [row for row in rows if row.environment in part]
        for pk, part in parts.items()
    }


def _windows(places: Sequence[Environment], at: datetime) -> QuerySet[Window]:
    """Hard freezes and maintenance, now and in the days to come."""
    rows = Window.objects.filter(
        Q(kind=WindowKind.MAINTENANCE) | Q(is_hard=True),
        environment__in=places,
        cancelled_at__isnull=True,
        during__endswith__gt=at,
        during__startswith__lt=at + NEXT,
    )
    return rows.select_related("rule", "environment").order_by("during", "pk")
