"""A page of the worklist as it is read: every cell a finished string.

Formatting fifty rows in a template costs more than finding them, so it happens here,
once per row, and the template only places the strings.
"""

from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from itertools import groupby
from typing import Any

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import OuterRef, Q
from django.db.models.functions import JSONObject
from django.urls import reverse
from django.utils.html import escape, format_html
from django.utils.safestring import SafeString, mark_safe

from environments.models import Environment
from opsdesk.accounts.models import User
from opsdesk.core import markup
from opsdesk.core.wording import Deadline, ago, minutes, span
from sla.clocks import Interval, Terms, read
from sla.queries import load
from sla.walltime import seconds_of
from snags.models import Clock, Pause, Snag
from snags.moves import Status
from snags.queries.worklist import PAGE, Asked, Cursor, Order, fetch, key_of

COLUMNS = (
    "pk",
    "title",
    "priority",
    "status",
    "waiting_for",
    "next_due_at",
    "at_risk_from",
    "updated_at",
    "comment_count",
    "environment__kind",
    "module__name",
    "handed_to__name",
    "owner_id",
    "owner__name",
)
# Clock state -> heading and icon, in the order people want to see them.
STATES = {
    "breached": ("Breached", "octagon-alert"),
    "risk": ("At risk", "alarm-clock"),
    "ok": ("On track", "clock"),
    "paused": ("Clock paused", "pause"),
    "none": ("No clock", "circle-dot"),
    "done": ("Finished", "check-check"),
}
# Placed by a format, not a template: six hundred cells are most of a page's cost.
_PICK = (
    '<label class="picklab"><span class="sr">Select SN-{pk}</span>'
    '<input type="checkbox" class="pick" name="ids" value="{pk}"></label>'
)
_LINE = (
    '{prio}<span class="ref">SN-{pk}</span>'
    '<span class="ttl"><a href="{url}">{title}</a>'
    '<span class="meta">{meta}</span></span>'
    '{status}<span class="slot">{clock}</span><span class="who">{who}</span>'
    '<span class="upd"><span class="sr">Updated </span>{updated}</span>'
)
PRIORITIES = {1: "P1 Critical", 2: "P2 High", 3: "P3 Medium", 4: "P4 Low"}


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the list, its cells as finished markup in `line`."""

    pk: int
    title: str
    pick: SafeString
    line: SafeString
    clock: SafeString
    state: str
    priority: int
    place: str


@dataclass(frozen=True)
class Group:
    """Rows under one heading; `count` says "50+" when the next page goes on."""

    name: str
    label: str
    icon: str
    rows: list[Row]
    count: str


@dataclass(frozen=True)
class Page:
    """What one page shows, and the cursors of its neighbours ("" where it ends)."""

    groups: list[Group]
    newer: str
    older: str
    ids: list[int]


@dataclass(frozen=True, slots=True)
class Running:
    """A live clock, as far as a line of the list needs it."""

    kind: str
    state: str
    due_at: datetime | None
    started_at: datetime
    seconds: int | None
    days: int | None
    timeline: list[Any]
    is_pausable: bool
    pauses: list[dict[str, Any]]


def page_of(user: User, asked: Asked, now: datetime) -> Page:
    """Fifty rows, and whether there are more either way: one row more is read."""
    found = fetch(user, asked, now, COLUMNS, PAGE + 1)
    more, found = len(found) > PAGE, found[:PAGE]
    cursor = asked.cursor
    if cursor and cursor.backwards:
        found.reverse()
        has_newer, has_older = more, True
    else:
        has_newer, has_older = cursor is not None, more
    rows = _rows(found, asked.order, now)
    return Page(
        groups=_groups(rows, asked.order, whole=_whole(rows, cursor, more=has_older)),
        newer=f"b.{rows[0].place}" if rows and has_newer else "",
        older=f"a.{rows[-1].place}" if rows and has_older else "",
        ids=[row.pk for row in rows],
    )


def cursor_of(text: str) -> Cursor | None:
    """A cursor from an address; None when it is not one of ours."""
    side, _, rest = text.partition(".")
    key, _, pk = rest.partition(".")
    if side not in {"a", "b"} or not _is_number(pk):
        return None
    if key in {"-", "n"}:
        return Cursor(side == "b", None, int(pk))
    return Cursor(side == "b", int(key), int(pk)) if _is_number(key) else None


def _is_number(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) <= 16


def _rows(found: list[tuple[Any, ...]], order: Order, now: datetime) -> list[Row]:
    clocks = _clocks([row[0] for row in found if row[3] in OPEN_STATES])
    return [_row(values, clocks.get(values[0], []), order, now) for values in found]


OPEN_STATES = frozenset({"new", "triaged", "in_progress", "waiting"})


def _row(
    values: tuple[Any, ...], clocks: list[Running], order: Order, now: datetime
) -> Row:
    (pk, title, priority, status, waiting_for, due, risk, updated, comments) = values[
        :9
    ]
    kind, module, supplier, owner_id, owner = values[9:14]
    state = _state(status, due, risk, now)
    place = {"next_due_at": due, "priority": priority, "updated_at": updated}
    clock = _pill(state, due, clocks, now)
    line = _LINE.format(
        pk=pk,
        url=_url(pk),
        title=escape(title),
        prio=_prio(priority),
        meta=_meta(comments, supplier or "", module or "", _elsewhere(kind)),
        status=_status(status, waiting_for),
        clock=clock,
        who=_avatar(owner_id, owner),
        updated=ago(updated, now),
    )
    return Row(
        pk=pk,
        title=title,
        pick=mark_safe(_PICK.format(pk=pk)),  # noqa: S308 - a number
        line=mark_safe(line),  # noqa: S308 - every cell is escaped where it is made
        clock=clock,
        state=state,
        priority=priority,
        place=key_of(order, values, place.get(order.column), pk),
    )


def _state(
    status: str, due: datetime | None, risk: datetime | None, now: datetime
) -> str:
    """As Snag.sla_state says it, and finished ones apart."""
    if status not in OPEN_STATES:
        return "done"
    if due is None:
        return "paused" if status == Status.WAITING else "none"
    if due < now:
        return "breached"
    return "risk" if risk and risk <= now else "ok"


def _whole(rows: list[Row], cursor: Cursor | None, *, more: bool) -> set[str]:
    """The groups of which nothing is on another page."""
    if cursor is None and not more:
        return {*STATES, *(f"p{level}" for level in PRIORITIES)}
    # Sorted by due, what is late comes first: it has ended where another state begins.
    late_ends_here = cursor is None and rows and rows[-1].state != "breached"
    return {"breached"} if late_ends_here else set()


def _groups(rows: list[Row], order: Order, *, whole: set[str]) -> list[Group]:
    """Rows by clock state when sorted by due, by priority when by priority."""
    if order.column == "next_due_at":
        ranks = {state: rank for rank, state in enumerate(STATES)}
        rows = sorted(rows, key=lambda row: ranks[row.state])
        parts = [
            (state, *STATES[state], list(part))
            for state, part in groupby(rows, key=lambda row: row.state)
        ]
    elif order.column == "priority":
        parts = [
            (f"p{level}", PRIORITIES[level], f"p{level}", list(part))
            for level, part in groupby(rows, key=lambda row: row.priority)
        ]
    else:
        return [Group("", "", "", rows, "")] if rows else []
    return [
        Group(name, label, icon, part, f"{len(part)}{'' if name in whole else '+'}")
        for name, label, icon, part in parts
    ]


def _clocks(pks: list[int]) -> dict[int, list[Running]]:
    """The live clocks of the page's open rows, in one query, pauses and all."""
    waits = Pause.objects.filter(snag=OuterRef("snag_id")).order_by("from_at", "pk")
    rows = (
        Clock.objects.filter(snag_id__in=pks, state__in=["running", "paused"])
        .order_by("snag_id", "pk")
        .values_list(
            "snag_id",
            "kind",
            "state",
            "due_at",
            "started_at",
            "target_seconds",
            "target_days",
            "timeline",
            "is_pausable",
            ArraySubquery(
                waits.filter(Q(to_at__isnull=False) | Q(snag__status="waiting")).values(
                    wait=JSONObject(start="from_at", end="to_at")
                )
            ),
        )
    )
    clocks: dict[int, list[Running]] = {}
    for pk, *facts in rows:
        clocks.setdefault(pk, []).append(Running(*facts))
    return clocks


