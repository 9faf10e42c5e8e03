"""How many rows each tab of the worklist has, and how many changed meanwhile."""

from datetime import UTC, datetime
from functools import reduce
from operator import or_
from typing import Any

from django.db import connection
from django.db.models import Q, QuerySet
from django.db.models.functions import Now

from opsdesk.accounts.models import User
from snags.models import Snag
from snags.models.snag import own_parts, visible_parts
from snags.models.snag_rules import IS_OPEN
from snags.moves import Status
from snags.queries.worklist import Asked, branches

COUNT_CAP = 100
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


# ruff: noqa: S608 - the texts below are compiled by the ORM, values apart from them.
_NOW = "date_trunc('second', clock_timestamp())"


def _counting(user: User) -> tuple[str, list[Any]]:
    """Each count off its own index, and over as soon as it reaches the cap.

    Somebody limited to departments has each part of what they see counted so: a sample
    of their rows would miss what is late where most is not. Their own rows are few:
    those are looked through for all states of a tab at once.
    """
    seen, own = visible_parts(user), own_parts(user)
    whose = [Q()] if seen is None else seen
    tabs = (
        [IS_OPEN],
        [IS_OPEN & Q(owner=user)],
        [IS_OPEN & LATE, IS_OPEN & SOON],
        [Q(status=Status.WAITING)],
        [Q(status=Status.NEW)],
    )
    texts, values = list[str](), list[Any]()
    for parts in tabs:
        heads = [
            _head(Snag.objects.filter(part, who))
            for who in whose
            for part in ([reduce(or_, parts)] if who in own else parts)
        ]
        rows = " UNION ".join(f"({text})" for text, _ in heads)
        texts.append(f"(SELECT least(count(*), {COUNT_CAP}) FROM ({rows}) c)")
        values += [value for _, given in heads for value in given]
    return f"SELECT {_NOW}, {', '.join(texts)}", values


def _head(rows: QuerySet[Snag]) -> tuple[str, tuple[Any, ...]]:
    return rows.order_by().values("pk")[:COUNT_CAP].query.sql_with_params()
