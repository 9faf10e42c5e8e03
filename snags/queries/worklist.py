"""The worklist: which rows, in which order, a page at a time however many there are.

A page is found by where the last one ended, never by counting rows from the start, and
every count stops at a cap; so a page costs the same at a thousand snags and a million.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import product
from typing import Any

from django.db.models import BooleanField, F, Func, OrderBy, Q, QuerySet, Value

from opsdesk.accounts.models import User
from snags.models import Snag
from snags.models.snag import visible_parts
from snags.moves import OPEN, Status
from snags.queries.searching import matching

PAGE = 50
NOBODY = "none"
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True)
class Order:
    """How rows are sorted: one column, then the number, all of it in one index."""

    name: str
    label: str
    column: str
    descending: bool = False

    @property
    def is_number(self) -> bool:
        return self.column == "pk"

    @property
    def has_gaps(self) -> bool:
        """May the column be empty? Such rows come last."""
        return self.column == "next_due_at"

    def by(self, *, backwards: bool = False) -> list[OrderBy]:
        down = self.descending != backwards
        key = F("pk").desc() if down else F("pk").asc()
        if self.is_number:
            return [key]
        if not self.has_gaps:
            return [F(self.column).desc() if down else F(self.column).asc(), key]
        if backwards:
            return [F(self.column).desc(nulls_first=True), key]
        return [F(self.column).asc(nulls_last=True), key]


ORDERS = {
    order.name: order
    for order in (
        Order("due", "Next due", "next_due_at"),
        Order("newest", "Newest", "pk", descending=True),
        Order("oldest", "Oldest", "pk"),
        Order("priority", "Priority", "priority"),
        Order("changed", "Last change", "updated_at", descending=True),
    )
}


@dataclass(frozen=True)
class Cursor:
    """Where a page begins: after a row, or before one when paging back."""

    backwards: bool
    key: int | None
    pk: int


@dataclass(frozen=True)
class Asked:
    """What the worklist was asked for; everything in it has been checked."""

    view: str = "open"
    text: str = ""
    sort: str = ""
    facets: dict[str, tuple[str, ...]] = field(default_factory=dict)
    cursor: Cursor | None = None

    @property
    def order(self) -> Order:
        return ORDERS[self.sort or VIEWS[self.view].sort]


@dataclass(frozen=True)
class View:
    """A tab: its rows as one or more parts that an index finds.

    The states it shows are one condition, said once: PostgreSQL would take two for
    independent of each other and expect too few rows. None named means every state.
    """

    name: str
    label: str
    parts: Callable[[User, datetime], list[Q]]
    statuses: tuple[Status, ...] = OPEN
    sort: str = "due"
    empty: tuple[str, str] = ("Nothing here", "No open snag matches this view.")

    @property
    def is_open(self) -> bool:
        return bool(self.statuses)

    @property
    def orders(self) -> list[Order]:
        """The orders an index finds: finished snags are many and go by number."""
        every = list(ORDERS.values())
        return every if self.is_open else [o for o in every if o.is_number]


def _late_or_soon(_user: User, now: datetime) -> list[Q]:
    return [
        Q(next_due_at__lt=now),
        Q(next_due_at__gte=now, at_risk_from__lte=now),
    ]


VIEWS = {
    view.name: view
    for view in (
        View("open", "All open", lambda _user, _now: [Q()]),
        View(
            "mine",
            "My queue",
            lambda user, _now: [Q(owner=user)],
            empty=("Your queue is empty", "Nothing open is yours."),
        ),
        View(
            "hot",
            "Breached or at risk",
            _late_or_soon,
            empty=("Nothing is late", "Every promise is on track."),
        ),
        View(
            "waiting",
            "Waiting",
            lambda _user, _now: [Q()],
            statuses=(Status.WAITING,),
            empty=("Nothing waits", "No open snag waits for anybody."),
        ),
        View(
            "new",
            "New",
            lambda _user, _now: [Q()],
            statuses=(Status.NEW,),
            empty=("Nothing new", "What comes in appears here until it is triaged."),
        ),
        View(
            "all",
            "Finished too",
            lambda _user, _now: [Q()],
            statuses=(),
            sort="newest",
            empty=("Nothing here", "No snag matches this view."),
        ),
    )
}
CLOCK_STATES: dict[str, Callable[[datetime], Q]] = {
    "breached": lambda now: Q(next_due_at__lt=now),
    "risk": lambda now: Q(next_due_at__gte=now, at_risk_from__lte=now),
    "ok": lambda now: (
        Q(next_due_at__gte=now)
        & (Q(at_risk_from__isnull=True) | Q(at_risk_from__gt=now))
    ),
    "paused": lambda _now: Q(next_due_at__isnull=True, status=Status.WAITING),
    "none": lambda _now: Q(next_due_at__isnull=True) & ~Q(status=Status.WAITING),
}
NOTHING = Q(pk__lt=0)
# Facet -> the column it narrows; the clock's state is worked out instead.
COLUMNS = {
    "status": "status",
    "priority": "priority",
    "environment": "environment_id",
    "module": "module_id",
    "owner": "owner_id",
    "team": "team_id",
    "department": "department_id",
    "supplier": "handed_to_id",
    "kind": "kind",
    "cause": "cause",
    "process": "process_id",
    "snaglist": "snaglist_id",
    "clock": "",
}


def narrowed(asked: Asked, now: datetime, *, without: str = "") -> Q:
    """The chosen facets as one condition, one of them left out if it is named."""
    chosen = () if without == "status" else asked.facets.get("status", ())
    wanted = _in_states(VIEWS[asked.view].statuses, chosen)
    for name, values in asked.facets.items():
        if name not in {without, "status"} and values:
            wanted &= _one_of(name, values, now)
    return wanted


def branches(
    user: User, asked: Asked, now: datetime, *, without: str = ""
) -> list[QuerySet[Snag]]:
    """The rows asked for, in parts; a row may be in two of them.

    A number finds its snag whatever the view and the filters are.
    """
    view, found = VIEWS[asked.view], matching(asked.text)
    if found is not None and found.is_exact:
        wanted, view_parts = found.condition, [Q()]
    else:
        wanted = narrowed(asked, now, without=without)
        view_parts = view.parts(user, now)
    parts = visible_parts(user, found.words if found else None)
    rows = Snag.objects.filter(wanted)
    return [
        rows.filter(seen, part)
        for seen, part in product([Q()] if parts is None else parts, view_parts)
    ]


def first_of(
    found: list[QuerySet[Snag]], order: Order, limit: int, *, backwards: bool = False
) -> QuerySet[Snag]:
    """The first rows of all parts together, each part read in its own order."""
    by = order.by(backwards=backwards)
    if len(found) == 1:
        return found[0].order_by(*by)[:limit]
    heads = [part.order_by(*by)[:limit].values("pk") for part in found]
    return Snag.objects.filter(pk__in=heads[0].union(*heads[1:])).order_by(*by)[:limit]


def together(
    found: Sequence[QuerySet[Any, Any]],
    order: Order,
    columns: tuple[Any, ...],
    limit: int,
) -> tuple[str, list[Any]]:
    """So many rows of all parts as a text of SQL, each row once.

    For counting, so only a view in one part is read in its order. Columns must begin
    with the number.
    """
    by = order.by() if len(found) == 1 else []
    heads = [part.order_by(*by).values_list(*columns)[:limit] for part in found]
    compiled = [head.query.sql_with_params() for head in heads]
    text = " UNION ".join(f"({text})" for text, _ in compiled)
    values = [value for _, given in compiled for value in given]
    return (f"{text} LIMIT {limit}" if len(heads) > 1 else text), values


def fetch(
    user: User, asked: Asked, now: datetime, columns: tuple[str, ...], limit: int
) -> list[tuple[Any, ...]]:
    """The rows from the cursor on, as tuples, in reading order or backwards from it."""
    order, cursor, rows = asked.order, asked.cursor, list[tuple[Any, ...]]()
    found = branches(user, asked, now)
    for stretch in _stretches(order, cursor):
        if len(rows) < limit:
            parts = [part.filter(stretch) for part in found]
            head = first_of(
                parts,
                order,
                limit - len(rows),
                backwards=bool(cursor and cursor.backwards),
            )
            rows += head.values_list(*columns)
    return rows


def exported(
    user: User, asked: Asked, now: datetime, columns: tuple[str, ...], limit: int
) -> Iterator[tuple[Any, ...]]:
    """The first rows of everything asked for, read in one go for a file."""
    head = first_of(branches(user, asked, now), asked.order, limit)
    return head.values_list(*columns).iterator(chunk_size=1_000)


def key_of(order: Order, row: Snag | tuple[Any, ...], value: Any, pk: int) -> str:
    """A row's place in an order, as an address can carry it."""
    if order.is_number:
        return f"-.{pk}"
    if value is None:
        return f"n.{pk}"
    if isinstance(value, datetime):
        value = (value - EPOCH) // timedelta(microseconds=1)
    return f"{value}.{pk}"


