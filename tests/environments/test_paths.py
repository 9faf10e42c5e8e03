import pytest
from django.urls import reverse

from environments.models import PromotionPath
from environments.services.paths import drop_path, edit_path, lay_path
from opsdesk.core.errors import NotAllowedError, RuleError, StaleError
from tests.factories import make_landscape


@pytest.fixture
def test_env(live):
    return live.landscape.environments.get(kind="dev_test")


def test_a_path_says_what_a_package_must_bring(live, test_env, ada):
    path = lay_path(live, actor=ada, upstream=test_env, soak_hours=72, sign_offs=2)

    assert (path.soak_hours, path.sign_offs, path.approvals) == (72, 2, 1)
    assert live.events.get().verb == "path_laid"


def test_one_path_per_class_is_enough(client, live, test_env, ada):
    lay_path(live, actor=ada, upstream=test_env)
    client.force_login(ada)

    answer = client.post(
        reverse("environments:path_new", args=[live.pk]),
        {"upstream": test_env.pk, "soak_hours": 1, "sign_offs": 1, "approvals": 1},
    )

    assert answer.status_code == 409
    assert "for this class already" in answer.content.decode()
    assert PromotionPath.objects.count() == 1


def test_a_path_stays_within_its_landscape(live, ada):
    other = make_landscape("WMS")

    with pytest.raises(RuleError, match="another landscape"):
        lay_path(live, actor=ada, upstream=other)

    assert PromotionPath.objects.count() == 0


def test_the_second_editor_of_a_path_is_told(live, test_env, ada):
    path = lay_path(live, actor=ada, upstream=test_env, soak_hours=24)
    edit_path(path, actor=ada, version=1, soak_hours=48)

    with pytest.raises(StaleError):
        edit_path(path, actor=ada, version=1, soak_hours=1)

    path.refresh_from_db()
    assert path.soak_hours == 48


def test_only_an_administrator_lays_and_closes_paths(live, test_env, ada, mia):
    path = lay_path(live, actor=ada, upstream=test_env)

    with pytest.raises(NotAllowedError):
        drop_path(path, actor=mia)

    assert PromotionPath.objects.count() == 1
    drop_path(path, actor=ada)
    assert PromotionPath.objects.count() == 0
    assert PromotionPath.history.first().history_user == ada


def test_a_path_that_two_drop_is_dropped_once(live, test_env, ada):
    path = lay_path(live, actor=ada, upstream=test_env)
    theirs = PromotionPath.objects.get()

    drop_path(path, actor=ada)
    drop_path(theirs, actor=ada)

    assert [event.verb for event in live.events.all()] == ["path_laid", "path_dropped"]
