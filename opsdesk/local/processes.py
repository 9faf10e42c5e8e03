"""Processes by number: started apart from the terminal, recognised, stopped."""

import contextlib
import os
import signal
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import psutil  # type: ignore[import-untyped,unused-ignore]

from opsdesk.local import linux
from opsdesk.local.accounts import Account
from opsdesk.local.errors import LocalError

LARGEST_LOG = 10 * 1024 * 1024
Stages = Sequence[tuple[signal.Signals, float]]


@dataclass(frozen=True)
class Identity:
    """A process that cannot be confused with a later one of the same number."""

    pid: int
    started: float


def identify(pid: int) -> Identity | None:
    """The living process of that number; a zombie is not alive."""
    # A child of ours that ended stays a zombie until it is waited for.
    with contextlib.suppress(OSError):
        os.waitpid(pid, os.WNOHANG)
    try:
        process = psutil.Process(pid)
        if process.status() == psutil.STATUS_ZOMBIE:
            return None
        return Identity(pid, round(float(process.create_time()), 2))
    except psutil.Error:
        return None


def is_alive(identity: Identity) -> bool:
    """Whether that very process still runs."""
    return identify(identity.pid) == identity


def runs_in(pid: int, folder: Path) -> bool:
    """Whether the process has that folder as its working directory."""
    try:
        return bool(psutil.Process(pid).cwd() == str(folder))
    except (psutil.Error, OSError):
        return False


def mentions(pid: int, text: str) -> bool:
    """Whether the process was started with, or titled itself by, that text."""
    try:
        return text in " ".join(psutil.Process(pid).cmdline())
    except psutil.Error:
        return False


def all_of(program: str, folder: Path, text: str) -> list[int]:
    """Every living process of that program that works in the folder or names it."""
    return [
        pid
        for pid in psutil.pids()
        if _is_named(pid, program) and (runs_in(pid, folder) or mentions(pid, text))
    ]


def all_marked(name: str, value: str) -> list[int]:
    """Every living process, but for ourselves, with that in its environment."""
    return [
        pid
        for pid in psutil.pids()
        if pid != os.getpid() and _environment(pid).get(name) == value
    ]


def spawn(
    argv: Sequence[str | Path],
    *,
    log: Path,
    environ: Mapping[str, str],
    account: Account | None = None,
    dies_with_us: bool = False,
) -> subprocess.Popen[bytes]:
    """Start a process in a session of its own: Ctrl-C does not reach it."""
    with log.open("ab") as output:
        try:
            return subprocess.Popen(  # noqa: S603
                [str(part) for part in argv],
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                env=dict(environ),
                start_new_session=True,
                # No thread is ever started by those who start processes.
                preexec_fn=_before_exec(  # noqa: PLW1509
                    account, dies_with_us=dies_with_us
                ),
            )
        except (OSError, subprocess.SubprocessError) as error:
            raise LocalError(_cannot_start(argv[0], account, error)) from error


def stop(
    pid: int, stages: Stages, *, hurry: Callable[[], bool] = lambda: False
) -> bool:
    """Signal a process, each stage stronger, until it is gone."""
    return stop_all([pid], stages, hurry=hurry)


def stop_all(
    pids: Sequence[int], stages: Stages, *, hurry: Callable[[], bool] = lambda: False
) -> bool:
    """Signal processes together, each stage stronger, until all are gone."""
    left = [identity for pid in pids if (identity := identify(pid))]
    for number, seconds in stages:
        for identity in left:
            with contextlib.suppress(ProcessLookupError):
                os.kill(identity.pid, number)
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline and not hurry():
            left = [identity for identity in left if is_alive(identity)]
            if not left:
                return True
            time.sleep(0.02)
        left = [identity for identity in left if is_alive(identity)]
    return not left


def rotate(log: Path) -> None:
    """Keep one older file once a log has grown large."""
    with contextlib.suppress(FileNotFoundError):
        if log.stat().st_size > LARGEST_LOG:
            log.replace(log.with_suffix(".log.1"))


def tail(log: Path, start: int = 0, lines: int = 20) -> str:
    """The last lines a process wrote after that position."""
    try:
        text = log.read_bytes()[start:].decode(errors="replace")
    except OSError:
        return ""
    return "\n".join(text.splitlines()[-lines:])


def _environment(pid: int) -> dict[str, str]:
    try:
        return dict(psutil.Process(pid).environ())
    except (psutil.Error, OSError):
        return {}


def _is_named(pid: int, program: str) -> bool:
    try:
        return bool(psutil.Process(pid).name() == program)
    except psutil.Error:
        return False


def _before_exec(
    account: Account | None, *, dies_with_us: bool
) -> Callable[[], None] | None:
    if account is None and not dies_with_us:
        return None
    parent = os.getpid()

    def prepare() -> None:
        if account is not None:
            account.become()
        if dies_with_us:
            linux.die_with_parent(parent)

    return prepare


def _cannot_start(program: str | Path, account: Account | None, why: object) -> str:
    if account is None:
        return f"{program} could not be started: {why}."
    return (
        f"The servers do not run as root, and the user “{account.name}” may not"
        f" reach {program}. Move the checkout, run as an ordinary"
        " user, or set DATABASE_URL and REDIS_URL to servers of your own."
    )
