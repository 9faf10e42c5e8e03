"""Databases of their own for the benchmarks, kept in `var/bench` between runs.

They live in an embedded PostgreSQL of the benchmarks' own, tuned as `make run` tunes
it. A database is seeded anew when its shape changes or it is a week old: deadlines are
set around the day it was made.
"""

import os
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import environ
import psycopg2

from benchmarks import seeding
from benchmarks.seeding import Shape
from opsdesk.local import prepare, servers

ROOT = Path(__file__).resolve().parent.parent
VAR = ROOT / "var" / "bench"
# Up to this size copying through the log is faster than flushing everything first.
LITTLE = "128 MB"
_emptying = threading.Lock()
OURS = ("DATABASE_URL", "REDIS_URL", "OPSDESK_ENV", "OPSDESK_SERVERS")


@dataclass(frozen=True)
class Database:
    """One seeded database and how to reach it."""

    name: str

    @property
    def url(self) -> str:
        """Its address beside the copy's own database."""
        return f"{os.environ['DATABASE_URL'].rpartition('/')[0]}/{self.name}"

    def connect(self) -> Any:
        """A superuser's connection, for seeding and for moving time."""
        place = environ.Env.db_url_config(self.url)
        return psycopg2.connect(
            host=place["HOST"], user="postgres", dbname=place["NAME"]
        )

    def execute(self, *statements: str) -> None:
        """Run statements that each commit by themselves."""
        connection = self.connect()
        connection.autocommit = True
        with connection.cursor() as cursor:
            for statement in statements:
                cursor.execute(statement)
        connection.close()

    def value(self, statement: str) -> Any:
        """The one value a statement returns; None when it cannot be asked."""
        try:
            with self.connect() as connection, connection.cursor() as cursor:
                cursor.execute(statement)
                row = cursor.fetchone()
        except psycopg2.Error:
            return None
        return row[0] if row else None

    def environment(self, **more: str) -> dict[str, str]:
        """What a process of the product needs to run on it, as in production."""
        return {
            **os.environ,
            "DATABASE_URL": self.url,
            # In production mode the copy's own embedded servers are refused.
            "REDIS_URL": os.environ["REDIS_URL"].replace("db=0", "db=1"),
            "PYTHONPATH": str(ROOT),
            "DJANGO_SETTINGS_MODULE": "opsdesk.settings",
            "OPSDESK_ENV": "production",
            "OPSDESK_SECRET_KEY": "for-benchmarks-only-" + "0123456789" * 4,
            "OPSDESK_ALLOWED_HOSTS": "localhost,127.0.0.1",
            "OPSDESK_SSL_REDIRECT": "false",
            "OPSDESK_REQUIRE_MFA": "false",
            "OPSDESK_LOG_LEVEL": "WARNING",
            "OPSDESK_CACHE_PREFIX": self.name,
            **more,
        }

    def manage(self, *command: str) -> str:
        """Run a management command on it."""
        done = subprocess.run(
            [sys.executable, str(ROOT / "manage.py"), *command],
            env=self.environment(),
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode:
            raise RuntimeError(done.stderr[-2000:])
        return done.stdout


def use() -> None:
    """Have the benchmarks' own servers running until this process ends."""
    for name in OURS:
        os.environ.pop(name, None)
    os.environ.setdefault("OPSDESK_VAR", str(VAR))
    servers.use()


def prepared(name: str, shape: Shape) -> Database:
    """The database of that shape, seeded now or by an earlier run."""
    database = Database(name)
    mark = f"{seeding.VERSION} {shape}"
    kept = database.value(
        "SELECT mark FROM bench.mark WHERE made_at > now() - interval '7 days'"
    )
    if kept == mark:
        _migrate(database)
        return database
    began = time.perf_counter()
    _create(name, empty())
    seeding.seed(
        database.connect, shape, lambda: database.manage("rollup", "--rebuild")
    )
    database.execute(
        "VACUUM ANALYZE",
        "DROP TABLE bench.mark",
        "CREATE TABLE bench.mark (mark text, migrations text, made_at timestamptz)",
        f"INSERT INTO bench.mark VALUES ('{mark}', '{prepare.fingerprint()}', now())",  # noqa: S608
        "CHECKPOINT",
    )
    print(f"Seeded {name} in {time.perf_counter() - began:.0f} s: {shape}.", flush=True)
    return database


@contextmanager
def copied(source: Database, name: str) -> Iterator[Database]:
    """A copy to write to, so that the seeded database stays as it was made."""
    _create(name, source)
    try:
        yield Database(name)
    finally:
        _server().execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')


def empty() -> Database:
    """A database with tables and nothing in them, to copy from."""
    name = f"bench_empty_{prepare.fingerprint()[:12]}"
    database = Database(name)
    with _emptying:
        if database.value("SELECT 1 FROM bench.mark") != 1:
            _create(name, Database("template1"))
            database.manage("migrate", "--verbosity", "0")
            database.execute("CREATE SCHEMA bench", "CREATE TABLE bench.mark ()")
            database.execute("INSERT INTO bench.mark DEFAULT VALUES")
    return database


def _create(name: str, source: Database) -> None:
    size = f"pg_database_size('{source.name}') < pg_size_bytes('{LITTLE}')"
    strategy = "wal_log" if _server().value(f"SELECT {size}") else "file_copy"
    _server().execute(
        f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)',
        f'CREATE DATABASE "{name}" OWNER opsdesk TEMPLATE "{source.name}"'
        f" STRATEGY {strategy}",
    )


def _migrate(database: Database) -> None:
    newest = prepare.fingerprint()
    if database.value("SELECT migrations FROM bench.mark") != newest:
        database.manage("migrate", "--verbosity", "0")
        database.execute(
            f"UPDATE bench.mark SET migrations = '{newest}'"  # noqa: S608
        )


def _server() -> Database:
    return Database("postgres")
