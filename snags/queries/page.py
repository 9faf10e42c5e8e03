"""Everything the page of one snag shows, in a fixed number of queries."""

import re
from dataclasses import dataclass
from datetime import datetime

from django.contrib.postgres.search import SearchQuery
from django.db.models import Sum
from django.utils import timezone

from opsdesk.accounts.access import access_of
from opsdesk.accounts.models import User
from opsdesk.core.wording import day, moment
from snags import permissions
from snags.models import (
    Effort,
    Handover,
    Snag,
    SnagAttachment,
    SnagComment,
    SnagQuerySet,
)
from snags.moves import FINISHED
from snags.queries.as_left import as_left
from snags.queries.feed import Feed, feed_of, files_for
from snags.queries.reporting import plain_state
from snags.queries.strip import Strip, pulse_stamp, strip_of
from snags.queries.verbs import Verb, verbs_for
from snags.wording import worked

Audience = SnagComment.Audience
SIMILAR = 3
CANDIDATES = 100
EFFORTS = 50
DUPLICATES = 20


@dataclass(frozen=True)
class EffortList:
    rows: list[Effort]
    total: str


@dataclass(frozen=True)
class Reader:
    """What kind of reader looks at the page; templates ask nothing else."""

    works: bool
    internal: bool
    reporter: bool
    supplier: bool
    may_edit: bool
    may_answer: bool
    knows_holder: bool
    audiences: list[tuple[str, str]]


@dataclass(frozen=True)
class SnagPage:
    snag: Snag
    reader: Reader
    state: tuple[str, str, str]
    reported: str
    strip: Strip
    feed: Feed
    pulse: str
    verbs: list[Verb]
    files: list[SnagAttachment]
    handovers: list[Handover]
    efforts: EffortList
    duplicates: list[Snag]
    similar: list[Snag]
    follow_up: str
    workaround_review: str
    closes: str
    left: str

    @property
    def can_wait(self) -> bool:
        return any(verb.name == "wait" for verb in self.verbs)


def page_of(
    user: User,
    snag: Snag,
    now: datetime,
    *,
    show: str = "all",
    page: int = 1,
    seen: str = "",
) -> SnagPage:
    strip = strip_of(user, snag, now)
    feed = feed_of(user, snag, show=show, page=page, now=now, seen=seen)
    handovers = _handovers(user, snag)
    reader = reader_of(user, snag, handovers)
    return SnagPage(
        snag=snag,
        reader=reader,
        state=plain_state(snag),
        reported=moment(snag.reported_at, now),
        strip=strip,
        feed=feed,
        pulse=pulse_stamp(strip, feed.seen),
        verbs=verbs_for(
            user, snag, answered=strip.answered, accepted=_is_accepted(handovers)
        ),
        files=list(files_for(user, snag).filter(comment__isnull=True).order_by("pk")),
        handovers=handovers,
        efforts=_efforts(snag) if reader.internal else EffortList([], ""),
        duplicates=_duplicates(user, snag) if reader.internal else [],
        similar=similar_resolved(user, snag) if reader.works else [],
        follow_up=_duty_day(snag.follow_up, now),
        workaround_review=_duty_day(snag.workaround_review, now),
        closes=moment(snag.auto_close_at, now) if snag.auto_close_at else "",
        left=moment(snag.left_at, now) if snag.left_at else "",
    )


def snag_for(user: User, pk: int) -> Snag | None:
    """The snag with the rows every page of it names, if this person may know of it.

    The rest (module, team, approver and the like) is mostly empty and read when it is
    not: planning one statement with fifteen joins costs more than all of them.
    """
    return _one(user, _rows(user, pk).select_related(*ALWAYS_NAMED))


def bare_snag(user: User, pk: int) -> Snag | None:
    """The snag's own columns alone: what a poll or a verb needs."""
    return _one(user, _rows(user, pk))


ALWAYS_NAMED = ("reported_by", "owner", "environment__landscape", "snaglist")


def _one(user: User, rows: SnagQuerySet) -> Snag | None:
    snag = rows.first()
    return snag and as_left(user, [snag])[0]


def _rows(user: User, pk: int) -> SnagQuerySet:
    rows = Snag.objects.visible_to(user).filter(pk=pk).defer("search")
    return rows.order_by("pk")


