"""One PostgreSQL and one Valkey for all processes of a copy.

Two locks make it safe, and the kernel drops both when their holder dies, however it
dies. The *lease* is shared by everybody who uses the servers, for as long as they do.
The *gate* is held alone while somebody starts, adopts or stops them. Whoever leaves
and then finds the lease free was the last one out, and stops the servers.
"""

import atexit
import fcntl
import os
import signal
import sys
import time
from collections.abc import Iterator, Mapping, MutableMapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import FrameType

from opsdesk.local import postgres, valkey
from opsdesk.local.accounts import make_folders
from opsdesk.local.errors import LocalError, of_another_user
from opsdesk.local.places import Places

GATE_PATIENCE = 120.0


@dataclass(frozen=True)
class Needs:
    """Which of the embedded servers a process uses."""

    postgres: bool
    valkey: bool

    @property
    def any(self) -> bool:
        """Whether it uses one at all."""
        return self.postgres or self.valkey


class Lease:
    """The right to find the servers running until it is released or we die."""

    def __init__(self, places: Places, handle: int) -> None:
        """Keep the shared lock; `take` makes these."""
        self.places = places
        self.pid = os.getpid()
        self._handle = handle

    def release(self) -> bool:
        """Leave; the last one out stops the servers and gets True."""
        # A forked child shares the lock but not the duty to put it back.
        if self.pid != os.getpid() or self._handle < 0:
            return False
        with _gate(self.places):
            os.close(self._handle)
            self._handle = -1
            return _stop_if_unused(self.places)


def needs(environ: Mapping[str, str]) -> Needs:
    """What the environment leaves to the embedded servers."""
    places = Places.of(environ)
    return Needs(
        postgres=_is_ours(environ, "DATABASE_URL", places.database_url),
        valkey=_is_ours(environ, "REDIS_URL", places.redis_url),
    )


def export(environ: MutableMapping[str, str]) -> Needs:
    """Say where the servers are, or will be, without starting them."""
    wanted = needs(environ)
    if wanted.any and environ.get("OPSDESK_ENV") == "production":
        missing = " and ".join(
            name
            for name, missed in (
                ("DATABASE_URL", wanted.postgres),
                ("REDIS_URL", wanted.valkey),
            )
            if missed
        )
        raise LocalError(
            "The embedded servers are for development and demonstration only."
            f" In production set {missing} to servers of your own."
        )
    places = Places.of(environ)
    environ["OPSDESK_VAR"] = str(places.var)
    if wanted.postgres:
        environ["DATABASE_URL"] = places.database_url
        _offer_programs(environ)
    if wanted.valkey:
        environ["REDIS_URL"] = places.redis_url
    return wanted


def make(places: Places) -> None:
    """The folders of a copy, open to its servers and to nobody else."""
    make_folders(places, postgres.account_of(places))


def take(environ: MutableMapping[str, str]) -> Lease | None:
    """Have the servers running and hold them; nothing when they are one's own."""
    wanted = export(environ)
    if not wanted.any:
        return None
    places = Places.of(environ)
    profile = postgres.PROFILES[environ.get("OPSDESK_SERVERS") or "normal"]
    make(places)
    with _gate(places):
        lease = Lease(places, _lock(places, fcntl.LOCK_SH))
        try:
            _ensure_running(places, wanted, profile)
        except BaseException:
            os.close(lease._handle)  # noqa: SLF001
            _stop_if_unused(places)
            raise
    return lease


def use() -> None:
    """Have the servers running until this process ends; asking twice is harmless."""
    if any(held.pid == os.getpid() for held in _held):
        return
    try:
        lease = take(os.environ)
    except LocalError as error:
        sys.exit(f"opsdesk: {error}")
    except PermissionError as error:
        sys.exit(f"opsdesk: {of_another_user(error.filename)}")
    if lease is not None:
        _held.append(lease)
        atexit.register(lease.release)
        # Without this a polite kill would leave the servers to nobody.
        if signal.getsignal(signal.SIGTERM) is signal.SIG_DFL:
            signal.signal(signal.SIGTERM, _leave)


def revive(environ: MutableMapping[str, str]) -> bool:
    """Start again a server that died while we hold the lease; True if one had."""
    wanted = needs(environ)
    places = Places.of(environ)
    dead = (wanted.postgres and not postgres.is_alive(places)) or (
        wanted.valkey and not valkey.is_alive(places)
    )
    if dead:
        profile = postgres.PROFILES[environ.get("OPSDESK_SERVERS") or "normal"]
        with _gate(places):
            _ensure_running(places, wanted, profile)
    return dead


_held: list[Lease] = []


def _leave(number: int, _frame: FrameType | None) -> None:
    sys.exit(128 + number)


def _is_ours(environ: Mapping[str, str], name: str, ours: str) -> bool:
    if environ.get(f"{name}_FILE"):
        return False
    return environ.get(name) in {None, "", ours}


def _offer_programs(environ: MutableMapping[str, str]) -> None:
    """Let `manage.py dbshell` and backups find psql and pg_dump."""
    folder = str(postgres.programs())
    paths = environ.get("PATH", os.defpath).split(os.pathsep)
    if folder not in paths:
        environ["PATH"] = os.pathsep.join([*paths, folder])


def _ensure_running(places: Places, wanted: Needs, profile: postgres.Profile) -> None:
    account = postgres.account_of(places)
    if wanted.valkey:
        valkey.ensure_running(places, account)
    if wanted.postgres:
        postgres.ensure_running(places, profile, account)


def _stop_if_unused(places: Places) -> bool:
    """Call under the gate, having let go of one's own lease."""
    try:
        handle = _lock(places, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    try:
        valkey.stop(places)
        postgres.stop(places)
    finally:
        os.close(handle)
    return True


def _lock(places: Places, how: int) -> int:
    handle = _open(places.run / "lease.lock")
    try:
        fcntl.flock(handle, how)
    except BlockingIOError:
        os.close(handle)
        raise
    return handle


@contextmanager
def _gate(places: Places) -> Iterator[None]:
    handle = _open(places.run / "gate.lock")
    deadline = time.monotonic() + GATE_PATIENCE
    try:
        while True:
            try:
                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError:
                if time.monotonic() > deadline:
                    raise LocalError(
                        "Another opsdesk command has been starting or stopping the"
                        f" servers in {places.var} for {GATE_PATIENCE:.0f} seconds."
                        " End it and try again."
                    ) from None
                time.sleep(0.03)
        yield
    finally:
        os.close(handle)


def _open(path: Path) -> int:
    return os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
