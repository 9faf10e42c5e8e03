"""What every test of changes finds: who must agree, as a new installation has it."""

import pytest

from tests import factories
from tests.changes.companies import company, undone, w

__all__ = ["company", "undone", "w"]


@pytest.fixture
def db(db):
    """Tests with transactions of their own empty every table, first policies too."""
    factories.first_policies()
