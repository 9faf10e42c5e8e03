"""How many rows each tab of the worklist has, and how many changed meanwhile."""

from datetime import UTC, datetime
from typing import Any

from django.db import connection
from django.db.models import Q, QuerySet
from django.db.models.functions import Now

from opsdesk.accounts.models import User
from snags.models import Snag
from snags.models.snag import visible_parts
from snags.models.snag_rules import IS_OPEN
from snags.moves import Status
from snags.queries.worklist import ORDERS, Asked, branches, together

COUNT_CAP = 100
# Somebody limited to departments is counted over so many rows of theirs.
SCOPE_CAP = 500
COUNTED = ("open", "mine", "hot", "waiting", "new")
LATE = Q(next_due_at__lt=Now())
SOON = Q(at_risk_from__lte=Now(), next_due_at__isnull=False)


def tab_counts(user: User) -> tuple[datetime, dict[str, int]]:
    """The database's time, and how many rows each tab has, each up to the cap."""
    with connection.cursor() as cursor:
        cursor.execute(*_counting(user))
        now, *counts = cursor.fetchone()
    return now.astimezone(UTC), dict(zip(COUNTED, counts, strict=True))


def changed_since(
    user: User, asked: Asked, now: datetime, since: datetime, shown: list[int]
) -> int:
    """How many open snags of this view, or any on this page, changed since it was made.

    Times are whole seconds: what is on the page and carries the page's own second had
    changed before it was made.
    """
    recent = Q(updated_at__gte=since) & IS_OPEN
    parts = [
        part.filter(recent).exclude(updated_at=since, pk__in=shown)
        for part in branches(user, asked, now)
    ]
    parts.append(
        Snag.objects.visible_to(user).filter(pk__in=shown, updated_at__gt=since)
    )
    heads = [part.order_by().values("pk")[:COUNT_CAP] for part in parts]
    return heads[0].union(*heads[1:]).count()


def _counting(user: User) -> tuple[str, list[Any]]:
    parts = visible_parts(user)
    return _counting_all(user) if parts is None else _counting_some(user, parts)


# ruff: noqa: S608 - the texts below are compiled by the ORM, values apart from them.
_NOW = "date_trunc('second', clock_timestamp())"


def _counting_all(user: User) -> tuple[str, list[Any]]:
    """Each count off its own index, and over as soon as it reaches the cap."""
    tabs = (
        [IS_OPEN],
        [IS_OPEN & Q(owner=user)],
        [IS_OPEN & LATE, IS_OPEN & SOON],
        [Q(status=Status.WAITING)],
        [Q(status=Status.NEW)],
    )
    texts, values = list[str](), list[Any]()
    for parts in tabs:
        heads = [_head(Snag.objects.filter(part)) for part in parts]
        rows = " UNION ".join(f"({text})" for text, _ in heads)
        texts.append(f"(SELECT least(count(*), {COUNT_CAP}) FROM ({rows}) c)")
        values += [value for _, given in heads for value in given]
    return f"SELECT {_NOW}, {', '.join(texts)}", values


def _counting_some(user: User, parts: list[Q]) -> tuple[str, list[Any]]:
    """One pass over the rows of somebody's departments."""
    columns = ("pk", "owner_id", "status", "next_due_at", "at_risk_from")
    rows = [Snag.objects.filter(IS_OPEN, part) for part in parts]
    text, values = together(rows, ORDERS["due"], columns, SCOPE_CAP)
    tests = (
        "true",
        "owner_id = %s",
        "next_due_at < now() OR at_risk_from <= now() AND next_due_at IS NOT NULL",
        "status = 'waiting'",
        "status = 'new'",
    )
    counts = ", ".join(
        f"least(count(*) FILTER (WHERE {test}), {COUNT_CAP})" for test in tests
    )
    names = "c(id, owner_id, status, next_due_at, at_risk_from)"
    return f"SELECT {_NOW}, {counts} FROM ({text}) {names}", [user.pk, *values]


def _head(rows: QuerySet[Snag]) -> tuple[str, tuple[Any, ...]]:
    return rows.order_by().values("pk")[:COUNT_CAP].query.sql_with_params()
