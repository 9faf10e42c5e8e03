"""A fresh clone of what is committed: how long until its first page, and its tests."""

import http.client
import os
import shutil
import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from socket import socket

from benchmarks.databases import ROOT
from benchmarks.table import Row, at_most

PATIENCE = 300.0
FIRST_PAGE = "/account/login/"
# What would point the clone at other servers than its own.
OURS = ("DATABASE_URL", "REDIS_URL", "OPSDESK_VAR", "OPSDESK_ENV", "OPSDESK_SERVERS")


def run() -> list[Row]:
    """Start it for the first time, with the packages cached, and once more.

    They are: this very checkout has installed them.
    """
    with cloned() as clone:
        return [
            at_most("make run: first start to first page", _started(clone), "s", 25),
            at_most("make run: second start to first page", _started(clone), "s", 8),
        ]


def suite() -> list[Row]:
    """Run all its tests."""
    with cloned() as clone:
        _make(clone, "install-dev")
        began = time.perf_counter()
        _make(clone, "test")
        took = time.perf_counter() - began
    return [at_most("make test: the whole suite", took, "s", 180)]


@contextmanager
def cloned() -> Iterator[Path]:
    """What is committed, in a folder of its own."""
    clone = Path(os.environ["OPSDESK_VAR"]) / "clone"
    shutil.rmtree(clone, ignore_errors=True)
    source = ["git", "clone", "--quiet", "--local", str(ROOT), str(clone)]
    subprocess.run(source, check=True)
    try:
        yield clone
    finally:
        shutil.rmtree(clone)


def _make(clone: Path, what: str) -> None:
    done = subprocess.run(
        ["make", what],
        cwd=clone,
        env=_environment(),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    if done.returncode:
        raise RuntimeError(f"make {what}: {done.stdout[-3000:]}")


def _started(clone: Path) -> float:
    """Seconds from the command to the first page; ends it with Ctrl-C."""
    with socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    log = clone.with_suffix(".log")
    with log.open("w") as file:
        began = time.perf_counter()
        process = subprocess.Popen(
            ["make", "run", f"PORT={port}"],
            cwd=clone,
            env=_environment(),
            stdout=file,
            stderr=file,
            start_new_session=True,
        )
        try:
            while not _answers(port):
                if process.poll() is not None or time.perf_counter() > began + PATIENCE:
                    raise RuntimeError(f"make run: {log.read_text()[-3000:]}")
                time.sleep(0.05)
            return time.perf_counter() - began
        finally:
            os.killpg(process.pid, signal.SIGINT)
            process.wait(60)


def _answers(port: int) -> bool:
    line = http.client.HTTPConnection("localhost", port, timeout=30)
    try:
        line.request("GET", FIRST_PAGE)
        return line.getresponse().status == 200
    except OSError:
        return False
    finally:
        line.close()


def _environment() -> dict[str, str]:
    return {name: value for name, value in os.environ.items() if name not in OURS}
