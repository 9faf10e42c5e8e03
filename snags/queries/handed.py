"""What a supplier's contacts find first: what is with them, and what was."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import OuterRef, QuerySet, Subquery
from django.utils import timezone

from opsdesk.accounts.access import access_of
from opsdesk.accounts.models import User
from opsdesk.core.wording import day, moment, span
from snags.models import Handover, Snag, SnagComment
from snags.queries.as_left import as_left

MOST_HELD = 100
RECENT = 20
# A snag may have gone back and forth often; so many turns are looked at for RECENT.
TURNS = 100


@dataclass(frozen=True)
class Held:
    """A snag whose ball is with us: since when, under which number, what was asked."""

    snag: Snag
    supplier: str
    reference: str
    since: str
    waited: str
    acknowledged: str
    asked_again: str
    is_late: bool
    last_said: str


@dataclass(frozen=True)
class Returned:
    """A snag that was with us, as we left it, and when it went back."""

    snag: Snag
    reference: str
    went_back: str


@dataclass(frozen=True)
class Handed:
    held: list[Held]
    has_more: bool
    returned: list[Returned]
    speaks_for_several: bool

    @property
    def is_empty(self) -> bool:
        return not (self.held or self.returned)

    @property
    def unseen(self) -> int:
        """How many nobody of ours has acknowledged."""
        return sum(not row.acknowledged for row in self.held)


def handed_to(user: User, now: datetime) -> Handed:
    """What this person's supplier was handed: the ball now first, longest waits first.

    Nothing here tells what the business was promised, what is said among its own
    people, that another supplier had a turn, or what became of what went back.
    """
    ours = access_of(user).supplier_ids
    held = list(
        _turns(user).filter(to_at=None).order_by("from_at", "pk")[: MOST_HELD + 1]
    )
    past = _turns(user).filter(to_at__isnull=False).exclude(snag__handed_to__in=ours)
    back = _latest(past)
    as_left(user, [turn.snag for turn in back])
    return Handed(
        held=[_held(turn, now) for turn in held[:MOST_HELD]],
        has_more=len(held) > MOST_HELD,
        returned=[_returned(turn, now) for turn in back],
        speaks_for_several=len(ours) > 1,
    )


def _turns(user: User) -> QuerySet[Handover]:
    """Our turns at snags we may see, with the last word somebody else said to us."""
    ours = access_of(user).supplier_ids
    said = (
        SnagComment.objects.filter(
            snag=OuterRef("snag"),
            audience=SnagComment.Audience.SUPPLIER,
            supplier=OuterRef("supplier"),
        )
        .exclude(author__memberships__supplier__in=ours)
        .order_by("-at", "-pk")
    )
    return (
        Handover.objects.filter(
            supplier__in=ours, snag__in=Snag.objects.visible_to(user)
        )
        .select_related("snag__follow_up", "supplier")
        .defer("snag__search", "snag__detail")
        .annotate(last_said=Subquery(said.values("body")[:1]))
    )


def _latest(turns: QuerySet[Handover]) -> list[Handover]:
    """One turn a snag, the last to end first."""
    found: dict[int, Handover] = {}
    for turn in turns.order_by("-to_at", "-pk")[:TURNS]:
        found.setdefault(turn.snag_id, turn)
    return list(found.values())[:RECENT]


def _held(turn: Handover, now: datetime) -> Held:
    follow_up = turn.snag.follow_up
    due = follow_up.due_at if follow_up and follow_up.done_at is None else None
    seen = turn.acknowledged_at
    return Held(
        snag=turn.snag,
        supplier=turn.supplier.name,
        reference=turn.reference,
        since=moment(turn.from_at, now),
        waited=span(max(timedelta(), now - turn.from_at).total_seconds()),
        acknowledged=moment(seen, now) if seen else "",
        asked_again=_day(due, now) if due else "",
        is_late=bool(due and due < now),
        last_said=getattr(turn, "last_said", "") or "",
    )


def _returned(turn: Handover, now: datetime) -> Returned:
    went_back = moment(turn.to_at, now) if turn.to_at else ""
    return Returned(turn.snag, turn.reference, went_back)


def _day(at: datetime, now: datetime) -> str:
    return day(timezone.localtime(at).date(), timezone.localtime(now).date())
