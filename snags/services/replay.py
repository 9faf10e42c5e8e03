"""Does history still explain the present? Stored inputs must give stored deadlines."""

from collections.abc import Iterable

import structlog
from django.db.models.functions import Mod

from opsdesk.core import clock
from sla.clocks import read
from snags.clockwork import replayed
from snags.models import ClockRevision

log = structlog.get_logger()


def check_sample(*, every: int = 50) -> int:
    """Replay the revisions of one clock in `every`; returns how many disagree.

    Each day takes other clocks, so that after as many days all have had their turn.
    A disagreement is logged as an error: either the engine changed its mind about the
    past or somebody wrote past the services.
    """
    turn = clock.now().toordinal() % every
    sample = ClockRevision.objects.annotate(turn=Mod("clock_id", every))
    return len(drifted(sample.filter(turn=turn).order_by("pk").iterator()))


def drifted(revisions: Iterable[ClockRevision]) -> list[ClockRevision]:
    """The revisions whose inputs no longer give the deadline they recorded."""
    found = [revision for revision in revisions if not _agrees(revision)]
    for revision in found:
        log.error("clock_drifted", clock=revision.clock_id, number=revision.number)
    return found


def _agrees(revision: ClockRevision) -> bool:
    reading = read(replayed(revision.inputs), revision.at)
    if reading.due_at == revision.new_due_at:
        return True
    # A clock broken before a hold keeps showing the deadline it broke.
    return reading.due_at is None and revision.new_due_at is not None
