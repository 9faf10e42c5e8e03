"""Trials of people who press at one moment: for the tests, and for benchmarks with n.

Every function makes one situation, lets threads loose on it and returns what each of
them got; each needs a database whose transactions are real.
"""

import time
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

from django.db import connection, connections

from changes.content import Aim
from changes.services import starting
from changes.services.voting import revoke
from environments.services.windows import create_window
from opsdesk.core import clock
from opsdesk.core.errors import OpsError
from opsdesk.core.gates import GatesError
from tests.changes.drafts import HOUR, span
from tests.changes.factories import again


def at_once(*acts):
    """What each act came to when all were let go together: "ok", or the refusal."""
    gate = Barrier(len(acts))

    def run(act):
        try:
            gate.wait(10)
            act()
        except GatesError as error:
            return sorted(found.code for found in error.unmet)
        except OpsError as error:
            return error.code
        else:
            return "ok"
        finally:
            connections.close_all()

    with ThreadPoolExecutor(len(acts)) as pool:
        return list(pool.map(run, acts))


def wait_for_a_lock():
    """Until somebody else's statement in this database waits for one of our rows."""
    waiting = (
        "SELECT 1 FROM pg_stat_activity"
        " WHERE datname = current_database() AND wait_event_type = 'Lock'"
    )
    until = time.monotonic() + 10
    with connection.cursor() as cursor:
        while time.monotonic() < until:
            cursor.execute(waiting)
            if cursor.fetchone():
                return
            # Within a transaction the activity is read once, unless it is let go.
            cursor.execute("SELECT pg_stat_clear_snapshot()")
            time.sleep(0.01)
    raise AssertionError("Nobody waited.")


def shared_slot(world):
    """A slot that is now, and does not keep others out."""
    start = clock.now() - HOUR / 2
    return [Aim(world.live, minutes=60, slot=span(start))]


def a_freeze_against_a_start(world, promotion, name):
    """A freeze is declared for now as somebody starts."""
    return at_once(
        lambda: starting.start(promotion, actor=world.ian),
        lambda: declare_now(world, name),
    )


def a_revoked_vote_against_a_start(world, promotion):
    """Eve takes her vote back as somebody starts."""
    request = again(promotion).approval
    return at_once(
        lambda: starting.start(promotion, actor=world.ian),
        lambda: revoke(request, actor=world.eve, reason="I looked again."),
    )


def declare_now(world, name):
    """Production is frozen from this minute on."""
    start = clock.now().replace(second=0)
    create_window(
        world.live.landscape,
        actor=world.eve,
        kind="freeze",
        name=name,
        reason="Stop.",
        environments=[world.live],
        starts_local=start.replace(tzinfo=None),
        minutes=60,
        time_zone="UTC",
        rrule="",
        is_hard=True,
        exempt="",
    )
