from importlib import import_module

import pytest
from django.apps import apps

WITH_PROFILE = {"test_importing", "test_importing_files", "test_snag_times"}


@pytest.fixture(autouse=True)
def built_in_profile(request):
    """Tests with real commits empty every table; this brings migrated rows back."""
    module = request.module.__name__.rpartition(".")[2]
    asked = {"db", "transactional_db"} & set(request.fixturenames)
    if module in WITH_PROFILE and (
        asked or request.node.get_closest_marker("django_db")
    ):
        request.getfixturevalue("db")
        import_module("snags.migrations.0003_servicenow_profile").add(apps, None)
