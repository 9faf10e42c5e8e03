"""A company that all tests of a module start from: made once, and never committed."""

from copy import deepcopy

import pytest
from django.db import transaction

from tests import factories
from tests.changes.factories import World


@pytest.fixture(scope="module")
def undone(django_db_setup, django_db_blocker):
    """What a module makes on top of this is there until its last test has run."""
    with django_db_blocker.unblock(), transaction.atomic():
        factories.first_policies()
        yield
        transaction.set_rollback(True)


@pytest.fixture(scope="module")
def company(undone):
    """The people and places, and whatever a module adds by a fixture of this name."""
    return World(factories.make_landscape())


@pytest.fixture
def w(company, db):
    """The company as this test finds it; what the test does to it is undone."""
    return deepcopy(company)


def kept(name):
    """A fixture of that name: what the company keeps under it."""
    return pytest.fixture(lambda w: getattr(w, name), name=name)
