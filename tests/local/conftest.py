"""A copy of opsdesk in a folder of its own, used by processes of its own."""

import os
import shutil
import signal
import subprocess
import sys
import tempfile
from pathlib import Path

import psutil
import pytest

from opsdesk.local import postgres
from opsdesk.local.places import BASE_DIR, Places

HOLDER = """
import os, signal, sys
from opsdesk.local import servers
# What runs in the background of a shell is started deaf to Ctrl-C.
signal.signal(signal.SIGINT, signal.default_int_handler)
lease = servers.take(os.environ)
print("up", flush=True)
sys.stdin.readline()
print("last" if lease.release() else "not last", flush=True)
"""


def _memory_with_room() -> str | None:
    """Each copy writes 50 MB; memory takes them many times faster than a disk."""
    memory = Path("/dev/shm")
    roomy = memory.is_dir() and shutil.disk_usage(memory).free > 1024**3
    return str(memory) if roomy else None


ROOMY = _memory_with_room()


class Copy:
    """The folder, its environment, and the processes a test started in it."""

    def __init__(self, var: Path) -> None:
        self.var = var
        self.places = Places(var.resolve())
        self.environ = {
            name: value
            for name, value in os.environ.items()
            if name not in {"DATABASE_URL", "REDIS_URL"}
        } | {
            "OPSDESK_VAR": str(var),
            "OPSDESK_SERVERS": "test",
            "DJANGO_SETTINGS_MODULE": "opsdesk.settings",
        }
        self._started: list[subprocess.Popen] = []

    def start(self, *argv: str, **environ: str) -> subprocess.Popen:
        process = subprocess.Popen(
            [sys.executable, *argv],
            cwd=BASE_DIR,
            env=self.environ | environ,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )
        self._started.append(process)
        return process

    def holder(self) -> subprocess.Popen:
        """A process that has the servers up and waits to be told to leave."""
        process = self.start("-c", HOLDER)
        assert process.stdout.readline() == "up\n"
        return process

    def postmaster(self) -> int:
        record = self.places.data / "postmaster.pid"
        return int(record.read_text().split("\n", 1)[0])

    def broker(self) -> int:
        return int((self.places.sockets / "valkey.pid").read_text())

    def living(self) -> list[str]:
        """Every process that works for this copy, but for those just waiting."""
        return [
            " ".join(process.cmdline())
            for process in psutil.process_iter()
            if process.pid != os.getpid() and self._belongs(process)
        ]

    def end(self) -> None:
        for process in self._started:
            if process.poll() is None:
                os.killpg(process.pid, signal.SIGKILL)
            process.communicate()
        if (self.places.data / "postmaster.pid").exists():
            postgres.stop(self.places)  # a killed one would leave shared memory
        for process in psutil.process_iter():
            if process.pid != os.getpid() and self._belongs(process):
                process.kill()
        shutil.rmtree(self.places.sockets, ignore_errors=True)

    def _belongs(self, process: psutil.Process) -> bool:
        try:
            return process.status() != psutil.STATUS_ZOMBIE and (
                process.environ().get("OPSDESK_VAR") == str(self.var)
                or process.cwd().startswith(str(self.places.var))
            )
        except psutil.Error:
            return False


def leave(holder: subprocess.Popen) -> str:
    """Tell a holder to go; it answers whether it was the last one out."""
    said, _ = holder.communicate("\n", timeout=30)
    return said.strip()


@pytest.fixture
def empty_copy():
    """A copy nobody has used yet; whatever it started is gone afterwards."""
    with tempfile.TemporaryDirectory(prefix="opsdesk-", dir=ROOMY) as folder:
        Path(folder).chmod(0o711)
        made = Copy(Path(folder) / "var")
        yield made
        made.end()


@pytest.fixture(scope="session")
def used_folder():
    """The folder of a copy whose servers ran once: making a cluster takes a second."""
    with tempfile.TemporaryDirectory(prefix="opsdesk-", dir=ROOMY) as folder:
        Path(folder).chmod(0o711)
        made = Copy(Path(folder) / "var")
        leave(made.holder())
        made.end()
        yield made.var


@pytest.fixture
def copy(empty_copy, used_folder):
    """A copy whose servers have run before and are down."""
    subprocess.run(["cp", "-a", str(used_folder), str(empty_copy.var)], check=True)
    return empty_copy
