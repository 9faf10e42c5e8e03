"""One company for all these modules: built once, every request rolled back."""

from functools import wraps

import pytest
from django.core.cache import cache
from django.db import connection, transaction
from psycopg2 import sql

from opsdesk.core.policy import routes
from tests.accounts import sign_in
from tests.proof import world as worlds
from tests.proof.looking import Door, Looks

# Being there leaves traces that are not facts: sessions, signs of life, double posts.
TRACES = (
    "django_session",
    "usersessions_usersession",
    "core_heartbeat",
    "core_submission",
    "django_migrations",
    "account_emailaddress",  # the log-in package's own copy of a person's address
)
WRITTEN = (
    "SELECT relname, n_tup_ins + n_tup_upd + n_tup_del FROM pg_stat_xact_user_tables"
    " WHERE schemaname = 'public'"
)


@pytest.fixture(scope="package")
def world(django_db_setup, django_db_blocker):
    """The company, there as long as these tests run; nothing of it is committed."""
    with django_db_blocker.unblock(), transaction.atomic():
        built = worlds.build()
        with connection.cursor() as cursor:
            cursor.execute(
                "SET CONSTRAINTS ALL IMMEDIATE; SET CONSTRAINTS ALL DEFERRED"
            )
        yield built
        transaction.set_rollback(True)


@pytest.fixture
def db(doors):
    """The company's database; whatever a test does to it, or is told, is undone."""
    cache.clear()  # nobody has tried too often yet
    told = {name: client.cookies.copy() for name, client in doors.items()}
    with transaction.atomic():
        yield
        transaction.set_rollback(True)
    for name, cookies in told.items():
        doors[name].cookies = cookies


@pytest.fixture(scope="package")
def doors(world):
    """A signed-in client for each of the cast, and one for nobody."""
    found = {"nobody signed in": Door()}
    for name, person in world.people.items():
        if person.is_active and not person.is_service:
            found[name] = Door()
            sign_in(found[name], person)
    return found


@pytest.fixture(scope="package")
def looks(world, doors):
    """What the cast see when they look, and which views they get to."""
    entered = set()

    def noted(name, view):
        @wraps(view)
        def reached(request, *args, **kwargs):
            entered.add(name)
            return view(request, *args, **kwargs)

        return reached

    with pytest.MonkeyPatch.context() as patch:
        for name, pattern in routes():
            patch.setattr(pattern, "callback", noted(name, pattern.callback))
        yield Looks(world, doors, entered)


class Rows:
    """A digest of every row of every table but the traces, table by table.

    PostgreSQL counts what a transaction writes, undone or not: a table whose count has
    not grown since it was last looked at need not be read again.
    """

    def __init__(self) -> None:
        self.digests = _digests(
            [n for n in connection.introspection.table_names() if n not in TRACES]
        )
        self.written = _written()

    def changed(self) -> list[str]:
        """The tables that differ now."""
        written = _written()
        touched = [
            name for name in self.digests if written.get(name) != self.written.get(name)
        ]
        now = _digests(touched) if touched else {}
        found = [name for name in touched if now[name] != self.digests[name]]
        if not found:
            self.written = written
        return found


def _written() -> dict[str, int]:
    with connection.cursor() as cursor:
        cursor.execute(WRITTEN)
        return dict(cursor.fetchall())


def _digests(names: list[str]) -> dict[str, str]:
    digest = sql.SQL(
        "SELECT {}, md5(coalesce(string_agg(t::text, '|' ORDER BY t::text), ''))"
        " FROM {} t"
    )
    parts = [digest.format(sql.Literal(name), sql.Identifier(name)) for name in names]
    with connection.cursor() as cursor:
        cursor.execute(sql.SQL(" UNION ALL ").join(parts))
        return dict(cursor.fetchall())


@pytest.fixture(scope="package")
def at_rest(world, doors):
    """What the database holds before anybody does anything."""
    return Rows()
