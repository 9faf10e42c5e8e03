"""Which operating-system user the database servers run as."""

import os
import pwd
import stat
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from opsdesk.local import linux
from opsdesk.local.errors import LocalError, of_another_user
from opsdesk.local.places import Places


@dataclass(frozen=True)
class Account:
    """An unprivileged user; root only ever starts servers as one of these."""

    uid: int
    gid: int
    name: str
    passes_through: bool

    def become(self) -> None:
        """Turn this process, between fork and exec, into that user's."""
        if self.passes_through:
            linux.become_and_search(self.uid, self.gid)
            return
        os.setgroups([])
        os.setgid(self.gid)
        os.setuid(self.uid)

    def own(self, folder: Path) -> None:
        """Give the folder to the user."""
        os.chown(folder, self.uid, self.gid)


def server_account(places: Places, programs: Sequence[Path]) -> Account | None:
    """Nobody else for an ordinary user; for root the data's owner, or `nobody`."""
    if os.geteuid() != 0:
        return None
    entry = _owner(places.data) or _owner(places.var) or _nobody()
    reached = (places.data, places.sockets, *programs)
    closed = any(not _may_reach(entry.pw_uid, entry.pw_gid, path) for path in reached)
    return Account(entry.pw_uid, entry.pw_gid, entry.pw_name, passes_through=closed)


def make_folders(places: Places, account: Account | None) -> None:
    """Create what is missing: private, and passable for the servers' user."""
    passable = 0o700 if account is None else 0o711
    try:
        for folder in (places.var, places.cluster, places.run):
            folder.mkdir(mode=passable, parents=True, exist_ok=True)
            if account is not None and folder.stat().st_uid == os.geteuid():
                folder.chmod(folder.stat().st_mode | 0o011)
        places.logs.mkdir(mode=0o700, exist_ok=True)
        for folder in (places.valkey, places.sockets):
            _make_private(folder, account)
    except PermissionError as error:
        raise of_another_user(error.filename) from error


def _make_private(folder: Path, account: Account | None) -> None:
    folder.mkdir(mode=0o700, exist_ok=True)
    uid = os.geteuid() if account is None else account.uid
    found = folder.lstat()
    if not stat.S_ISDIR(found.st_mode) or found.st_uid not in {uid, os.geteuid()}:
        raise LocalError(
            f"{folder} belongs to somebody else; remove it or set OPSDESK_VAR."
        )
    if account is not None and found.st_uid != uid:
        account.own(folder)
    folder.chmod(0o700)


def _owner(folder: Path) -> pwd.struct_passwd | None:
    try:
        uid = folder.stat().st_uid
        return pwd.getpwuid(uid) if uid != 0 else None
    except (OSError, KeyError):
        return None


def _nobody() -> pwd.struct_passwd:
    try:
        return pwd.getpwnam("nobody")
    except KeyError:
        raise LocalError(
            "PostgreSQL refuses to run as root and this machine has no user"
            " “nobody”. Run as an ordinary user, or set DATABASE_URL and REDIS_URL."
        ) from None


def _may_reach(uid: int, gid: int, path: Path) -> bool:
    return all(_may_pass(uid, gid, parent) for parent in path.resolve().parents)


def _may_pass(uid: int, gid: int, folder: Path) -> bool:
    try:
        found = folder.stat()
    except OSError:
        return True  # not there yet: it will be made passable
    if found.st_uid == uid:
        return bool(found.st_mode & stat.S_IXUSR)
    if found.st_gid == gid:
        return bool(found.st_mode & stat.S_IXGRP)
    return bool(found.st_mode & stat.S_IXOTH)
