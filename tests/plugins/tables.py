"""One database with every table; the database of each worker is a copy of it.

Migrating takes seconds of work, copying a quarter of one. Its name says which
migrations made it, so it lasts until one of them changes.
"""

import fcntl
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from django.conf import settings
from django.core.management import call_command
from django.db import connection
from psycopg2.extensions import make_dsn

from opsdesk.local import postgres, prepare


def make() -> str:
    """Its name; the first to ask makes it while the others wait.

    Whatever is there under another name is of other migrations, or half-made.
    """
    name = f"test_tables_{prepare.fingerprint()[:12]}"
    with _alone():
        if name not in (made := _made()):
            _say(*(f'DROP DATABASE "{other}"' for other in made))
            _migrate("test_tables")
            _say(f'ALTER DATABASE "test_tables" RENAME TO "{name}"')
    return name


def dump(path: Path) -> None:
    """Write it to a file that psql reads into an empty database of another server."""
    given = connection.settings_dict
    names = {"host": "HOST", "port": "PORT", "user": "USER", "password": "PASSWORD"}
    address = make_dsn(
        dbname=make(), **{key: given[name] or None for key, name in names.items()}
    )
    program = postgres.programs() / "pg_dump"
    subprocess.run(
        [program, "--no-owner", f"--dbname={address}", f"--file={path}"], check=True
    )


def _migrate(name: str) -> None:
    _say(f'CREATE DATABASE "{name}"')
    ours = connection.settings_dict["NAME"]
    connection.close()
    connection.settings_dict["NAME"] = name
    try:
        call_command("migrate", verbosity=0, interactive=False)
    finally:
        connection.close()
        connection.settings_dict["NAME"] = ours


def _made() -> list[str]:
    with connection._nodb_cursor() as cursor:  # as Django's own test databases do
        cursor.execute("SELECT datname FROM pg_database WHERE datname ~ '^test_tables'")
        return [name for (name,) in cursor.fetchall()]


def _say(*statements: str) -> None:
    with connection._nodb_cursor() as cursor:
        for statement in statements:
            cursor.execute(statement)


@contextmanager
def _alone() -> Iterator[None]:
    """One worker at a time; the lock goes with its holder, however that ends."""
    settings.VAR_DIR.mkdir(parents=True, exist_ok=True)
    with (settings.VAR_DIR / "test-tables.lock").open("w") as handle:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
