"""Changed terms reach the running clocks: in batches, resumably, each clock once.

What is stale is found in the database, not remembered: a clock whose calendars or
contract version are not those in force. So a run that is killed goes on where it was,
two runs do no more than one, and a row somebody holds is taken by the next pass. One
run at a time; it lends its work to a few hands.
"""

import json
from datetime import timedelta
from time import monotonic
from typing import Any

import structlog
from django.db import connection, transaction
from django.db.models import F

from opsdesk.core import clock
from opsdesk.core.locks import RECOMPUTE, alone
from sla.models import TermsChange, ZoneRelease
from sla.queries import timeline_of
from sla.zonedata import release
from snags.services.clock_batches import Batch, InForce, recompute_batch
from snags.services.hands import Portions, work_through
from snags.services.reckoning import Cause

log = structlog.get_logger()

BUDGET_SECONDS = 12.0
# Whoever read the old terms before they changed has saved its snag by then.
STRAGGLERS = timedelta(seconds=30)

BY_CALENDAR = """
SELECT DISTINCT c.snag_id FROM snags_clock c
  JOIN sla_target t ON t.version_id = c.contract_version_id
   AND t.kind = c.kind AND t.priority = c.priority
 WHERE c.state IN ('running', 'paused') AND t.calendar_id = %s
   AND c.timeline <> %s::jsonb
 ORDER BY c.snag_id
"""
BY_CONTRACT = """
SELECT DISTINCT c.snag_id FROM snags_clock c
  JOIN sla_contractversion v ON v.id = c.contract_version_id
 WHERE c.state IN ('running', 'paused') AND v.contract_id = %s
   AND v.replaced_by_id IS NOT NULL
 ORDER BY c.snag_id
"""
LIVE = """
SELECT DISTINCT snag_id FROM snags_clock
 WHERE state IN ('running', 'paused') AND snag_id > %s ORDER BY snag_id
"""


def run_pending(
    *, seconds_budget: float = BUDGET_SECONDS, stragglers: timedelta = STRAGGLERS
) -> int:
    """Bring running clocks up to the terms in force; returns how many were computed.

    Stops when the budget is used up; what is left is found again by the next call.
    """
    until = monotonic() + seconds_budget
    with alone(RECOMPUTE) as here:
        if not here:
            return 0
        done = 0
        # What could not be counted last time waits for the rest: it may be a lot.
        pending = TermsChange.objects.filter(finished_at__isnull=True)
        for change in pending.order_by("uncounted", "pk"):
            done += _apply(change, until, stragglers)
        return done + _follow_zones(until)


def recompute_all(*, seconds_budget: float) -> int:
    """Compute every running clock again, whether or not anything seems changed."""
    until = monotonic() + seconds_budget
    with alone(RECOMPUTE) as here:
        if not here:
            return 0
        portions = Portions(_ids(LIVE, 0), until)
        batches = _compute(portions, Cause("forced", clock.now()))
        _log(_refused(batches))
        return _written(batches)


def _apply(change: TermsChange, until: float, stragglers: timedelta) -> int:
    portions = Portions(_stale(change), until)
    cause = Cause(change.mode, clock.now(), change.actor)
    batches = _compute(portions, cause, change)
    if batches:
        _tell_refused(change, batches)
    now = clock.now()
    # The clock shows whole seconds, a change is stamped to the microsecond.
    age = now - change.created_at.replace(microsecond=0)
    if age >= stragglers and not _stale(change):
        TermsChange.objects.filter(pk=change.pk).update(finished_at=now)
    return _written(batches)


def _tell_refused(change: TermsChange, batches: list[Batch]) -> None:
    """What cannot be counted is said on the page of the terms, and logged once."""
    refused = _refused(batches)
    problem = next(iter(refused.values()), "")
    if (len(refused), problem) == (change.uncounted, change.problem):
        return
    _log(refused)
    TermsChange.objects.filter(pk=change.pk).update(
        uncounted=len(refused), problem=problem
    )


def _stale(change: TermsChange) -> list[int]:
    """The snags with a clock that does not run by the changed terms yet."""
    if change.calendar_id is not None:
        in_force = json.dumps(timeline_of(change.calendar_id))
        return _ids(BY_CALENDAR, change.calendar_id, in_force)
    return _ids(BY_CONTRACT, change.contract_id)


def _follow_zones(until: float) -> int:
    """Compute all running clocks again once a newer time zone database is installed."""
    newest = ZoneRelease.objects.order_by("-name").first()
    here = release()
    if newest is None:
        ZoneRelease.objects.create(name=here, finished_at=clock.now())
        return 0
    if newest.name < here:
        newest = ZoneRelease.objects.create(name=here)
    if newest.finished_at is not None or newest.name > here:
        return 0
    ids = _ids(LIVE, newest.last_snag)
    portions = Portions(ids, until)
    batches = _compute(portions, Cause("tzdata", clock.now()))
    _log(_refused(batches))
    # The next pass goes on with the first snag that somebody held or nobody got to.
    held = [pk for batch in batches for pk in batch.skipped]
    left = min([*held, *ids[portions.dealt :][:1]], default=None)
    done = _written(batches)
    ZoneRelease.objects.filter(pk=newest.pk).update(
        last_snag=newest.last_snag if left is None else left - 1,
        recomputed=F("recomputed") + done,
        finished_at=clock.now() if left is None else None,
    )
    return done


def _compute(
    portions: Portions, cause: Cause, change: TermsChange | None = None
) -> list[Batch]:
    in_force = InForce()
    return work_through(portions, lambda ids: _one(ids, in_force, cause, change))


def _written(batches: list[Batch]) -> int:
    return sum(batch.written for batch in batches)


def _refused(batches: list[Batch]) -> dict[int, str]:
    found = {pk: why for batch in batches for pk, why in batch.refused.items()}
    return dict(sorted(found.items()))


def _log(refused: dict[int, str]) -> None:
    for pk, reason in refused.items():
        log.error("clocks_cannot_count", snag=pk, reason=reason)


@transaction.atomic
def _one(
    ids: list[int], in_force: InForce, cause: Cause, change: TermsChange | None
) -> Batch:
    with connection.cursor() as cursor:
        # Not waiting for the disk: what is lost with the server is found stale again.
        cursor.execute("SET LOCAL synchronous_commit = off")
        batch = recompute_batch(ids, in_force, cause)
        if change is not None and batch.written:
            # Foreign keys are checked before the one row all hands write is held.
            for when in ("IMMEDIATE", "DEFERRED"):
                cursor.execute(f"SET CONSTRAINTS ALL {when}")
            TermsChange.objects.filter(pk=change.pk).update(
                recomputed=F("recomputed") + batch.written
            )
    return batch


def _ids(statement: str, *params: Any) -> list[int]:
    with connection.cursor() as cursor:
        cursor.execute(statement, params)
        return [row[0] for row in cursor.fetchall()]
