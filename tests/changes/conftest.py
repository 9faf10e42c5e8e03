"""What every test of changes finds: who must agree, as a new installation has it."""

from importlib import import_module

import pytest
from django.apps import apps

from opsdesk.core.models import ApprovalPolicy


@pytest.fixture
def db(db):
    """Tests with transactions of their own empty every table, first policies too."""
    if not ApprovalPolicy.objects.exists():
        import_module("changes.migrations.0003_first_policies").add(apps, None)
