"""Databases of their own for the benchmarks, kept in var/bench between runs.

The data is declared: so many snags, 5 % open, 40 departments, 40 owners, 2,000
reporters, 24 months, a Zipf vocabulary of 3,000 words; calendar Mon-Fri 09:00-17:30
Europe/London with England's holidays.
"""

import os
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

import environ
import psycopg2

from benchmarks import seeding

ROOT = Path(__file__).parent.parent


@dataclass(frozen=True)
class Database:
    """One seeded database and how to reach it."""

    name: str
    snags: int
    url: str

    def connect(self) -> "psycopg2.extensions.connection":
        return _connect(self.url)

    def environment(self) -> dict[str, str]:
        """What a process of the product needs to run on it."""
        return {**os.environ, "DATABASE_URL": self.url, "PYTHONPATH": str(ROOT)}

    def manage(self, *command: str) -> str:
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


def prepared(name: str, snags: int, *, clocks: int = 0) -> Database:
    """The database of that size, seeded now or by an earlier run."""
    database = Database(name, snags, _url_of(name))
    mark = f"{seeding.VERSION} {snags} {clocks}"
    if _mark(database) == mark:
        return database
    began = time.perf_counter()
    _recreate(name)
    database.manage("migrate", "--verbosity", "0")
    with database.connect() as connection:
        seeding.seed(connection, snags, clocks=clocks)
    database.manage("rollup", "--rebuild")
    connection = database.connect()
    connection.autocommit = True
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE")
        cursor.execute("CREATE TABLE bench_mark (mark text)")
        cursor.execute("INSERT INTO bench_mark VALUES (%s)", [mark])
    connection.close()
    print(f"Seeded {name}: {snags:,} snags, {time.perf_counter() - began:.0f} s.")
    return database


def _url_of(name: str) -> str:
    return f"{os.environ['DATABASE_URL'].rpartition('/')[0]}/{name}"


def _connect(url: str) -> "psycopg2.extensions.connection":
    """Through the same reading of the address as the settings do it."""
    place = environ.Env.db_url_config(url)
    return psycopg2.connect(
        host=place["HOST"],
        port=place["PORT"] or None,
        user=place["USER"],
        password=place["PASSWORD"] or None,
        dbname=place["NAME"],
    )


def _mark(database: Database) -> str:
    try:
        with database.connect() as connection, connection.cursor() as cursor:
            cursor.execute("SELECT mark FROM bench_mark")
            return cursor.fetchone()[0]
    except (psycopg2.Error, TypeError):
        return ""


def _recreate(name: str) -> None:
    connection = _connect(_url_of("postgres"))
    connection.autocommit = True
    with connection.cursor() as cursor:
        cursor.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')
        cursor.execute(f'CREATE DATABASE "{name}"')
    connection.close()
