"""Whether the product is well: for balancers, for whoever holds the token."""

from datetime import timedelta

import pytest
from django.core.cache import caches
from django.db import connection
from django.db.migrations.recorder import MigrationRecorder
from django.urls import reverse

from opsdesk.core import clock
from opsdesk.core.models import Heartbeat, Message
from snags.models import Clock
from tests.factories import make_contract, make_snag

pytestmark = pytest.mark.django_db
READY = {"status": "ok", "database": True, "migrated": True, "broker": True}


def test_alive_asks_nothing(client, django_assert_num_queries):
    with django_assert_num_queries(0):
        answer = client.get(reverse("health_live"))

    assert (answer.status_code, answer.content) == (200, b"ok")


def test_ready_when_everything_answers(client):
    answer = client.get(reverse("health_ready"))

    assert (answer.status_code, answer.json()) == (200, READY)


def test_a_missing_broker_is_said_and_stops_nobody(client, settings):
    lost = {**settings.CACHES["default"], "LOCATION": "redis://127.0.0.1:1/0"}
    settings.CACHES = {"default": lost}

    answer = client.get(reverse("health_ready"))

    assert answer.status_code == 200
    assert answer.json() == {**READY, "status": "degraded", "broker": False}
    caches.close_all()


def test_a_database_that_is_not_migrated_is_not_ready(client):
    MigrationRecorder.Migration.objects.filter(app="snags").latest("pk").delete()

    answer = client.get(reverse("health_ready"))

    assert answer.status_code == 503
    expected = {**READY, "status": "unavailable", "migrated": False}
    assert answer.json() == expected


@pytest.mark.django_db(transaction=True)
def test_a_database_that_is_away_is_not_ready(client, monkeypatch):
    connection.close()
    monkeypatch.setitem(connection.settings_dict, "HOST", "127.0.0.1")
    monkeypatch.setitem(connection.settings_dict, "PORT", "1")

    answer = client.get(reverse("health_ready"))

    monkeypatch.undo()
    assert answer.status_code == 503
    assert answer.json()["database"] is False
    assert answer.json()["status"] == "unavailable"


@pytest.mark.parametrize(
    "given", ["", "Bearer", "Bearer wrong", "Bearer \u20ac", "s3cret2"]
)
def test_lag_is_for_holders_of_the_token(client, settings, given):
    settings.HEALTH_TOKEN = "s3cret"

    answer = client.get(reverse("health_lag"), headers={"authorization": given})

    assert answer.status_code == 403
    assert answer.json() == {"detail": "Not for you."}


def test_without_a_token_configured_nobody_gets_in(client, settings):
    settings.HEALTH_TOKEN = ""

    for given in ("", "Bearer "):
        answer = client.get(reverse("health_lag"), headers={"authorization": given})
        assert answer.status_code == 403


def lag(client, settings):
    settings.HEALTH_TOKEN = "s3cret"
    answer = client.get(
        reverse("health_lag"), headers={"authorization": "Bearer s3cret"}
    )
    assert answer.status_code == 200
    return answer.json()


def test_a_rested_system_lags_nowhere(client, settings):
    told = lag(client, settings)

    assert told.pop("disk_free_bytes") > 0
    assert told == {
        "timer_lag_s": 0.0,
        "outbox_oldest_s": 0.0,
        "dead_letters": 0,
        "silent_s": {},
        "failing": [],
    }


def test_lag_tells_how_late_each_part_is(client, settings, live, rob):
    make_contract(live.landscape, p3_response=60)
    make_snag(live, rob)
    at = clock.now()
    Clock.objects.update(next_event_at=at - timedelta(seconds=40))
    Heartbeat.objects.create(name="tick", at=at - timedelta(seconds=20))
    Message.objects.update(created_at=at - timedelta(seconds=30), next_try_at=at)
    Message.objects.create(key="d", to="x@example.org", subject="D", dead_at=at)

    told = lag(client, settings)

    assert 40 <= told["timer_lag_s"] <= 42
    assert 30 <= told["outbox_oldest_s"] <= 32
    assert 20 <= told["silent_s"]["tick"] <= 22
    assert told["dead_letters"] == 1
