"""What the filters of the worklist offer: values, their names and capped counts.

Counted in one statement over the first so many rows of the view; of a search, over the
page it found. Where there are more rows than that the counts are shown as "at least".
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from django.db import connection
from django.db.models import Case, CharField, Q, QuerySet, Value, When

from opsdesk.accounts.models import User
from snags.models import Snag
from snags.moves import Status
from snags.queries.worklist import (
    CLOCK_STATES,
    COLUMNS,
    NOBODY,
    NOTHING,
    Asked,
    branches,
    together,
)
from snags.queries.worklist_rows import STATES, Page

COUNTED_ROWS = 300
# What matches words is looked for row by row: without a filter, fewer are enough.
MATCHED_ROWS = 100
SHOWN = 40
FIXED: dict[str, dict[str, str]] = {
    "status": {value: str(label) for value, label in Status.choices},
    "priority": {"1": "Critical", "2": "High", "3": "Medium", "4": "Low"},
    "kind": {value: str(label) for value, label in Snag.Kind.choices},
    "cause": {value: str(label) for value, label in Snag.Cause.choices},
    "clock": {name: STATES[name][0] for name in CLOCK_STATES},
}
LABELS = {
    "status": "Status",
    "priority": "Priority",
    "environment": "Environment",
    "module": "Module",
    "owner": "Owner",
    "team": "Team",
    "department": "Department",
    "supplier": "With supplier",
    "kind": "Kind",
    "cause": "Cause",
    "process": "Process",
    "snaglist": "Snaglist",
    "clock": "Clock",
}
# Behind one button of its own each; the others share one.
MAIN = ("status", "priority", "environment", "module", "owner")
# Facets whose absence can be asked for.
OPTIONAL = frozenset({"owner", "team"})
_TABLES = {
    "environment": "environments_environment",
    "module": "environments_module",
    "owner": "accounts_user",
    "team": "accounts_party",
    "department": "accounts_party",
    "supplier": "accounts_party",
    "process": "snags_businessprocess",
    "snaglist": "snags_snaglist",
}
# Who is not here any more is said beside the name.
_NAMES = {
    "owner": "name || CASE WHEN is_active THEN '' ELSE ' (left)' END",
    "supplier": "name || CASE WHEN is_active THEN '' ELSE ' (left)' END",
}


@dataclass(frozen=True)
class Option:
    value: str
    label: str
    count: str
    is_chosen: bool


@dataclass(frozen=True)
class Facet:
    name: str
    label: str
    options: list[Option]

    @property
    def is_main(self) -> bool:
        return self.name in MAIN

    @property
    def is_on(self) -> bool:
        return any(option.is_chosen for option in self.options)


def facets_of(user: User, asked: Asked, now: datetime, page: Page) -> list[Facet]:
    """Every facet with its values; a chosen one counts as if it were not chosen.

    The page is the one being shown: what a search found is not looked for again.
    """
    counted = _counts(user, asked, now, page)
    return [
        Facet(name, LABELS[name], _options(name, counted.get(name, {}), asked))
        for name in COLUMNS
    ]


def _options(
    name: str, found: dict[str, tuple[str, str]], asked: Asked
) -> list[Option]:
    chosen = asked.facets.get(name, ())
    names = FIXED.get(name)
    if names is not None:
        values = [value for value in names if value in found or value in chosen]
    else:
        values = sorted(found, key=lambda value: found[value][0].casefold())
    return [
        Option(
            value,
            names[value] if names else found[value][0],
            found.get(value, ("", ""))[1],
            value in chosen,
        )
        for value in values[:SHOWN]
    ]


def _counts(
    user: User, asked: Asked, now: datetime, page: Page
) -> dict[str, dict[str, tuple[str, str]]]:
    """Facet -> value -> (its name, its count)."""
    text, values = _statement(user, asked, now, page)
    counted: dict[str, dict[str, tuple[str, str]]] = {}
    with connection.cursor() as cursor:
        cursor.execute(text, values)
        for facet, value, name, count, is_all in cursor.fetchall():
            if name is None:
                continue
            label = "" if count == 0 else f"{count}" if is_all else f"{count}+"
            shown = "100+" if count >= 100 else label
            counted.setdefault(facet, {})[value] = (name, shown)
    return counted


# ruff: noqa: S608 - the texts below are compiled by the ORM or constants of this module.
def _statement(
    user: User, asked: Asked, now: datetime, page: Page
) -> tuple[str, list[Any]]:
    chosen = [name for name in COLUMNS if asked.facets.get(name)]
    texts, values = list[str](), list[Any]()
    for names, rows, most in _counted(user, asked, now, page, chosen):
        text, given = _head(rows, asked, now, most)
        texts.append(_unpivoted(text, names, most))
        values += given
    picked = [(name, value) for name in chosen for value in asked.facets[name]]
    if picked:
        pairs = ", ".join(["(%s, %s, 0, true)"] * len(picked))
        texts.append(f"(VALUES {pairs})")
        values += [part for pair in picked for part in pair]
    union = " UNION ALL ".join(texts)
    return (
        f"SELECT facet, value, {_naming()}, sum(n)::int, bool_and(is_all)"
        f" FROM ({union}) f(facet, value, n, is_all) GROUP BY facet, value",
        values,
    )


def _counted(
    user: User, asked: Asked, now: datetime, page: Page, chosen: list[str]
) -> Iterator[tuple[list[str], list[QuerySet[Snag]], int]]:
    """Facets, the rows they are counted over, and how many of those are too many."""
    others = [name for name in COLUMNS if name not in chosen]
    most = MATCHED_ROWS if asked.text else COUNTED_ROWS
    first = replace(asked, cursor=None)
    if asked.text and asked.cursor is None:
        found = Q(pk__in=page.ids) if page.ids else NOTHING
        yield others, [Snag.objects.filter(found)], len(page.ids) + (not page.older)
    else:
        yield others, branches(user, first, now), most
    for name in chosen:
        yield [name], branches(user, first, now, without=name), most


def _head(
    found: list[QuerySet[Snag]], asked: Asked, now: datetime, most: int
) -> tuple[str, list[Any]]:
    state = Case(
        *(When(holds(now), Value(name)) for name, holds in CLOCK_STATES.items()),
        default=Value(NOBODY),
        output_field=CharField(),
    )
    columns = [column for column in COLUMNS.values() if column]
    rows = [part.annotate(state=state) for part in found]
    return together(rows, asked.order, ("pk", *columns, "state"), most)


def _unpivoted(rows: str, names: list[str], most: int) -> str:
    """One line per facet and value of the rows, with how many rows have it."""
    named = ", ".join(["id", *COLUMNS])
    pairs = ", ".join(f"('{name}', {_as_text(name)})" for name in names)
    return (
        f"(SELECT facet, value, count(*)::int, max(total) < {most}"
        f" FROM (SELECT *, count(*) OVER () AS total FROM ({rows}) r({named})) c"
        f" CROSS JOIN LATERAL (VALUES {pairs}) v(facet, value)"
        " WHERE value <> '' GROUP BY facet, value)"
    )


def _as_text(name: str) -> str:
    if name in OPTIONAL:
        return f"coalesce({name}::text, '{NOBODY}')"
    return f"{name}::text"


def _naming() -> str:
    """The name of a row's value, looked up only for the few values there are."""
    cases = " ".join(
        f"WHEN '{name}' THEN (SELECT {_NAMES.get(name, 'name')} FROM {table}"
        " WHERE id = value::bigint)"
        for name, table in _TABLES.items()
    )
    return (
        f"CASE WHEN value = '{NOBODY}' AND facet IN ('owner', 'team') THEN 'Nobody'"
        f" ELSE CASE facet {cases} ELSE value END END"
    )
