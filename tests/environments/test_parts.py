import pytest
from django.db import IntegrityError
from django.urls import reverse

from environments.models import Component, Dependency, Placement, Server
from environments.services import components, servers
from opsdesk.core.errors import NotAllowedError, RuleError, StaleError
from tests.factories import make_landscape

PART = {"code": "APP", "name": "ERP", "kind": "application", "needs": 1}


@pytest.fixture
def machine(live, ada):
    return servers.add_server(live, actor=ada, hostname="db1", role="db", ram_gb=64)


@pytest.fixture
def app(live, ada):
    return components.add_component(live.landscape, actor=ada, **PART)


def test_s06_the_second_editor_of_a_server_sees_both_and_overwrites_nothing(
    client, machine, ada
):
    client.force_login(ada)
    url = reverse("environments:server_edit", args=[machine.pk])
    known = {"role": "db", "version": machine.version}
    client.post(url, {**known, "hostname": "db1", "ram_gb": 128})

    answer = client.post(url, {**known, "hostname": "db1", "ram_gb": 96})

    page = answer.content.decode()
    assert answer.status_code == 409
    assert answer.context["theirs"] == [("Memory in GB", "128", "96")]
    machine.refresh_from_db()
    assert (machine.ram_gb, machine.version) == (128, 2)
    assert 'name="version" value="2"' in page
    client.post(url, {"role": "db", "hostname": "db1", "ram_gb": 96, "version": 2})
    machine.refresh_from_db()
    assert machine.ram_gb == 96


def test_s07_without_a_version_nothing_is_saved(client, machine, ada):
    client.force_login(ada)
    url = reverse("environments:server_edit", args=[machine.pk])

    answer = client.post(url, {"role": "db", "hostname": "db2"})

    assert answer.status_code == 422
    machine.refresh_from_db()
    assert machine.hostname == "db1"


def test_saving_the_same_again_is_no_change(machine, ada):
    servers.edit_server(machine, actor=ada, version=1, hostname="db1")

    machine.refresh_from_db()
    assert (machine.version, machine.environment.events.count()) == (1, 1)


def test_a_server_name_is_taken_once_per_environment(client, live, machine, ada):
    client.force_login(ada)

    answer = client.post(
        reverse("environments:server_new", args=[live.pk]),
        {"hostname": "db1", "role": "app"},
    )

    assert "a server of this name already" in answer.content.decode()
    assert Server.objects.count() == 1


def test_a_component_is_placed_once_on_a_server(client, live, app, machine, ada):
    client.force_login(ada)
    url = reverse("environments:placement_new", args=[live.pk])
    data = {"component": app.pk, "server": machine.pk}

    assert client.post(url, data).status_code == 302
    assert "runs there already" in client.post(url, data).content.decode()
    assert Placement.objects.count() == 1


def test_a_server_of_another_environment_is_refused(live, app, machine, ada):
    failover = live.landscape.environments.get(kind="failover")

    with pytest.raises(RuleError, match="another environment"):
        components.place(failover, actor=ada, component=app, server=machine)

    assert Placement.objects.count() == 0


def test_a_component_of_another_landscape_is_refused(app, ada):
    other = make_landscape("WMS")

    with pytest.raises(RuleError, match="another landscape"):
        components.place(other, actor=ada, component=app)

    assert Placement.objects.count() == 0


def test_what_is_taken_away_leaves_its_line_on_the_timeline(live, app, machine, ada):
    placement = components.place(live, actor=ada, component=app, server=machine)

    components.unplace(placement, actor=ada)

    assert Placement.objects.count() == 0
    last = live.events.last()
    assert (last.verb, last.params) == (
        "unplaced",
        {"component": "ERP", "server": "db1"},
    )


def test_what_two_take_away_is_taken_away_once(live, app, ada):
    placement = components.place(live, actor=ada, component=app)
    theirs = Placement.objects.get()

    components.unplace(placement, actor=ada)
    components.unplace(theirs, actor=ada)

    assert [event.verb for event in live.events.all()] == ["placed", "unplaced"]


def test_nothing_depends_on_itself_or_twice_on_the_same(live, app, ada):
    other = components.add_component(
        live.landscape, actor=ada, **{**PART, "code": "DB"}
    )
    components.depend(app, actor=ada, on=other)

    with pytest.raises(IntegrityError, match="does_not_depend_on_itself"):
        Dependency.objects.filter(on=other).update(on=app)


@pytest.mark.parametrize("person", ["sam", "mia", "rob", "amy"])
def test_only_an_administrator_names_parts(live, person, request):
    actor = request.getfixturevalue(person)

    with pytest.raises(NotAllowedError):
        components.add_component(live.landscape, actor=actor, **PART)

    assert Component.objects.count() == 0


def test_the_second_editor_of_a_component_is_told(app, ada):
    components.edit_component(app, actor=ada, version=1, name="ERP core")

    with pytest.raises(StaleError):
        components.edit_component(app, actor=ada, version=1, name="ERP kernel")

    app.refresh_from_db()
    assert app.name == "ERP core"


def test_the_impact_page_shows_what_a_server_stops(
    client, live, app, machine, sam, ada
):
    components.place(live, actor=ada, component=app, server=machine)
    client.force_login(sam)
    url = reverse("environments:impact", args=[live.pk])

    calm = client.get(url).content.decode()
    down = client.get(url, {"server": machine.pk}).content.decode()

    assert "0 of 1 up" not in calm
    assert "0 of 1 up, needs 1" in down
    assert 'class="node down"' in down


def test_nonsense_in_the_question_is_ignored(client, live, app, sam):
    client.force_login(sam)
    url = reverse("environments:impact", args=[live.pk])

    assert client.get(url, {"server": "x'", "component": "-1"}).status_code == 200


def test_the_environment_page_costs_the_same_for_any_number(
    client, live, ada, same_queries
):
    client.force_login(ada)

    def add(count):
        for _ in range(count):
            number = Server.objects.count()
            server = servers.add_server(
                live, actor=ada, hostname=f"s{number}", role="app"
            )
            part = components.add_component(
                live.landscape, actor=ada, **{**PART, "code": f"C{number}"}
            )
            components.place(live, actor=ada, component=part, server=server)

    same_queries(reverse("environments:detail", args=[live.pk]), add, budget=24)
    same_queries(reverse("environments:matrix"), add, budget=12)
    same_queries(reverse("environments:impact", args=[live.pk]), add, budget=14)
    same_queries(
        reverse("environments:landscape", args=[live.landscape_id]), add, budget=14
    )
