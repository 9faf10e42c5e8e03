"""One feed of what was said and what was done, as one person may read it."""

from collections import defaultdict
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal

from django.db.models import F, IntegerField, Max, Q, QuerySet, Value

from opsdesk.accounts.access import access_of
from opsdesk.accounts.models import Party, User
from opsdesk.core.wording import moment
from snags.models import Snag, SnagAttachment, SnagComment, SnagEvent
from snags.models.reach import within_reach
from snags.permissions import is_outside_supplier
from snags.wording import Sentence, sentence, verbs_hidden_from

PAGE = 200
DEEPEST = 50
Show = Literal["all", "talk", "history"]
SHOWS: dict[str, str] = {"all": "All", "talk": "Conversation", "history": "History"}
EVENT, COMMENT = 0, 1
SUPPLIER_VERBS = ("handed_over", "handed_back", "accepted")


@dataclass(frozen=True)
class Entry:
    """One line of the feed: something said, or something done."""

    key: str
    who: User | None
    at: datetime
    when: str
    is_new: bool = False
    # said
    body: str = ""
    audience: str = ""
    files: list[SnagAttachment] = field(default_factory=list)
    # done
    told: Sentence | None = None

    @property
    def css(self) -> str:
        """How a message is set apart from a reply."""
        return self.audience if self.audience in {"internal", "supplier"} else ""


@dataclass(frozen=True)
class Feed:
    entries: list[Entry]
    show: str
    page: int
    has_older: bool
    seen: str

    @property
    def older(self) -> int:
        return self.page + 1

    @property
    def newer(self) -> int:
        return self.page - 1


def feed_of(
    user: User, snag: Snag, *, show: str, page: int, now: datetime, seen: str = ""
) -> Feed:
    """A page of the feed, oldest first; page 1 holds the newest entries."""
    keys = _keys(user, snag, show, page)
    is_all = (show, page) == ("all", 1) and len(keys) <= PAGE
    seen_now = _newest(keys) if is_all else stamp(user, snag)
    older, keys = len(keys) > PAGE, keys[:PAGE][::-1]
    events = _events(snag, [pk for kind, pk in keys if kind == EVENT])
    said = _comments(snag, [pk for kind, pk in keys if kind == COMMENT])
    files = _files(said)
    marks = marks_of(seen)
    entries = [
        _told(events[pk], now, marks)
        if kind == EVENT
        else _said(said[pk], files[pk], now, marks)
        for kind, pk in keys
    ]
    return Feed(entries, show, page, older and page < DEEPEST, seen_now)


def stamp(user: User, snag: Snag) -> str:
    """The newest event and comment this person may read, as "event-comment"."""
    last_event = events_for(user, snag).order_by().aggregate(last=Max("pk"))["last"]
    last_said = comments_for(user, snag).order_by().aggregate(last=Max("pk"))["last"]
    return f"{last_event or 0}-{last_said or 0}"


def _newest(keys: list[tuple[int, int]]) -> str:
    """The same, of a feed that is read whole."""
    last = {EVENT: 0, COMMENT: 0}
    for kind, pk in keys:
        last[kind] = max(last[kind], pk)
    return f"{last[EVENT]}-{last[COMMENT]}"


def marks_of(seen: str) -> tuple[int, int] | None:
    """A stamp read back; None for anything else."""
    first, dash, second = seen.partition("-")
    if not dash or not all(
        part.isdecimal() and len(part) < 19 for part in (first, second)
    ):
        return None
    return int(first), int(second)


def new_since(user: User, snag: Snag, seen: str) -> int:
    """How many entries this person has not been shown yet."""
    marks = marks_of(seen)
    if marks is None:
        return 0
    return (
        events_for(user, snag).filter(pk__gt=marks[0]).count()
        + comments_for(user, snag).filter(pk__gt=marks[1]).count()
    )


