"""Real PostgreSQL and Valkey for the test session, apart from the running copy's.

Settings read the addresses when they load, so importing this module names them and
starts nothing; the servers come up when the session is configured. A second suite
started meanwhile in the same checkout gets servers of its own.
"""

import fcntl
import os
from pathlib import Path

import pytest

from opsdesk.local import servers
from opsdesk.local.places import BASE_DIR

_leases: list[servers.Lease] = []


def pytest_configure(config: pytest.Config) -> None:
    """Have the servers running; xdist workers join those of their controller."""
    if config.option.collectonly or config.option.help:
        return
    lease = servers.take(os.environ)
    if lease is not None:
        _leases.append(lease)


def pytest_unconfigure() -> None:
    """The last one out stops them."""
    while _leases:
        _leases.pop().release()


def _export() -> None:
    os.environ.setdefault("OPSDESK_SERVERS", "test")
    if not os.environ.get("OPSDESK_VAR"):
        os.environ["OPSDESK_VAR"] = str(_free_slot())
    servers.export(os.environ)


def _free_slot() -> Path:
    """A folder no other session uses, ours until we end; xdist workers inherit it."""
    number = 1
    while True:
        folder = BASE_DIR / "var" / "test" / str(number)
        folder.mkdir(parents=True, exist_ok=True)
        handle = os.open(folder / "session.lock", os.O_RDWR | os.O_CREAT, 0o600)
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(handle)
            number += 1
        else:
            return folder


_export()
