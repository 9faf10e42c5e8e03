"""The product's heartbeat: everything that is due, found in the database and done.

Run by beat's task, by `manage.py tick`, and by workers themselves when beat is silent;
any number at once is safe, because each sweep claims its rows. Each part runs by
itself: one that fails is logged, shown by the health page, and stops no other.
"""

from collections.abc import Callable
from datetime import timedelta

import structlog

from changes.services import after, overriding, voting
from environments.services import leases, occurring
from opsdesk.core import submissions
from opsdesk.core.services import duties, heartbeats, inbox, outbox
from snags.services import lifecycle, orphans, recompute, replay, rollups, sweep

log = structlog.get_logger()

BATCHES = 50
A_NIGHT = timedelta(days=1)
Done = dict[str, int | None]  # part -> how much it did; None: it failed


def tick() -> Done:
    """Clock events and duties that are due, now; returns what was done.

    The sign of life comes last: a tick of which a part fails is no tick.
    """
    done = _each(clocks=sweep.fire_due_clocks, duties=duties.climb)
    if None not in done.values():
        heartbeats.beat("tick")
    return done


def sweep_slowly() -> Done:
    """What may be half a minute late: silence closes snags, changed terms recompute.

    Snags nobody is there for any more become a duty of the managers. What nobody
    agreed to in time expires, and who is waited for is reminded. A change whose copies
    a later one brought up to production is verified.
    """
    return _each(
        closed=lifecycle.close_unanswered,
        recomputed=recompute.run_pending,
        orphans=orphans.raise_duties,
        expired=voting.expire_due,
        reminded=voting.remind_due,
        leases=leases.warn_overdue,
        freezes=occurring.remind,
        leaves=overriding.end_outgrown,
        followed=after.bring_on,
    )


def nightly() -> Done:
    """Forget what is past its time; check a sample of clocks against their history."""
    heartbeats.beat("nightly")
    return _each(
        submissions=lambda: _all(submissions.forget_old),
        old_mails=lambda: _all(outbox.forget_old),
        old_notes=lambda: _all(inbox.forget_old),
        heartbeats=heartbeats.forget,
        windows=occurring.expand_ahead,
        drifted=replay.check_sample,
    )


def catch_up(*, mails: int = 50) -> Done:
    """All that beat would have started by now; the night's work once a day."""
    done = {
        **tick(),
        **sweep_slowly(),
        **_each(mails=lambda: outbox.deliver(limit=mails), days=rollups.roll_up),
    }
    if heartbeats.beat("nightly", every=A_NIGHT):
        done |= nightly()
    return done


def _each(**parts: Callable[[], int]) -> Done:
    done: Done = {}
    for name, part in parts.items():
        try:
            done[name] = part()
        except Exception:  # the next part may well work
            log.exception("part_failed", part=name)
            done[name] = None
            heartbeats.failed(name)
    heartbeats.recovered(name for name, count in done.items() if count is not None)
    return done


def _all(forget: Callable[[], int]) -> int:
    """Batch after batch until a night's worth of old rows is gone."""
    total = 0
    for _ in range(BATCHES):
        count = forget()
        total += count
        if not count:
            break
    return total
