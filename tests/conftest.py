"""The cast. Every test names its actors; none invents a person."""

import gc
import os

import hypothesis
import pytest
from django.contrib.contenttypes.management import create_contenttypes
from django.db import connection
from django.db.models.signals import post_migrate  # noqa: TID251 (only let go of)
from django.test.utils import CaptureQueriesContext

from tests import factories
from tests.plugins import tables

# A busy machine is slow, not wrong. CI tries the same examples every time.
hypothesis.settings.register_profile(
    "suite",
    deadline=None,
    derandomize=bool(os.environ.get("CI")),
    suppress_health_check=[hypothesis.HealthCheck.too_slow],
)
hypothesis.settings.load_profile("suite")


def pytest_collection_modifyitems(items):
    """What takes long comes first, and what shares a company or a browser together."""
    first = ("proof", "browser", "local", "faults")
    rank = {f"tests/{name}": place for place, name in enumerate(first)}

    def place(item):
        return rank.get("/".join(item.nodeid.split("/")[:2]), len(first))

    items.sort(key=place)


def pytest_collection_finish():
    """What is imported now stays: the collector need not look at it again."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000, 20, 20)


@pytest.fixture(scope="session")
def django_db_modify_db_settings(
    django_db_modify_db_settings_parallel_suffix, django_db_blocker
):
    """pytest-django's own, and: a worker's database is a copy, not migrated anew."""
    with django_db_blocker.unblock():
        connection.settings_dict["TEST"]["TEMPLATE"] = tables.make()


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup, django_db_blocker):
    """What migrations put there is kept aside, for after a test that commits."""
    with django_db_blocker.unblock(), connection.cursor() as cursor:
        factories.first_policies()
        cursor.execute("CREATE SCHEMA IF NOT EXISTS kept")
        cursor.execute(
            "CREATE TABLE IF NOT EXISTS kept.core_approvalpolicy"
            " AS TABLE core_approvalpolicy"
        )
    # They fill tables that stay as they are when a test has committed (plugins/swept).
    post_migrate.disconnect(create_contenttypes)
    post_migrate.disconnect(
        dispatch_uid="django.contrib.auth.management.create_permissions"
    )


@pytest.fixture
def rob(db):
    """Reporter, in Finance."""
    return factories.make_user("rob", "reporter")


@pytest.fixture
def sam(db):
    """Support."""
    return factories.make_user("sam", "support")


@pytest.fixture
def sue(db):
    """Support, the other one."""
    return factories.make_user("sue", "support")


@pytest.fixture
def mia(db):
    """Manager."""
    return factories.make_user("mia", "manager")


@pytest.fixture
def ada(db):
    """Administrator."""
    return factories.make_user("ada", "administrator")


@pytest.fixture
def ann(db):
    """Access administrator."""
    return factories.make_user("ann", "access_administrator")


@pytest.fixture
def tim(db):
    """Technical approver."""
    return factories.make_user("tim", "approver_technical")


@pytest.fixture
def bea(db):
    """Business approver."""
    return factories.make_user("bea", "approver_business")


@pytest.fixture
def vic(db, northgate):
    """Contact of the supplier Northgate."""
    return factories.make_user("vic", "supplier", supplier=northgate)


@pytest.fixture
def amy(db):
    """Auditor."""
    return factories.make_user("amy", "auditor")


@pytest.fixture
def us(db):
    """The organisation itself."""
    return factories.make_party("Marlowe Fabrications", "organisation")


@pytest.fixture
def northgate(db):
    """A supplier."""
    return factories.make_party("Northgate ERP Partners", "supplier")


@pytest.fixture
def live(db):
    """The serving production environment, with a go-live and an open snaglist."""
    return factories.make_landscape()


@pytest.fixture
def same_queries(client):
    """Assert that a page costs the same however many rows it shows."""

    def check(url, add_rows, *, budget):
        client.get(url)
        add_rows(2)
        with CaptureQueriesContext(connection) as few:
            assert client.get(url).status_code == 200
        add_rows(6)
        with CaptureQueriesContext(connection) as many:
            assert client.get(url).status_code == 200
        assert len(many) == len(few) <= budget, [q["sql"][:140] for q in many]

    return check