def _pill(
    state: str, due: datetime | None, clocks: list[Running], now: datetime
) -> SafeString:
    """What is left of the promise that ends first; nothing once all is finished."""
    if state == "done":
        return SafeString()
    if due is None:
        return markup.sla(_paused(clocks, now))
    return markup.sla(_running(state, due, clocks, now))


def _running(
    state: str, due: datetime, clocks: list[Running], now: datetime
) -> Deadline:
    clock = next((clock for clock in clocks if clock.due_at == due), None)
    used = 100 if state == "breached" or clock is None else _used(clock, due, now)
    text = span((due - now).total_seconds())
    return Deadline(state, text, used, due)  # type: ignore[arg-type]


def _paused(clocks: list[Running], now: datetime) -> Deadline | None:
    held = [_remaining(clock, now) for clock in clocks if clock.state == "paused"]
    if not held:
        return None
    left, used = min(held)
    return Deadline("paused", minutes(left / 60), used)


def _used(clock: Running, due: datetime, now: datetime) -> int:
    """The share of a promise that has run, in the hours that count."""
    if clock.seconds is None:
        whole = (due - clock.started_at).total_seconds()
        left = (due - now).total_seconds()
    else:
        whole = clock.seconds
        left = load(clock.timeline).elapsed_s(seconds_of(now), seconds_of(due))
    return max(4, min(100, round(100 - 100 * left / whole))) if whole > 0 else 100


