"""What every test of changes finds: who must agree, as a new installation has it."""

import pytest

from tests import factories


@pytest.fixture
def db(db):
    """Tests with transactions of their own empty every table, first policies too."""
    factories.first_policies()
