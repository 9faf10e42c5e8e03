"""`make run`: the whole product under one supervisor, until Ctrl-C."""

import contextlib
import fcntl
import http.client
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from types import FrameType

from opsdesk.local import postgres, processes, servers, valkey
from opsdesk.local.errors import LocalError
from opsdesk.local.places import BASE_DIR, Places
from opsdesk.local.prepare import is_ready
from opsdesk.local.supervisor import Program, Supervisor, clear_leftovers, marked

FIRST_PAGE_PATIENCE = 60.0
PYTHON = (sys.executable, "-m")


class Interrupted(Exception):  # noqa: N818
    """Somebody asked us to end, by Ctrl-C or by a signal."""


class Ending:
    """Whether somebody asked us to end.

    The signal handler only notes it and every wait looks: an exception raised by a
    handler can land in a callback of Python's own and be lost there.
    """

    def __init__(self) -> None:
        """From now on signals are noted."""
        self.asked = False
        self.hurry = False
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, self._note)

    def look(self) -> None:
        """End the wait one is in, if we were asked to."""
        if self.asked:
            raise Interrupted

    def _note(self, _number: int, _frame: FrameType | None) -> None:
        # A second wish makes the ending quick.
        self.hurry = self.asked
        self.asked = True


@dataclass(frozen=True)
class Address:
    """Where the web process listens."""

    host: str
    port: int

    @property
    def url(self) -> str:
        """What a person on this machine types."""
        local = self.host in {"127.0.0.1", "::1", "0.0.0.0", "::"}  # noqa: S104
        return f"http://{'localhost' if local else self.host}:{self.port}/"


def say(text: str) -> None:
    """One line on the console; the details are in the logs."""
    # The terminal may be gone already, and we must still end in order.
    with contextlib.suppress(OSError):
        sys.stdout.write(f"{text}\n")
        sys.stdout.flush()


def run(address: Address) -> None:
    """Everything up, the address printed, everything down again at the end."""
    ending = Ending()
    environ = os.environ
    servers.export(environ)
    environ.setdefault("OPSDESK_SITE_URL", address.url.rstrip("/"))
    environ["OPSDESK_BIND"] = f"{address.host}:{address.port}"
    places = Places.of(environ)
    servers.make(places)
    with only_one(places, address):
        if clear_leftovers(places):
            say("Ended the processes an earlier run had left behind.")
        check_port(address)
        try:
            _serve(address, places, ending)
        except Interrupted:
            say("Stopped.")


def check_port(address: Address) -> None:
    """Refuse a busy port before anything is started."""
    family = socket.AF_INET6 if ":" in address.host else socket.AF_INET
    with socket.socket(family) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((address.host, address.port))
        except OSError as error:
            raise LocalError(_why_not(address, error)) from error


def _why_not(address: Address, error: OSError) -> str:
    if isinstance(error, PermissionError):
        return f"Port {address.port} is reserved. Try: make run PORT=8000"
    if isinstance(error, socket.gaierror):
        return f"“{address.host}” is not an address of this machine."
    return (
        f"Port {address.port} is in use. Try: make run PORT={_next_free(address.port)}"
    )


def _next_free(port: int) -> int:
    for candidate in range(port + 1, min(port + 50, 65536)):
        with socket.socket() as probe, contextlib.suppress(OSError):
            probe.bind(("127.0.0.1", candidate))
            return candidate
    return 8000


def _serve(address: Address, places: Places, ending: Ending) -> None:
    begun = time.monotonic()
    supervisor = Supervisor(places, os.environ, say, lambda: ending.hurry)
    lease = servers.take(os.environ)
    try:
        if not (lease is not None and is_ready(places)):
            say("Preparing the database; the first time takes a little longer.")
            wants_demo = os.environ.get("OPSDESK_DEMO") != "none"
            _prepare(places, ending, "migrate", *(["demo"] if wants_demo else []))
        web, *others = programs()
        process = supervisor.start(web)
        logins = _prepare(places, ending, "logins").rstrip()
        _await_first_page(address, process, supervisor.log_of(web), ending)
        _welcome(address, places, logins, time.monotonic() - begun)
        for program in others:
            supervisor.start(program)
        _watch(supervisor, ending)
    finally:
        supervisor.stop()
        if lease is not None:
            _leave(lease)


def programs() -> list[Program]:
    """The processes of one machine, in the order they start."""
    celery = (*PYTHON, "celery", "-A", "opsdesk", "--no-color")
    logged = ("--loglevel", "INFO")
    # Workers of one machine have nothing to tell each other; saves a second at start.
    alone = ("--without-mingle", "--without-gossip", *logged)
    schedule = Places.of(os.environ).run / "celerybeat-schedule"
    return [
        Program(
            "web",
            (*PYTHON, "gunicorn", "-c", "python:opsdesk.gunicorn", "opsdesk.wsgi"),
            leaves=3,
        ),
        Program(
            "worker",
            (*celery, "worker", "-n", "worker@%h", "-Q", "celery", "-c", "2", *alone),
            leaves=2,
        ),
        Program(
            "probe",
            (*celery, "worker", "-n", "probe@%h", "-Q", "probe", "-c", "2", *alone),
            leaves=2,
        ),
        Program(
            "beat",
            # It only rings; checking the product would load every page first.
            (*celery, "--skip-checks", "beat", "--schedule", str(schedule), *logged),
            leaves=1,
        ),
    ]


