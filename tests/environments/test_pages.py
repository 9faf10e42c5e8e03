"""Every form of the inventory, filled in and sent as an administrator does."""

from datetime import date

import pytest
from django.urls import reverse

from environments.models import (
    Component,
    Dependency,
    Installation,
    Landscape,
    Licence,
    Placement,
    PromotionPath,
    Server,
    TlsCertificate,
)
from environments.services import components, maintenance, paths, renewals, servers
from opsdesk.core import clock
from opsdesk.core.models import Duty

SOON = {"due_at": "2030-01-31T09:00"}
ASKED = {"soak_hours": 72, "sign_offs": 2, "approvals": 1}


@pytest.fixture
def known(live, ada):
    """A row of everything that can be edited, by the word of its route."""
    landscape, by = live.landscape, {"actor": ada}
    dev = landscape.environments.get(kind="dev_test")
    training = landscape.environments.get(kind="training")
    return {
        "ada": ada,
        "live": live,
        "dev": dev,
        "landscape": landscape,
        "erp": components.add_component(
            landscape, code="erp", name="ERP", kind="application", **by
        ),
        "database": components.add_component(
            landscape, code="db", name="Database", kind="database", **by
        ),
        "server": servers.add_server(live, hostname="db1", **by),
        "licence": renewals.add_licence(landscape, name="Users", **by),
        "certificate": renewals.add_certificate(
            live, host="erp.example", ends_on=date(2030, 1, 31), **by
        ),
        "task": maintenance.plan_task(
            live, title="Reindex", owner=ada, due_at=clock.now(), **by
        ),
        "path": paths.lay_path(live, upstream=training, **by),
    }


# route, the row it is about, what is typed (rows by name), what then is there.
FORMS = [
    ("server_new", "live", {"hostname": "app1", "role": "app"},
     Server, {"hostname": "app1", "version": 1}),
    ("server_edit", "server", {"hostname": "db2", "role": "db", "version": 1},
     Server, {"hostname": "db2", "version": 2}),
    ("component_new", "landscape",
     {"code": "web", "name": "Web", "kind": "application", "needs": 1},
     Component, {"code": "web", "version": 1}),
    ("component_edit", "erp",
     {"code": "core", "name": "Core", "kind": "application", "needs": 2, "version": 1},
     Component, {"name": "Core", "needs": 2}),
    ("component_depend", "erp", {"on": "database", "note": "All of it."},
     Dependency, {"note": "All of it."}),
    ("placement_new", "live", {"component": "erp", "server": "server"},
     Placement, {"server__hostname": "db1"}),
    ("install_note", "live", {"component": "erp", "label": "1.0"},
     Installation, {"label": "1.0", "source": "baseline"}),
    ("path_new", "live", {"upstream": "dev", **ASKED},
     PromotionPath, {"upstream__kind": "dev_test", "soak_hours": 72}),
    ("path_edit", "path", {"upstream": "dev", **ASKED, "version": 1},
     PromotionPath, {"upstream__kind": "dev_test", "version": 2}),
    ("licence_new", "landscape", {"name": "Reports", "ends_on": "2000-01-05"},
     Licence, {"name": "Reports", "renewal__kind": "renewal"}),
    ("licence_edit", "licence", {"name": "Seats", "seats": 9, "version": 1},
     Licence, {"name": "Seats", "seats": 9, "renewal": None}),
    ("certificate_new", "live", {"host": "a.example", "ends_on": "2000-01-05"},
     TlsCertificate, {"host": "a.example", "renewal__owner__name": "Ada"}),
    ("certificate_edit", "certificate",
     {"host": "erp.example", "ends_on": "2031-01-31", "version": 1},
     TlsCertificate, {"ends_on": date(2031, 1, 31), "version": 2}),
    ("task_new", "live", {"title": "Patch", "owner": "ada", **SOON},
     Duty, {"title": "ERP Production: Patch", "done_at": None}),
    ("task_edit", "task", {"title": "Tidy", "owner": "ada", **SOON, "version": 1},
     Duty, {"title": "ERP Production: Tidy", "done_at": None}),
    ("landscape_edit", "landscape",
     {"name": "ERP", "support": "devolved", "time_zone": "Europe/London",
      "failover_sync_hours": 12, "training_sync_days": 7, "version": 1},
     Landscape, {"support": "devolved", "failover_sync_hours": 12}),
]  # fmt: skip


@pytest.mark.parametrize("form", FORMS, ids=[row[0] for row in FORMS])
def test_a_form_of_the_inventory_writes_what_was_typed(client, known, ada, form):
    route, about, typed, model, there = form
    client.force_login(ada)
    url = reverse(f"environments:{route}", args=[known[about].pk])
    sent = {
        name: known[value].pk if value in known else value
        for name, value in typed.items()
    }

    assert client.get(url).status_code == 200
    answer = client.post(url, sent)

    assert answer.status_code == 302
    assert model.objects.filter(**there).count() == 1


def test_what_is_needed_no_more_is_dropped(client, known, ada):
    needs = components.depend(known["erp"], actor=ada, on=known["database"])
    client.force_login(ada)

    client.post(reverse("environments:dependency_drop", args=[needs.pk]))

    assert Dependency.objects.count() == 0


def test_a_task_is_said_to_be_done_on_its_page(client, known, ada):
    client.force_login(ada)

    client.post(reverse("environments:task_done", args=[known["task"].pk]))

    assert Duty.objects.get(pk=known["task"].duty_id).done_by == ada


def test_a_supplier_is_not_offered_as_an_owner(client, known, ada, vic):
    client.force_login(ada)

    page = client.get(reverse("environments:edit", args=[known["live"].pk]))

    offered = page.context["form"].fields["owner"].queryset
    assert ada in offered
    assert vic not in offered
