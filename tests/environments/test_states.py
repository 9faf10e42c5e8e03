import pytest
from django.db import IntegrityError
from django.urls import reverse

from environments.models import Environment, EnvironmentEvent, Lease
from environments.services import states
from environments.services.environment import add_environment, edit_environment
from opsdesk.core import clock
from opsdesk.core.errors import NotAllowedError, RuleError
from tests.environments.test_inventory import DESCRIBED


def add_production(client, live, name="Second"):
    return client.post(
        reverse("environments:new", args=[live.landscape_id]),
        {**DESCRIBED, "kind": "production", "name": name},
    )


def productions(live):
    return live.landscape.environments.filter(kind="production").count()


def test_s01_a_second_production_is_refused_until_the_first_is_retired(
    client, live, ada
):
    client.force_login(ada)

    refused = add_production(client, live)
    assert refused.status_code == 409
    assert "retire that one first" in refused.content.decode()
    assert productions(live) == 1
    assert EnvironmentEvent.objects.count() == 0

    client.post(
        reverse("environments:retire", args=[live.pk]), {"reason": "New hardware."}
    )
    assert add_production(client, live).status_code == 302
    assert productions(live) == 2


def test_s02_a_failover_names_the_production_it_stands_in_for(client, live, ada):
    client.force_login(ada)
    url = reverse("environments:new", args=[live.landscape_id])
    count = Environment.objects.count()

    refused = client.post(url, {**DESCRIBED, "kind": "failover", "name": "Spare"})

    assert refused.status_code == 422
    assert refused.context["form"].errors == {
        "pairs_with": ["Say which production it stands in for."]
    }
    assert Environment.objects.count() == count


def test_the_service_refuses_a_failover_without_its_pair_too(live, ada):
    failover = live.landscape.environments.get(kind="failover")

    with pytest.raises(RuleError, match="stands in for"):
        edit_environment(failover, actor=ada, version=1, pairs_with=None)

    failover.refresh_from_db()
    assert (failover.pairs_with, failover.version) == (live, 1)


def test_only_a_failover_is_paired(live, ada):
    with pytest.raises(RuleError, match="failover stands in"):
        add_environment(
            live.landscape, actor=ada, kind="training", name="T2", pairs_with=live
        )

    assert not Environment.objects.filter(name="T2").exists()


def test_s05_who_only_reads_cannot_change_an_environment(client, live, amy):
    client.force_login(amy)

    answer = client.post(
        reverse("environments:edit", args=[live.pk]), {**DESCRIBED, "name": "Mine"}
    )

    assert answer.status_code == 403
    live.refresh_from_db()
    assert live.name == "ERP Production"


def test_a_retired_environment_serves_nobody_and_says_why(live, ada):
    states.retire(live, actor=ada, reason="Moved to new servers.")

    live.refresh_from_db()
    assert (live.status, live.is_serving) == ("retired", False)
    assert live.events.get().params == {"reason": "Moved to new servers."}


def test_nothing_is_retired_while_somebody_works_on_it(live, ada):
    Lease.objects.create(
        environment=live,
        kind="promotion",
        label="CR-7 to production",
        holder=ada,
        started_at=clock.now(),
    )

    with pytest.raises(RuleError, match="CR-7"):
        states.retire(live, actor=ada, reason="Old.")

    live.refresh_from_db()
    assert live.status == "active"
    assert live.events.count() == 0


def test_the_line_is_stopped_with_a_reason_and_let_go_on(client, live, ada):
    client.force_login(ada)
    client.post(reverse("environments:pause", args=[live.pk]), {"reason": "Stocktake."})

    live.refresh_from_db()
    assert (live.paused_by, live.pause_reason) == (ada, "Stocktake.")
    page = client.get(reverse("environments:list")).content.decode()
    assert "Stocktake." in page

    client.post(reverse("environments:resume", args=[live.pk]))
    live.refresh_from_db()
    assert (live.paused_at, live.paused_by, live.pause_reason) == (None, None, "")
    assert [e.verb for e in live.events.all()] == ["paused", "resumed"]


def test_a_reason_is_asked_for(client, live, ada):
    client.force_login(ada)

    answer = client.post(reverse("environments:pause", args=[live.pk]), {"reason": " "})

    assert answer.status_code == 422
    live.refresh_from_db()
    assert live.paused_at is None


@pytest.mark.parametrize(
    ("verb", "before"),
    [
        (states.pause, "paused"),
        (states.resume, None),
        (states.release, None),
        (states.quarantine, "serving"),
        (states.retire, "retired"),
        (states.pause, "retired"),
    ],
)
def test_a_verb_its_state_does_not_allow_is_refused(live, ada, verb, before):
    if before == "paused":
        states.pause(live, actor=ada, reason="Once.")
    if before == "retired":
        states.retire(live, actor=ada, reason="Once.")
    events = live.events.count()

    with pytest.raises(RuleError):
        verb(live, actor=ada, reason="Again.")

    assert live.events.count() == events


def test_quarantine_ends_by_release(live, ada):
    training = live.landscape.environments.get(kind="training")

    states.quarantine(training, actor=ada, reason="Unmasked copy.")
    assert Environment.objects.get(pk=training.pk).status == "quarantined"
    states.release(training, actor=ada, reason="Masked.")

    assert Environment.objects.get(pk=training.pk).status == "active"


@pytest.mark.parametrize(
    "verb", [states.pause, states.resume, states.retire, states.quarantine]
)
def test_only_an_administrator_may(live, mia, verb):
    with pytest.raises(NotAllowedError):
        verb(live, actor=mia, reason="Because.")

    live.refresh_from_db()
    assert (live.status, live.paused_at) == ("active", None)


def test_the_database_refuses_a_pause_without_a_reason(live):
    with pytest.raises(IntegrityError, match="paused_environment_says_why"):
        Environment.objects.filter(pk=live.pk).update(paused_at=clock.now())