def events_for(user: User, snag: Snag) -> QuerySet[SnagEvent]:
    """The events a person may read: outsiders see less, suppliers no other supplier.

    A supplier reads its own turns, and the rest as far as it reaches.
    """
    rows = SnagEvent.objects.filter(snag=snag)
    access = access_of(user)
    if access.is_internal:
        return rows
    who = "supplier" if is_outside_supplier(user, snag) else "reporter"
    rows = rows.exclude(verb__in=verbs_hidden_from(who))
    if who == "supplier":
        own = set(_supplier_names(user))
        in_reach = within_reach(user, happened=("at",), recorded="recorded_at")
        rows = rows.filter(
            ~Q(verb__in=SUPPLIER_VERBS) & in_reach
            | Q(verb__in=SUPPLIER_VERBS, params__supplier__in=own)
        )
    return rows


def comments_for(user: User, snag: Snag) -> QuerySet[SnagComment]:
    said: Any = SnagComment.objects.filter(snag=snag)
    return said.audible_to(user)  # type: ignore[no-any-return]


def files_for(user: User, snag: Snag) -> QuerySet[SnagAttachment]:
    files: Any = SnagAttachment.objects.filter(snag=snag)
    return files.audible_to(user)  # type: ignore[no-any-return]


def _keys(user: User, snag: Snag, show: str, page: int) -> list[tuple[int, int]]:
    """(kind, id) of one page and one more, newest first, in one statement."""
    said = _keyed(comments_for(user, snag), COMMENT)
    done = _keyed(events_for(user, snag), EVENT)
    rows: Any = {"talk": said, "history": done}.get(show)
    if rows is None:
        rows = said.union(done, all=True)
    start = (page - 1) * PAGE
    ordered = rows.order_by("-at", "-recorded_at", "-entry")
    return [(row["kind"], row["entry"]) for row in ordered[start : start + PAGE + 1]]


def _keyed(rows: QuerySet[Any], kind: int) -> QuerySet[Any]:
    marked = rows.order_by().annotate(
        kind=Value(kind, output_field=IntegerField()), entry=F("pk")
    )
    keyed: QuerySet[Any] = marked.values("kind", "entry", "at", "recorded_at")
    return keyed


def _events(snag: Snag, ids: list[int]) -> dict[int, SnagEvent]:
    rows = SnagEvent.objects.filter(snag=snag, pk__in=ids).select_related("actor")
    return {row.pk: row for row in rows.order_by("pk")}


def _comments(snag: Snag, ids: list[int]) -> dict[int, SnagComment]:
    rows = SnagComment.objects.filter(snag=snag, pk__in=ids)
    return {row.pk: row for row in rows.select_related("author").order_by("pk")}


def _files(said: dict[int, SnagComment]) -> dict[int, list[SnagAttachment]]:
    found: dict[int, list[SnagAttachment]] = defaultdict(list)
    rows = SnagAttachment.objects.filter(comment__in=list(said))
    for row in rows.order_by("pk"):
        if row.comment_id:
            found[row.comment_id].append(row)
    return found


def _told(event: SnagEvent, now: datetime, marks: tuple[int, int] | None) -> Entry:
    return Entry(
        key=f"e{event.pk}",
        who=event.actor,
        at=event.at,
        when=moment(event.at, now),
        is_new=bool(marks and event.pk > marks[0]),
        told=sentence(event.verb, event.params),
    )


def _said(
    comment: SnagComment,
    files: list[SnagAttachment],
    now: datetime,
    marks: tuple[int, int] | None,
) -> Entry:
    return Entry(
        key=f"c{comment.pk}",
        who=comment.author,
        at=comment.at,
        when=moment(comment.at, now),
        is_new=bool(marks and comment.pk > marks[1]),
        body=comment.body,
        audience=comment.audience,
        files=files,
    )


def _supplier_names(user: User) -> list[str]:
    ids = access_of(user).supplier_ids
    return list(
        Party.objects.filter(pk__in=ids).order_by("pk").values_list("name", flat=True)
    )
