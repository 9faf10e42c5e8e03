"""The worker's own watch: alive itself, and ticking when beat has fallen silent."""

import os
import socket
import threading
from datetime import timedelta

import structlog
from django.conf import settings
from django.db import close_old_connections, connection

from opsdesk.core.services import heartbeats, outbox
from opsdesk.site import ticking

log = structlog.get_logger()

# Beat ticks every second; silent this long, every worker takes the tick on itself.
PATIENCE = timedelta(seconds=settings.WATCH_PATIENCE)
LOOK_EVERY = settings.WATCH_PATIENCE / 3  # seconds


def start() -> threading.Thread:
    """Begin to watch, in a thread that ends with the process."""
    thread = threading.Thread(target=_watch, name="watch", daemon=True)
    thread.start()
    return thread


def look() -> bool:
    """One look: note that this worker lives; tick if nobody has. True if it ticked."""
    heartbeats.beat(f"worker {socket.gethostname()} {os.getpid()}")
    silent = heartbeats.silence("tick")
    if silent is not None and silent < PATIENCE:
        return False
    ticking.tick()
    ticking.sweep_slowly()
    outbox.deliver()
    return True


def _watch() -> None:
    rest = threading.Event()
    while not rest.wait(LOOK_EVERY):
        close_old_connections()
        try:
            if look():
                log.warning("ticked_for_silent_beat")
        except Exception:  # one bad look must not end the watch
            log.exception("watch_failed")
            connection.close()
