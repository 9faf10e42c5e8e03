"""How many computed clocks are written: they and their revisions by one statement.

Arrays go to PostgreSQL as one word each: as a list of values, parsing them would take
both sides longer than all that is done with them.
"""

import json
from collections.abc import Iterable
from typing import NamedTuple

from django.db import connection

from sla.terms import Interval
from snags.services.reckoning import Cause

WRITE_CLOCKS = """
WITH written AS (
  UPDATE snags_clock c SET
    contract_version_id = p.version, target_seconds = p.seconds,
    target_days = p.days, timeline = p.timeline, is_pausable = p.pausable,
    due_at = to_timestamp(v.due), breached_at = to_timestamp(v.breached),
    breach_cause = v.cause, next_event_at = to_timestamp(v.event),
    next_level = v.level, revision = c.revision + 1
  FROM unnest(%s::bigint[], %s::integer[], %s::bigint[], %s::bigint[], %s::bigint[],
              %s::text[], %s::bigint[], %s::text[])
    AS v(id, promise, was, due, breached, cause, event, level)
  JOIN unnest(%s::integer[], %s::bigint[], %s::bigint[], %s::smallint[],
              %s::jsonb[], %s::boolean[])
    AS p(number, version, seconds, days, timeline, pausable) ON p.number = v.promise
  WHERE c.id = v.id
  RETURNING c.id, c.snag_id, c.started_at, c.is_pausable, c.revision, c.due_at, v.was,
            c.contract_version_id, c.target_seconds, c.target_days, c.timeline
)
INSERT INTO snags_clockrevision (clock_id, number, at, actor_id, cause, old_due_at,
                                 new_due_at, contract_version_id, inputs)
SELECT w.id, w.revision, %s, %s, %s, to_timestamp(w.was), w.due_at,
       w.contract_version_id,
       jsonb_build_object(
         'start', w.started_at, 'seconds', w.target_seconds, 'days', w.target_days,
         'timeline', w.timeline, 'pauses', coalesce(h.pauses, '[]'), 'stop', NULL)
  FROM written w
  LEFT JOIN unnest(%s::bigint[], %s::jsonb[]) AS h(snag, pauses)
    ON h.snag = w.snag_id AND w.is_pausable
"""
UPDATE_SNAGS = """
UPDATE snags_snag s SET next_due_at = to_timestamp(v.due),
                        at_risk_from = to_timestamp(v.risk)
FROM unnest(%s::bigint[], %s::bigint[], %s::bigint[]) AS v(id, due, risk)
WHERE s.id = v.id AND (s.next_due_at IS DISTINCT FROM to_timestamp(v.due)
                       OR s.at_risk_from IS DISTINCT FROM to_timestamp(v.risk))
"""


class Promise(NamedTuple):
    """What many clocks run by; its timeline as the database writes it."""

    version: int
    seconds: int | None
    days: int | None
    timeline: str
    is_pausable: bool


class Shown(NamedTuple):
    """What a clock shows; its event and level follow from the rest and the hour."""

    due: int | None
    breached: int | None
    breach_cause: str
    event: int | None = None
    level: str = ""


class Row(NamedTuple):
    """A live clock as stored; here and above, instants are seconds since 1970."""

    pk: int
    snag: int
    kind: str
    priority: int
    start: int
    state: str
    revision: int
    promise: Promise
    shown: Shown


class Computed(NamedTuple):
    """A clock as it should be, and from when it looks risky."""

    row: Row
    promise: Promise
    shown: Shown
    risk: int | None

    @property
    def is_different(self) -> bool:
        """Nothing to write where it is not: running twice is running once."""
        return self.shown[:3] != self.row.shown[:3] or self.promise != self.row.promise


def write_clocks(
    changed: list[Computed],
    pauses: dict[int, tuple[Interval, ...]],
    cause: Cause,
) -> None:
    """Store clocks as they are now, each with a revision of what it was before."""
    if not changed:
        return
    numbers = {
        promise: number
        for number, promise in enumerate({clock.promise for clock in changed})
    }
    version, seconds, days, timeline, is_pausable = zip(*numbers, strict=True)
    due, breached, breach_cause, event, level = zip(
        *[clock.shown for clock in changed], strict=True
    )
    columns = [
        array(clock.row.pk for clock in changed),
        array(numbers[clock.promise] for clock in changed),
        array(clock.row.shown.due for clock in changed),
        array(due),
        array(breached),
        array(breach_cause),
        array(event),
        array(level),
        array(numbers.values()),
        array(version),
        array(seconds),
        array(days),
        array(timeline),
        array(is_pausable),
    ]
    actor = cause.actor.pk if cause.actor else None
    held = [array(pauses), array(map(_waits, pauses.values()))]
    with connection.cursor() as cursor:
        cursor.execute(WRITE_CLOCKS, [*columns, cause.at, actor, cause.name, *held])


def write_snags(caches: list[tuple[int, int | None, int | None]]) -> None:
    """Store when snags are due and from when they look risky, where it is different."""
    if caches:
        columns = [array(column) for column in zip(*caches, strict=True)]
        with connection.cursor() as cursor:
            cursor.execute(UPDATE_SNAGS, columns)


def array(values: Iterable[object]) -> str:
    """An array as PostgreSQL writes it; numbers by the fast way, Python's own."""
    found = list(values)
    if any(isinstance(value, str) for value in found):
        return "{" + ",".join(map(_word, found)) + "}"
    return "{" + repr(found)[1:-1].replace("None", "NULL") + "}"


def _word(value: object) -> str:
    if isinstance(value, str):
        return '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"'
    return "NULL" if value is None else str(value)


def _waits(pauses: tuple[Interval, ...]) -> str:
    """Pauses as `clockwork.inputs_of` has them."""
    return json.dumps(
        [[a.isoformat(), b.isoformat() if b else None] for a, b in pauses]
    )