def _remaining(clock: Running, now: datetime) -> tuple[int, int]:
    """Seconds left of a paused clock, and the share used before the pause."""
    terms = Terms(
        start=clock.started_at,
        seconds=clock.seconds,
        business_days=clock.days,
        calendar=load(clock.timeline),
        pauses=_intervals(clock.pauses) if clock.is_pausable else (),
        stopped_at=None,
        levels=(),
    )
    reading = read(terms, now)
    left, used = max(0, reading.remaining_seconds), reading.elapsed_seconds
    return left, max(4, round(100 * used / (used + left))) if used + left else 100


def _intervals(waits: list[dict[str, Any]]) -> tuple[Interval, ...]:
    return tuple(
        (
            datetime.fromisoformat(wait["start"]),
            datetime.fromisoformat(wait["end"]) if wait["end"] else None,
        )
        for wait in waits
    )


@lru_cache(maxsize=1)
def _pattern() -> str:
    """The address of a snag with its number left out: reversed once, not per row."""
    return reverse("snags:detail", args=[0]).replace("/0/", "/{}/")


def _url(pk: int) -> str:
    return _pattern().format(pk)


@lru_cache(maxsize=8)
def _prio(priority: int) -> SafeString:
    return markup.prio(priority)


@lru_cache(maxsize=32)
def _status(status: str, waiting_for: str) -> SafeString:
    label = Snag.WaitingFor(waiting_for).label if waiting_for else Status(status).label
    return markup.status(status, str(label))


@lru_cache(maxsize=4096)
def _meta(comments: int, supplier: str, module: str, environment: str) -> SafeString:
    """Talk, supplier, module and unusual environment, in that order."""
    parts = [
        _tag(supplier, "building-2"),
        _tag(module),
        _tag(environment, "server", "keep"),
    ]
    if comments:
        parts.insert(
            0,
            format_html(
                '<span class="cc">{}{}<span class="sr"> comments</span></span>',
                markup.icon("message-square"),
                comments,
            ),
        )
    return mark_safe("".join(part for part in parts if part))  # noqa: S308 - escaped above


def _tag(text: str, sign: str = "", extra: str = "") -> SafeString:
    if not text:
        return SafeString()
    icon = markup.icon(sign) if sign else ""
    return format_html('<span class="tag {}">{}{}</span>', extra, icon, text)


@lru_cache(maxsize=2048)
def _avatar(pk: int | None, name: str | None) -> SafeString:
    return markup.avatar(User(pk=pk, name=name) if pk and name else None)


@lru_cache(maxsize=8)
def _elsewhere(kind: str) -> str:
    """Where it was seen, unless that is where everything is: production."""
    if kind == Environment.Kind.PRODUCTION:
        return ""
    return str(Environment.Kind(kind).label)
