from datetime import timedelta

import pytest
from django.db import IntegrityError, transaction

from environments.models import Component, EnvironmentEvent, Installation
from environments.queries.installed import history, installed
from environments.services.installing import note_installation, record_installation
from opsdesk.core import clock
from opsdesk.core.errors import NotAllowedError, RuleError
from tests.factories import NINE, make_landscape


@pytest.fixture
def app(live):
    return Component.objects.create(
        landscape=live.landscape, code="APP", name="ERP", kind="application"
    )


def install(environment, component, label, **extra):
    fields = {"source": "promotion", "actor": None, **extra}
    return record_installation(environment, component, label=label, **fields)


def test_the_old_version_ends_at_the_instant_the_new_one_begins(live, app, ada):
    install(live, app, "1.0", at=NINE)
    install(live, app, "1.1", actor=ada)

    new, old = history(live)
    assert (old.label, new.label) == ("1.0", "1.1")
    assert old.during.lower == NINE
    assert old.during.upper == new.during.lower
    assert new.during.upper is None
    assert installed(live) == {app.pk: new}
    assert installed(live, NINE + timedelta(days=1)) == {app.pk: old}
    assert installed(live, NINE - timedelta(days=1)) == {}


def test_two_versions_in_one_second_are_two_instants(live, app):
    for label in ("1.0", "1.1", "1.2"):
        install(live, app, label)

    assert [row.label for row in history(live)] == ["1.2", "1.1", "1.0"]
    assert Installation.objects.filter(during__isempty=True).count() == 0


def test_the_timeline_says_what_was_installed_and_what_before(live, app, ada):
    install(live, app, "1.0", at=NINE)
    install(live, app, "1.1", actor=ada)

    last = EnvironmentEvent.objects.filter(environment=live).last()
    assert (last.verb, last.actor) == ("installed", ada)
    assert (last.params["was"], last.params["label"]) == ("1.0", "1.1")


@pytest.mark.parametrize("hours", [-1, 0])
def test_a_version_cannot_begin_before_what_runs_now(live, app, hours):
    install(live, app, "1.0", at=NINE)

    with pytest.raises(RuleError, match=r"1\.0 has been recorded since"):
        install(live, app, "0.9", at=NINE + timedelta(hours=hours))

    assert installed(live)[app.pk].label == "1.0"
    assert EnvironmentEvent.objects.count() == 1


def test_nothing_is_installed_in_the_future(live, app):
    with pytest.raises(RuleError, match="ahead"):
        install(live, app, "2.0", at=clock.now() + timedelta(hours=1))

    assert Installation.objects.count() == 0


def test_a_component_of_another_landscape_is_refused(live, app):
    other = make_landscape("WMS")

    with pytest.raises(RuleError, match="another landscape"):
        install(other, app, "1.0")

    assert Installation.objects.count() == 0


def test_the_database_refuses_two_versions_at_one_instant(live, app):
    install(live, app, "1.0", at=NINE)

    with (
        pytest.raises(IntegrityError, match="one_installation_at_a_time"),
        transaction.atomic(),
    ):
        Installation.objects.create(
            environment=live,
            component=app,
            label="1.1",
            during=(NINE + timedelta(days=1), None),
            source="promotion",
        )


def test_what_is_written_down_by_hand_is_found_so_then_a_correction(live, app, ada):
    first = note_installation(live, actor=ada, component=app, label="1.0", at=NINE)
    second = note_installation(live, actor=ada, component=app, label="1.0-p1")

    assert (first.source, second.source) == ("baseline", "correction")


def test_only_an_administrator_writes_it_down(live, app, mia):
    with pytest.raises(NotAllowedError):
        note_installation(live, actor=mia, component=app, label="1.0")

    assert Installation.objects.count() == 0


def test_every_version_there_was_can_be_paged_to(client, live, app, ada):
    for number in range(21):
        install(live, app, f"1.{number}", at=NINE + timedelta(days=number))
    client.force_login(ada)
    url = live.get_absolute_url()

    first, second = (
        client.get(url, {"installed": number}).context["installations"]
        for number in (1, 2)
    )

    assert [row.label for row in first] == [f"1.{n}" for n in range(20, 0, -1)]
    assert [row.label for row in second] == ["1.0"]
    assert "?installed=2" in client.get(url).content.decode()
