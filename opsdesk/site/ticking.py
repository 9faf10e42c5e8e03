"""The product's heartbeat: everything that is due, found in the database and done.

Run by beat's task, by `manage.py tick`, and by workers themselves when beat is silent;
any number at once is safe, because each sweep claims its rows.
"""

from opsdesk.core import submissions
from opsdesk.core.services import duties, heartbeats
from snags.services import lifecycle, recompute, replay, sweep


def tick() -> dict[str, int]:
    """Clock events and duties that are due, now; returns what was done."""
    heartbeats.beat("tick")
    return {
        "clocks": sweep.fire_due_clocks(),
        "duties": duties.climb(),
    }


def sweep_slowly() -> dict[str, int]:
    """What may be half a minute late: silence closes snags, changed terms recompute."""
    return {
        "closed": lifecycle.close_unanswered(),
        "recomputed": recompute.run_pending(),
    }


def nightly() -> dict[str, int]:
    """Check a sample of clocks against their history; forget what is past its time."""
    return {
        "drifted": replay.check_sample(),
        "submissions": submissions.forget_old(),
        "heartbeats": heartbeats.forget(),
    }
