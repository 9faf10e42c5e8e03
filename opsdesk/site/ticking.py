"""The product's heartbeat: everything that is due, found in the database and done.

Run by beat's task, by `manage.py tick`, and by workers themselves when beat is silent;
any number at once is safe, because each sweep claims its rows.
"""

from collections.abc import Callable

from opsdesk.core import submissions
from opsdesk.core.services import duties, heartbeats, outbox
from snags.services import lifecycle, recompute, replay, sweep

BATCHES = 50


def tick() -> dict[str, int]:
    """Clock events and duties that are due, now; returns what was done.

    The sign of life comes last: a tick that fails is no tick.
    """
    done = {
        "clocks": sweep.fire_due_clocks(),
        "duties": duties.climb(),
    }
    heartbeats.beat("tick")
    return done


def sweep_slowly() -> dict[str, int]:
    """What may be half a minute late: silence closes snags, changed terms recompute."""
    return {
        "closed": lifecycle.close_unanswered(),
        "recomputed": recompute.run_pending(),
    }


def nightly() -> dict[str, int]:
    """Forget what is past its time; check a sample of clocks against their history."""
    return {
        "submissions": _all(submissions.forget_old),
        "mails": _all(outbox.forget_old),
        "heartbeats": heartbeats.forget(),
        "drifted": replay.check_sample(),
    }


def _all(forget: Callable[[], int]) -> int:
    """Batch after batch until a night's worth of old rows is gone."""
    total = 0
    for _ in range(BATCHES):
        count = forget()
        total += count
        if not count:
            break
    return total
