"""Keeps a handful of processes running, and takes them down in order."""

import contextlib
import os
import signal
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from opsdesk.local import processes
from opsdesk.local.places import Places

# Celery finishes what it runs on TERM, drops it on QUIT; gunicorn alike.
STOPPING = ((signal.SIGTERM, 8.0), (signal.SIGQUIT, 3.0), (signal.SIGKILL, 3.0))
MARK = "OPSDESK_SUPERVISED"
LEFTOVERS = ((signal.SIGTERM, 3.0), (signal.SIGKILL, 3.0))
FIRST_WAIT = 0.5
LONGEST_WAIT = 30.0
STABLE_AFTER = 30.0


@dataclass(frozen=True)
class Program:
    """A process to keep running, and its name in the logs."""

    name: str
    argv: tuple[str, ...]
    # Lower goes first, and is gone before the next; equals go together.
    leaves: int = 0


class Child:
    """One program, running or waiting to be started again."""

    def __init__(self, program: Program, process: subprocess.Popen[bytes]) -> None:
        """Note when it started, to tell a crash from a long life."""
        self.program = program
        self.process = process
        self.started = time.monotonic()
        self.wait = FIRST_WAIT
        self.restart_at: float | None = None


class Supervisor:
    """Starts programs, restarts the fallen, takes all down in their order."""

    def __init__(
        self,
        places: Places,
        environ: Mapping[str, str],
        say: Callable[[str], None],
        hurry: Callable[[], bool] = lambda: False,
    ) -> None:
        """Nothing runs yet."""
        self._hurry = hurry
        self._places = places
        self._environ = environ
        self._say = say
        self._children: list[Child] = []

    def start(self, program: Program) -> subprocess.Popen[bytes]:
        """Start a program and keep it running from now on."""
        processes.rotate(self.log_of(program))
        child = Child(program, self._spawn(program))
        self._children.append(child)
        return child.process

    def look(self) -> None:
        """One round: notice who fell, and start again whose wait is over."""
        for child in self._children:
            if child.restart_at is None and child.process.poll() is not None:
                self._note_fall(child)
            elif child.restart_at is not None and time.monotonic() >= child.restart_at:
                self._restart(child)

    def stop(self) -> None:
        """Stop all in the order the programs name."""
        for turn in sorted({child.program.leaves for child in self._children}):
            going = [c.process for c in self._children if c.program.leaves == turn]
            stop_groups([p.pid for p in going], hurry=self._hurry)
            for process in going:
                process.wait()
        self._children.clear()

    def log_of(self, program: Program) -> Path:
        """Where a program's output goes."""
        return self._places.logs / f"{program.name}.log"

    def _spawn(self, program: Program) -> subprocess.Popen[bytes]:
        return processes.spawn(
            program.argv,
            log=self.log_of(program),
            environ=marked(self._places, self._environ),
            dies_with_us=True,
        )

    def _note_fall(self, child: Child) -> None:
        if time.monotonic() - child.started > STABLE_AFTER:
            child.wait = FIRST_WAIT
        child.restart_at = time.monotonic() + child.wait
        self._say(
            f"{child.program.name} ended ({_how(child.process.returncode)});"
            f" starting it again. Its log: {self.log_of(child.program)}"
        )
        # What it had forked must not work beside its successor.
        _kill_group(child.process.pid)

    def _restart(self, child: Child) -> None:
        child.process = self._spawn(child.program)
        child.started = time.monotonic()
        child.wait = min(child.wait * 2, LONGEST_WAIT)
        child.restart_at = None


def marked(places: Places, environ: Mapping[str, str]) -> dict[str, str]:
    """An environment by which the next start knows what an earlier one left."""
    return {**environ, MARK: str(places.var)}


def clear_leftovers(places: Places) -> int:
    """Stop what a killed supervisor left running, and say how many those were."""
    left = processes.all_marked(MARK, str(places.var))
    processes.stop_all(left, LEFTOVERS)
    return len(left)


def stop_groups(
    pids: Sequence[int],
    stages: processes.Stages = STOPPING,
    *,
    hurry: Callable[[], bool] = lambda: False,
) -> None:
    """Stop processes that lead their own groups, and whatever they had forked."""
    processes.stop_all(pids, stages, hurry=hurry)
    for pid in pids:
        _kill_group(pid)


def _kill_group(pid: int) -> None:
    """What the leader had forked ends now, and is waited for."""
    deadline = time.monotonic() + 1
    with contextlib.suppress(ProcessLookupError, PermissionError):
        while time.monotonic() < deadline:
            os.killpg(pid, signal.SIGKILL)
            time.sleep(0.01)


def _how(code: int) -> str:
    return f"signal {-code}" if code < 0 else f"exit code {code}"