NUMBER = re.compile(r"(?:SN-?)?\s*([1-9][0-9]{0,17})", re.ASCII | re.IGNORECASE)


def snag_by_number(user: User, text: str) -> Snag | None:
    """A snag by what people type: SN-17, sn17 or 17; only one they may see."""
    match = NUMBER.fullmatch(text.strip())
    if match is None:
        return None
    rows = Snag.objects.visible_to(user).filter(pk=int(match[1]))
    return rows.order_by("pk").first()


def similar_resolved(user: User, snag: Snag) -> list[Snag]:
    """A few finished snags whose words hold this one's, the latest first.

    Bounded before it is sorted: a common title must not read the whole table.
    """
    words = sorted(set(re.findall(r"[^\W\d_]{4,}", snag.title.lower())), key=len)[-3:]
    if not words:
        return []
    query = SearchQuery(" ".join(words), config="english", search_type="plain")
    found = (
        Snag.objects.visible_to(user)
        .filter(search=query, status__in=FINISHED, merged_into__isnull=True)
        .exclude(pk=snag.pk)
        .order_by()
        .values_list("pk", flat=True)[:CANDIDATES]
    )
    if not (ids := list(found)):
        return []
    rows = Snag.objects.filter(pk__in=ids).select_related("owner")
    rows = rows.only("title", "resolved_at", "resolution", "owner__name")
    return list(rows.order_by("-resolved_at", "-pk")[:SIMILAR])


def reader_of(
    user: User, snag: Snag, handovers: list[Handover] | None = None
) -> Reader:
    """What this person is to this snag."""
    if handovers is None:
        handovers = _handovers(user, snag)
    internal = access_of(user).is_internal
    holds_ball = permissions.speaks_for_supplier(user, snag)
    return Reader(
        works=permissions.can_work_on(user, snag),
        internal=internal,
        reporter=permissions.is_reporter(user, snag),
        supplier=permissions.is_outside_supplier(user, snag),
        may_edit=permissions.can_edit_text(user, snag),
        may_answer=permissions.can_answer(user, snag),
        knows_holder=permissions.knows_holder(user, snag),
        audiences=_audiences(
            internal=internal, involved=bool(handovers), holds_ball=holds_ball
        ),
    )


def _audiences(
    *, internal: bool, involved: bool, holds_ball: bool
) -> list[tuple[str, str]]:
    """To whom this reader may write, the usual one first."""
    reply = (str(Audience.EVERYONE), "Reply")
    if internal:
        supplier = [(str(Audience.SUPPLIER), "To supplier")] if involved else []
        return [reply, (str(Audience.INTERNAL), "Internal note"), *supplier]
    if holds_ball:
        return [
            (str(Audience.SUPPLIER), "To support"),
            (str(Audience.EVERYONE), "To everyone"),
        ]
    return [reply]


def _handovers(user: User, snag: Snag) -> list[Handover]:
    """Who had the ball; a supplier sees its own turns, a reporter none."""
    rows = Handover.objects.filter(snag=snag).select_related("supplier")
    access = access_of(user)
    if not access.is_internal:
        rows = rows.filter(supplier_id__in=access.supplier_ids)
    return list(rows.order_by("-from_at", "-pk")[:20])


def _is_accepted(handovers: list[Handover]) -> bool:
    """Has whoever has the ball said so?"""
    return any(row.acknowledged_at for row in handovers if row.to_at is None)


def _efforts(snag: Snag) -> EffortList:
    rows = Effort.objects.filter(snag=snag).select_related("person")
    shown = list(rows.order_by("-spent_on", "-pk")[:EFFORTS])
    total = (
        rows.order_by().aggregate(total=Sum("minutes"))["total"]
        if len(shown) == EFFORTS
        else sum(row.minutes for row in shown)
    )
    return EffortList(shown, worked(60 * (total or 0)))


def _duplicates(user: User, snag: Snag) -> list[Snag]:
    rows = Snag.objects.visible_to(user).filter(merged_into=snag)
    return list(rows.only("title").order_by("pk")[:DUPLICATES])


def _duty_day(duty: object, now: datetime) -> str:
    due = getattr(duty, "due_at", None)
    if due is None:
        return ""
    return day(timezone.localdate(due), timezone.localdate(now))