def reset() -> None:
    """The demo company anew: database, broker, attachments and mail thrown away."""
    environ = os.environ
    wanted = servers.export(environ)
    if not wanted.postgres:
        raise LocalError(
            "make reset-demo throws away the embedded database only; DATABASE_URL"
            " names your own. Unset it, or empty that database yourself."
        )
    places = Places.of(environ)
    servers.make(places)
    with only_one(places, None):
        clear_leftovers(places)
        lease = servers.take(environ)
        try:
            (places.cluster / "prepared").unlink(missing_ok=True)
            postgres.reset(places)
            if wanted.valkey:
                valkey.ask(places, "FLUSHALL")
            for name in ("attachments", "mail"):
                _empty(places.var / name)
            _prepare(places, Ending(), "migrate", "demo")
        finally:
            if lease is not None:
                lease.release()
    say("The demo company is as new.")


def _prepare(places: Places, ending: Ending, *steps: str) -> str:
    """Run the steps in a process of their own, and return what it printed."""
    log = places.logs / "prepare.log"
    processes.rotate(log)
    start = log.stat().st_size if log.exists() else 0
    with log.open("ab") as errors:
        process = subprocess.Popen(  # noqa: S603
            [*PYTHON, "opsdesk.local.prepare", *steps],
            cwd=BASE_DIR,
            env=marked(places, os.environ),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=errors,
            text=True,
            start_new_session=True,
        )
    try:
        said = _communicate(process, ending)
    except BaseException:
        processes.stop(process.pid, ((signal.SIGTERM, 5.0), (signal.SIGKILL, 5.0)))
        process.communicate()
        raise
    if process.returncode != 0:
        raise LocalError(
            f"Preparing the database failed. It said (in {log}):\n"
            + processes.tail(log, start)
        )
    return said


def _communicate(process: subprocess.Popen[str], ending: Ending) -> str:
    while True:
        ending.look()
        try:
            return process.communicate(timeout=0.1)[0]
        except subprocess.TimeoutExpired:
            continue


def _await_first_page(
    address: Address, process: subprocess.Popen[bytes], log: Path, ending: Ending
) -> None:
    deadline = time.monotonic() + FIRST_PAGE_PATIENCE
    while time.monotonic() < deadline:
        ending.look()
        if process.poll() is not None:
            break
        if _answers(address):
            return
        time.sleep(0.05)
    raise LocalError(
        f"The web process does not answer. It said (in {log}):\n{processes.tail(log)}"
    )


def _answers(address: Address) -> bool:
    host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(  # noqa: S104
        address.host, address.host
    )
    connection = http.client.HTTPConnection(host, address.port, timeout=30)
    try:
        connection.request("GET", "/", headers={"Host": f"localhost:{address.port}"})
        return connection.getresponse().status < 500
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()


def _welcome(address: Address, places: Places, logins: str, took: float) -> None:
    say(f"\nopsdesk answers at {address.url} (ready after {took:.1f} s).")
    if logins:
        say(f"\n{logins}")
    say(f"\nData and logs are kept in {places.var}. Stop with Ctrl-C.")


def _watch(supervisor: Supervisor, ending: Ending) -> None:
    """Until interrupted: nobody stays down."""
    while True:
        ending.look()
        supervisor.look()
        try:
            if servers.revive(os.environ):
                say("A database server had ended and was started again.")
        except LocalError as error:
            say(str(error))
        time.sleep(0.2)


def _leave(lease: servers.Lease) -> None:
    if not lease.release():
        say("PostgreSQL and Valkey stay up: another command still uses them.")


def _empty(folder: Path) -> None:
    for path in sorted(folder.rglob("*"), reverse=True):
        path.rmdir() if path.is_dir() and not path.is_symlink() else path.unlink()


@contextlib.contextmanager
def only_one(places: Places, address: Address | None) -> Iterator[None]:
    """One supervisor a copy; the kernel forgets it when it dies."""
    path = places.run / "supervisor.lock"
    with path.open("a+") as record:
        try:
            fcntl.flock(record, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            record.seek(0)
            raise LocalError(
                f"opsdesk already runs from {places.var}"
                f" ({record.read().strip() or 'being reset'}). Stop it with Ctrl-C"
                " there, or run a second copy beside it:"
                " make run OPSDESK_VAR=DIRECTORY PORT=8001"
            ) from None
        record.truncate(0)
        if address is not None:
            record.write(f"process {os.getpid()}, {address.url}\n")
        record.flush()
        yield
