"""The worker's own watch: alive itself, and ticking when beat has fallen silent."""

import os
import socket
import threading
from datetime import timedelta

import structlog
from django.conf import settings
from django.db import close_old_connections, connection

from opsdesk.core.services import heartbeats
from opsdesk.site import ticking

log = structlog.get_logger()

# Beat ticks every second; silent this long, every worker takes the tick on itself.
PATIENCE = timedelta(seconds=settings.WATCH_PATIENCE)
LOOK_EVERY = settings.WATCH_PATIENCE / 3  # seconds
TICK_EVERY = 1.0  # seconds, while beat stays silent


def start() -> threading.Thread:
    """Begin to watch, in a thread that ends with the process."""
    thread = threading.Thread(target=_watch, name="watch", daemon=True)
    thread.start()
    return thread


def look() -> bool:
    """One look: note that this worker lives; tick while beat is silent. True if so.

    It is beat that is watched, not the tick: what workers do in its place does not
    pass for its return. Of all workers one does the slow work, every few seconds.
    """
    heartbeats.beat(f"worker {socket.gethostname()} {os.getpid()}")
    silent = heartbeats.silence("beat")
    if silent is not None and silent < PATIENCE:
        return False
    if heartbeats.beat(heartbeats.STAND_IN):
        ticking.catch_up()
    else:
        ticking.tick()
    return True


def _watch() -> None:
    rest, ticks = threading.Event(), False
    while not rest.wait(TICK_EVERY if ticks else LOOK_EVERY):
        close_old_connections()
        was, ticks = ticks, _looked()
        if ticks and not was:
            log.warning("ticking_for_silent_beat")


def _looked() -> bool:
    try:
        return look()
    except Exception:  # one bad look must not end the watch
        log.exception("watch_failed")
        connection.close()
        return False
