"""How the rows of an imported batch reach their tables, new or over earlier ones."""

import csv
import io
import json
from collections.abc import Iterable, Sequence

from django.db import connection, models
from django.db.models import F, Q

from opsdesk.core import clock
from snags.clockwork import BREACH, intervals
from snags.models import Clock, ClockEvent, ClockRevision, SnagEvent
from snags.services.import_clocks import CAUSE
from snags.services.import_rows import Built
from snags.services.reckoning import Cause, take_off

EVENT_COLUMNS = ("snag_id", "verb", "params", "actor_id", "at")
CLOCK_FIELDS = [
    name.name
    for name in Clock._meta.concrete_fields  # noqa: SLF001 - every column but the key
    if name.name not in {"id", "snag", "kind", "party", "cycle"}
]


def write_timeline(events: Iterable[SnagEvent]) -> None:
    """Copy lines in: a timeline has many, and COPY takes a third of the time."""
    lines = io.StringIO()
    csv.writer(lines).writerows(
        (e.snag_id, e.verb, json.dumps(e.params), e.actor_id, e.at.isoformat())
        for e in events
    )
    lines.seek(0)
    table = SnagEvent._meta.db_table  # noqa: SLF001
    with connection.cursor() as cursor:
        cursor.copy_expert(
            f"COPY {table} ({', '.join(EVENT_COLUMNS)}) FROM STDIN (FORMAT csv)", lines
        )


def overwrite(rows: Sequence[models.Model], fields: Sequence[str]) -> None:
    """Save columns of many rows that exist: one statement, where UPDATE takes many."""
    if rows:
        type(rows[0])._base_manager.bulk_create(  # noqa: SLF001
            rows, update_conflicts=True, unique_fields=["id"], update_fields=fields
        )


def create_clocks(built: Iterable[Built]) -> None:
    """Insert the clocks of new snags with what they passed."""
    built = list(built)
    Clock.objects.bulk_create(row for one in built for row in one.plan.clocks)
    _log_clocks(built)


def replace_clocks(built: Sequence[Built]) -> None:
    """Clocks keep their rows and their revisions; what they show is computed anew."""
    pks = [one.snag.pk for one in built]
    rows = Clock.objects.filter(snag__in=pks).select_related("contract_version")
    known = {(c.snag_id, c.kind, c.party_id, c.cycle): c for c in rows.order_by("pk")}
    fresh, kept = [], []
    for one in built:
        for planned, revision in zip(one.plan.clocks, one.plan.revisions, strict=True):
            old = known.pop(
                (one.snag.pk, planned.kind, planned.party_id, planned.cycle), None
            )
            if old is None:
                fresh.append(planned)
                continue
            planned.pk = old.pk
            planned.revision = revision.number = old.revision + 1
            revision.old_due_at = old.due_at
            kept.append(planned)
    Clock.objects.bulk_create(fresh)
    overwrite(kept, CLOCK_FIELDS)
    _take_off(known.values(), built)
    _void(kept)
    _log_clocks(built)


def _take_off(clocks: Iterable[Clock], built: Iterable[Built]) -> None:
    """What the longer log shows was never promised is owed by nobody."""
    held = {one.snag.pk: intervals(one.pauses) for one in built}
    cause = Cause(CAUSE, clock.now())
    for row in clocks:
        if row.is_live:
            take_off(row, held[row.snag_id], cause)


def _void(clocks: Iterable[Clock]) -> None:
    """The longer log may show that what was told did not come to pass.

    It was kept by then, or its deadline fell at another time or has not come yet.
    """
    kept = Q(due_at__gte=F("clock__stopped_at"))
    moved = Q(level=BREACH) & ~Q(due_at=F("clock__breached_at"))
    told = ClockEvent.objects.filter(clock__in=[row.pk for row in clocks])
    told.filter(kept | moved, voided_at__isnull=True).update(
        voided_at=clock.now(), void_cause="late_evidence"
    )


def _log_clocks(built: Iterable[Built]) -> None:
    plans = [one.plan for one in built if one.plan.clocks]
    ClockEvent.objects.bulk_create(
        (event for plan in plans for event in plan.events), ignore_conflicts=True
    )
    ClockRevision.objects.bulk_create(r for plan in plans for r in plan.revisions)