def _in_states(shown: tuple[Status, ...], chosen: tuple[str, ...]) -> Q:
    if not chosen:
        return Q(status__in=[str(state) for state in shown]) if shown else Q()
    both = [state for state in chosen if not shown or state in shown]
    return Q(status__in=both) if both else NOTHING


def _one_of(name: str, values: tuple[str, ...], now: datetime) -> Q:
    if name == "clock":
        states = [CLOCK_STATES[value](now) for value in values]
        wanted = states[0]
        for state in states[1:]:
            wanted |= state
        return wanted
    column = COLUMNS[name]
    named = [value for value in values if value != NOBODY]
    wanted = Q(**{f"{column}__in": named}) if named else NOTHING
    return wanted | Q(**{f"{column}__isnull": True}) if NOBODY in values else wanted


def _stretches(order: Order, cursor: Cursor | None) -> list[Q]:
    """What is left of the order from the cursor on, each stretch found in an index."""
    if cursor is None:
        return [Q()]
    down = order.descending != cursor.backwards
    number = Q(pk__lt=cursor.pk) if down else Q(pk__gt=cursor.pk)
    if order.is_number:
        return [number]
    empty = Q(**{f"{order.column}__isnull": True})
    if cursor.key is None:
        return [empty & number, ~empty] if cursor.backwards else [empty & number]
    beyond = Q(_beyond(order, cursor.key, cursor.pk, down=down))
    if order.has_gaps and not cursor.backwards:
        return [beyond, empty]
    return [beyond]


def _beyond(order: Order, key: int, pk: int, *, down: bool) -> Func:
    """(column, id) > (key, number) as one comparison, which an index can follow."""
    value: Any = key
    if order.column != "priority":
        value = EPOCH + timedelta(microseconds=key)
    return Func(
        Func(F(order.column), F("pk"), function="ROW"),
        Func(Value(value), Value(pk), function="ROW"),
        template="%(expressions)s",
        arg_joiner=" < " if down else " > ",
        output_field=BooleanField(),
    )
