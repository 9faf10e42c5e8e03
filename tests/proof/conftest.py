"""One company for a whole module: built once, every request rolled back."""

import pytest
from django.core.cache import cache
from django.db import connection, transaction
from django.test import Client
from psycopg2 import sql

from tests.accounts import sign_in
from tests.proof import world as worlds

# Being there leaves traces that are not facts: sessions, signs of life, double posts.
TRACES = (
    "django_session",
    "usersessions_usersession",
    "core_heartbeat",
    "core_submission",
    "django_migrations",
    "account_emailaddress",  # the log-in package's own copy of a person's address
)


@pytest.fixture(scope="module")
def world(django_db_setup, django_db_blocker):
    """The company, there until the module ends; nothing of it is ever committed."""
    with django_db_blocker.unblock(), transaction.atomic():
        cache.clear()
        built = worlds.build()
        with connection.cursor() as cursor:
            cursor.execute(
                "SET CONSTRAINTS ALL IMMEDIATE; SET CONSTRAINTS ALL DEFERRED"
            )
        yield built
        transaction.set_rollback(True)


@pytest.fixture
def db(world):
    """The company's database; whatever a test does to it is undone."""
    with transaction.atomic():
        yield
        transaction.set_rollback(True)


@pytest.fixture(scope="module")
def doors(world):
    """A signed-in client for each of the cast, and one for nobody."""
    found = {"nobody signed in": Client(raise_request_exception=False)}
    for name, person in world.people.items():
        if person.is_active and not person.is_service:
            found[name] = Client(raise_request_exception=False)
            sign_in(found[name], person)
    return found


def fingerprint() -> dict[str, str]:
    """A digest of every row of every table but the traces, table by table."""
    tables = [
        name for name in connection.introspection.table_names() if name not in TRACES
    ]
    digest = sql.SQL(
        "SELECT {}, md5(coalesce(string_agg(t::text, '|' ORDER BY t::text), ''))"
        " FROM {} t"
    )
    parts = [digest.format(sql.Literal(name), sql.Identifier(name)) for name in tables]
    with connection.cursor() as cursor:
        cursor.execute(sql.SQL(" UNION ALL ").join(parts))
        return dict(cursor.fetchall())


def changed(before: dict[str, str]) -> list[str]:
    """The tables that differ now."""
    return [name for name, digest in fingerprint().items() if before[name] != digest]


@pytest.fixture(scope="module")
def at_rest(world, doors):
    """What the database holds before anybody does anything."""
    return fingerprint()


def read(answer):
    """The answer, with a file that was streamed read to its end and closed."""
    if answer.streaming:
        answer.body = answer.getvalue()  # the test client closes it at its end
    else:
        answer.body = answer.content
    return answer
