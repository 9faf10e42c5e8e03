"""How many computed clocks are written: revisions by COPY, rows by one UPDATE each."""

import io
import json
from collections.abc import Iterable
from typing import Any, NamedTuple

from django.db import connection

from sla.terms import Interval
from sla.walltime import moment_of
from snags.services.reckoning import Cause

UPDATE_CLOCKS = """
UPDATE snags_clock c SET
  contract_version_id = v.version, target_seconds = v.seconds, target_days = v.days,
  timeline = v.timeline::jsonb, is_pausable = v.pausable, due_at = to_timestamp(v.due),
  breached_at = to_timestamp(v.breached), breach_cause = v.cause,
  next_event_at = to_timestamp(v.event), next_level = v.level, revision = v.revision
FROM unnest(%s::bigint[], %s::bigint[], %s::bigint[], %s::smallint[], %s::text[],
            %s::boolean[], %s::bigint[], %s::bigint[], %s::text[], %s::bigint[],
            %s::text[], %s::integer[])
  AS v(id, version, seconds, days, timeline, pausable, due, breached, cause, event,
       level, revision)
WHERE c.id = v.id
"""
UPDATE_SNAGS = """
UPDATE snags_snag s SET next_due_at = to_timestamp(v.due),
                        at_risk_from = to_timestamp(v.risk)
FROM unnest(%s::bigint[], %s::bigint[], %s::bigint[]) AS v(id, due, risk)
WHERE s.id = v.id AND (s.next_due_at IS DISTINCT FROM to_timestamp(v.due)
                       OR s.at_risk_from IS DISTINCT FROM to_timestamp(v.risk))
"""
COPY = """
COPY snags_clockrevision (clock_id, number, at, actor_id, cause, old_due_at, new_due_at,
                          contract_version_id, inputs) FROM STDIN
"""


class Row(NamedTuple):
    """A live clock as stored, its instants in seconds since 1970.

    What follows from the rest comes last: the next event and its level.
    """

    pk: int
    snag: int
    kind: str
    version: int
    priority: int
    start: int
    seconds: int | None
    days: int | None
    timeline: str
    is_pausable: bool
    state: str
    due: int | None
    breached: int | None
    breach_cause: str
    revision: int
    event: int | None
    level: str

    def differs(self, other: "Row") -> bool:
        return self[:-2] != other[:-2]


def write_clocks(
    changed: list[tuple[Row, Row]],
    pauses: dict[int, tuple[Interval, ...]],
    cause: Cause,
) -> None:
    """Store clocks as they are now, each with a revision of what it was before."""
    if not changed:
        return
    new = [now for _, now in changed]
    columns: list[Any] = [
        [row.pk for row in new],
        [row.version for row in new],
        [row.seconds for row in new],
        [row.days for row in new],
        [row.timeline for row in new],
        [row.is_pausable for row in new],
        [row.due for row in new],
        [row.breached for row in new],
        [row.breach_cause for row in new],
        [row.event for row in new],
        [row.level for row in new],
        [row.revision for row in new],
    ]
    lines = (_line(old, now, pauses.get(now.snag, ()), cause) for old, now in changed)
    with connection.cursor() as cursor:
        cursor.execute(UPDATE_CLOCKS, columns)
        cursor.copy_expert(COPY, io.StringIO("".join(lines)))


def write_snags(caches: list[tuple[int, int | None, int | None]]) -> None:
    """Store when snags are due and from when they look risky, where it is different."""
    if caches:
        columns: list[Any] = [list(column) for column in zip(*caches, strict=True)]
        with connection.cursor() as cursor:
            cursor.execute(UPDATE_SNAGS, columns)


def _line(old: Row, now: Row, pauses: tuple[Interval, ...], cause: Cause) -> str:
    """One revision as COPY reads it; the same inputs as `clockwork.inputs_of`."""
    start = moment_of(now.start).isoformat()
    waits = json.dumps(_texts(pauses)) if pauses and now.is_pausable else "[]"
    inputs = (
        f'{{"start": "{start}", "seconds": {_json(now.seconds)},'
        f' "days": {_json(now.days)}, "timeline": {now.timeline},'
        f' "pauses": {waits}, "stop": null}}'
    )
    values = (
        str(now.pk),
        str(now.revision),
        cause.at.isoformat(),
        str(cause.actor.pk) if cause.actor else r"\N",
        cause.name,
        _stamp(old.due),
        _stamp(now.due),
        str(now.version),
        inputs,
    )
    return "\t".join(values) + "\n"


def _json(value: int | None) -> str:
    return "null" if value is None else str(value)


def _texts(pauses: Iterable[Interval]) -> list[list[str | None]]:
    return [[a.isoformat(), b.isoformat() if b else None] for a, b in pauses]


def _stamp(moment: int | None) -> str:
    return r"\N" if moment is None else moment_of(moment).isoformat()
