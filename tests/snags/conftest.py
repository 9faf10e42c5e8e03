import pytest

from tests import factories

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
        factories.built_in_profile()
