import pytest
from django.db import IntegrityError
from django.urls import reverse

from environments.models import Environment, Landscape, Module
from environments.queries import inventory as queries
from environments.services import environment as services
from environments.services import landscapes
from opsdesk.core import clock
from opsdesk.core.errors import NotAllowedError, RuleError, StaleError

LANDSCAPE = {
    "name": "ERP",
    "support": "centralised",
    "time_zone": "Europe/London",
    "failover_sync_hours": 24,
    "training_sync_days": 7,
}
DESCRIBED = {"hosting": "in_house", "data": "live", "version": 1}


def test_an_administrator_registers_a_landscape_and_sees_what_is_missing(ada):
    landscape = landscapes.add_landscape(actor=ada, name="ERP", product="Compiere")
    services.add_environment(
        landscape, actor=ada, kind="production", name="Live", is_serving=True
    )

    (board,) = queries.boards(ada, clock.now())

    assert board.missing == ("Dev / Test", "Training", "Failover")
    assert landscape.history.get().history_user == ada


@pytest.mark.parametrize("person", ["sam", "mia", "rob"])
def test_nobody_else_changes_the_inventory(person, request):
    actor = request.getfixturevalue(person)

    with pytest.raises(NotAllowedError):
        landscapes.add_landscape(actor=actor, name="ERP")

    assert Landscape.objects.count() == 0


def test_a_training_system_cannot_serve_the_business(live, ada):
    training = live.landscape.environments.get(kind="training")

    with pytest.raises(RuleError, match="Only production"):
        services.edit_environment(
            training, actor=ada, version=1, name="Drill", is_serving=True
        )

    training.refresh_from_db()
    assert (training.is_serving, training.name) == (False, "ERP Training")


def test_two_environments_never_serve_at_once(live):
    failover = Environment.objects.filter(kind="failover")

    with pytest.raises(IntegrityError, match="one_serving_environment_per_landscape"):
        failover.update(is_serving=True)


def test_the_page_says_in_words_that_another_one_serves(client, live, ada):
    failover = live.landscape.environments.get(kind="failover")
    client.force_login(ada)

    page = client.post(
        reverse("environments:edit", args=[failover.pk]),
        {**DESCRIBED, "name": "Spare", "is_serving": "on", "pairs_with": live.pk},
    )

    assert "Another environment serves the business" in page.content.decode()
    failover.refresh_from_db()
    assert not failover.is_serving


def test_the_second_editor_is_told(live, ada):
    services.edit_environment(live, actor=ada, version=1, name="A", is_serving=True)

    with pytest.raises(StaleError):
        services.edit_environment(live, actor=ada, version=1, name="B")

    assert Environment.objects.get(pk=live.pk).name == "A"


def test_modules_are_added_once(live, ada):
    landscapes.name_modules(live.landscape, actor=ada, names=["Payroll", "Stock"])
    known = landscapes.name_modules(
        live.landscape, actor=ada, names=["Stock ", "", "GL"]
    )

    assert [module.name for module in known] == ["GL", "Payroll", "Stock"]


def test_a_module_out_of_use_comes_back_when_it_is_named_again(client, live, ada):
    (module,) = landscapes.name_modules(live.landscape, actor=ada, names=["Payroll"])
    Module.objects.update(is_active=False)
    client.force_login(ada)
    assert "Payroll" not in client.get(reverse("environments:list")).content.decode()

    landscapes.name_modules(live.landscape, actor=ada, names=["Payroll"])

    assert Module.objects.get() == module
    assert "Payroll" in client.get(reverse("environments:list")).content.decode()


@pytest.mark.parametrize(
    ("person", "status"),
    [("ada", 200), ("sam", 200), ("mia", 200), ("amy", 200), ("rob", 403)],
)
def test_who_sees_the_board(client, live, request, person, status):
    client.force_login(request.getfixturevalue(person))
    assert client.get(reverse("environments:list")).status_code == status


def test_the_board_costs_the_same_for_any_number(client, live, ada, same_queries):
    client.force_login(ada)

    def add(count):
        for _ in range(count):
            number = Environment.objects.count()
            Environment.objects.create(
                landscape=live.landscape, kind="training", name=f"T{number}"
            )

    same_queries(reverse("environments:list"), add, budget=15)


def test_an_administrator_fills_the_inventory_in_the_browser_pages(client, ada):
    client.force_login(ada)
    client.post(
        reverse("environments:landscape_new"),
        {**LANDSCAPE, "product": "Compiere"},
    )
    landscape = Landscape.objects.get()
    client.post(
        reverse("environments:new", args=[landscape.pk]),
        {**DESCRIBED, "kind": "production", "name": "Live", "is_serving": "on"},
    )
    client.post(
        reverse("environments:module_add", args=[landscape.pk]),
        {"names": "Payroll\nStock"},
    )

    page = client.get(reverse("environments:list")).content.decode()

    assert "Live" in page
    assert "Serving" in page
    assert "Payroll, Stock" in page
