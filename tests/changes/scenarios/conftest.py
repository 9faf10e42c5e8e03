"""One world for all scenarios: NC is made ready once, each test is rolled back."""

import pytest
from django.core.cache import cache
from django.db import transaction

from changes.services import testing
from opsdesk.accounts.models import User
from opsdesk.core import clock
from tests import factories
from tests.changes.drafts import HOUR
from tests.changes.factories import World, again
from tests.changes.pressing import Pages


@pytest.fixture(scope="package")
def built(django_db_setup, django_db_blocker):
    """The world and its NC, there until the package ends; nothing is committed."""
    with django_db_blocker.unblock(), transaction.atomic():
        cache.clear()
        factories.first_policies()
        world = World(factories.make_landscape())
        world.ran_before()
        promotion = world.ready()
        testing.assign_test(
            promotion.change,
            actor=world.rita,
            environment=world.dev,
            area="Finance",
            assigned_to=world.tom,
            due_at=clock.now() + HOUR,
        )
        yield world, promotion
        transaction.set_rollback(True)


@pytest.fixture(autouse=True)
def db(built):
    """The world's database; whatever a test does to it is undone."""
    with transaction.atomic():
        yield
        transaction.set_rollback(True)


@pytest.fixture(scope="package")
def w(built):
    """The people and places."""
    return built[0]


@pytest.fixture
def nc(built, db):
    """Approved, signed off by Tom, its promotion to production approved by Eve."""
    return again(built[1])


@pytest.fixture(scope="package")
def pages(built):
    """What people press, each signed in as themselves."""
    world = built[0]
    return Pages(*(row for row in vars(world).values() if isinstance(row, User)))
