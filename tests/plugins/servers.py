"""Real PostgreSQL and Valkey for the test session, apart from the running copy's.

Settings read the addresses when they load, so `export` comes first and starts nothing;
the servers themselves come up when the session is configured. A second suite started
meanwhile in the same checkout gets servers of its own.
"""

import fcntl
import os
from pathlib import Path

import pytest

from opsdesk.local import servers
from opsdesk.local.places import BASE_DIR

_slots: list[object] = []
_leases: list[servers.Lease] = []


def export() -> None:
    """Name the test servers in the environment; call before settings load."""
    os.environ.setdefault("OPSDESK_SERVERS", "test")
    if "OPSDESK_VAR" not in os.environ or not os.environ["OPSDESK_VAR"]:
        os.environ["OPSDESK_VAR"] = str(_free_slot())
    servers.export(os.environ)


def pytest_configure(config: pytest.Config) -> None:
    """Have the servers running; xdist workers join those of their controller."""
    export()
    if config.option.collectonly or config.option.help:
        return
    lease = servers.take(os.environ)
    if lease is not None:
        _leases.append(lease)


def pytest_unconfigure() -> None:
    """The last one out stops them."""
    while _leases:
        _leases.pop().release()


def _free_slot() -> Path:
    """A folder no other session uses; workers inherit their controller's."""
    number = 1
    while True:
        folder = BASE_DIR / "var" / "test" / str(number)
        folder.mkdir(parents=True, exist_ok=True)
        handle = (folder / "session.lock").open("w")
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            handle.close()
            number += 1
        else:
            _slots.append(handle)
            return folder
