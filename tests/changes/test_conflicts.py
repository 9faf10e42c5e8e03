"""What is in the way of a slot, and what must be lived with (S56, S57)."""

from types import SimpleNamespace

import pytest
from django.db import IntegrityError, transaction
from django.urls import reverse

from changes.content import Aim
from changes.models import ChangeTarget
from changes.queries import conflicts
from changes.queries.conflicts import Conflict, conflicts_of
from changes.services import asking, submitting
from environments.models import Dependency, Occurrence, WindowRule
from opsdesk.core.gates import GatesError
from tests.changes.companies import kept
from tests.changes.drafts import (
    HOUR,
    fresh,
    make_asked,
    make_change,
    make_tested,
    place,
    soon,
    span,
)
from tests.changes.making import make_component, make_package
from tests.factories import make_landscape, make_user

CAST = {
    "sam": "support",
    "sue": "support",
    "mia": "manager",
    "ana": "support",
    "rob": "reporter",
    "tim": "approver_technical",
}


@pytest.fixture(scope="module")
def company(undone):
    live, people = make_landscape(), {n: make_user(n, role) for n, role in CAST.items()}
    return SimpleNamespace(live=live, **people)


live = kept("live")
sam, sue, mia, ana, rob, tim = map(kept, CAST)


@pytest.fixture
def first(live, sam, sue, ana, rob, tim):
    return make_asked(live, sam, sue, ana, rob)


def another(live, sam, implementer, ana, rob, **changed):
    """A change of another component, tested and not asked about yet."""
    package = make_package(make_component(live.landscape, "HR"), ana)
    change = make_change(live, sam, implementer, ana, package=package, **changed)
    change = submitting.submit(change, actor=sam)
    make_tested(change, live, rob)
    return change


def freeze(environment, start, *, hours=4, is_hard=True, exempt=""):
    rule = WindowRule.objects.create(
        landscape=environment.landscape,
        kind="freeze",
        name="Month end",
        time_zone="Europe/London",
        starts_local="2026-03-02T09:00",
        minutes=60,
        is_hard=is_hard,
        exempt=exempt,
        created_by=make_user("fay", "manager"),
    )
    return Occurrence.objects.create(
        rule=rule,
        environment=environment,
        kind="freeze",
        is_hard=is_hard,
        during=span(start, hours),
    )


def ask(client, person, change, why=""):
    client.force_login(person)
    url = reverse("changes:request_approval", args=[change.pk])
    return client.post(url, {"conflicts_accepted": why})


def texts(change, *, hard):
    return [one.text for one in conflicts_of(change) if one.is_hard == hard]


def test_s56_two_exclusive_slots_over_each_other_are_refused_with_a_link(
    client, live, first, sam, mia, ana, rob
):
    change = another(live, sam, mia, ana, rob)

    answer = ask(client, sam, change, "Fine.")

    assert answer.status_code == 409
    assert first.ref in answer.content.decode()
    assert fresh(change).state == "assessing"
    client.force_login(sam)
    page = client.get(change.get_absolute_url()).content.decode()
    assert f'href="{first.get_absolute_url()}"' in page


def test_s56_adjacent_slots_are_fine(client, live, first, sam, mia, ana, rob):
    after = first.targets.get(environment=live).slot.upper
    aims = [Aim(live, 60, span(after), is_exclusive=True)]
    change = another(live, sam, mia, ana, rob, aims=aims)

    ask(client, sam, change)

    assert fresh(change).state == "awaiting"


def test_the_database_refuses_two_exclusive_bookings_over_each_other(
    live, first, sam, mia, ana, rob
):
    change = another(live, sam, mia, ana, rob)

    with (
        pytest.raises(IntegrityError, match="exclusive_slots_do_not_overlap"),
        transaction.atomic(),
    ):
        ChangeTarget.objects.filter(change=change, environment=live).update(
            is_booked=True
        )


def test_s57_an_implementer_booked_elsewhere_is_a_warning_not_a_refusal(
    client, live, first, sam, sue, ana, rob
):
    dev = place(live, "dev_test")
    aims = [
        Aim(dev, 60, first.targets.get(environment=live).slot),
        Aim(live, 60, span(soon() + 3 * HOUR), is_exclusive=True),
    ]
    change = another(live, sam, sue, ana, rob, aims=aims)

    silent = ask(client, sam, change)
    assert silent.status_code == 409
    assert "Sue implements" in silent.content.decode()
    ask(client, sam, change, "Sue has a colleague with her.")

    change = fresh(change)
    assert change.state == "awaiting"
    assert change.conflicts_accepted == "Sue has a colleague with her."


def test_a_hard_freeze_over_the_slot_is_refused_and_an_advisory_one_warned_of(
    live, sam, sue, ana, rob
):
    change = another(live, sam, sue, ana, rob)
    hard = freeze(live, soon())
    assert any("is frozen for Month end" in text for text in texts(change, hard=True))

    Occurrence.objects.filter(pk=hard.pk).update(is_hard=False)

    assert texts(change, hard=True) == []
    assert any("advisory freeze" in text for text in texts(change, hard=False))


def test_a_freeze_lets_through_the_kinds_it_exempts(live, sam, sue, ana, rob):
    change = another(live, sam, sue, ana, rob)

    freeze(live, soon(), exempt="normal")

    assert texts(change, hard=True) == []


def test_another_change_of_a_component_it_depends_on_is_told(
    live, first, sam, mia, ana, rob
):
    change = another(live, sam, mia, ana, rob)
    assert not any(first.ref in text for text in texts(change, hard=False))

    Dependency.objects.create(
        component=change.package.component, on=first.package.component
    )

    assert any(first.ref in text for text in texts(change, hard=False))


def test_a_slot_outside_the_maintenance_windows_is_told(live, sam, sue, ana, rob):
    type(live).objects.filter(pk=live.pk).update(needs_window=True)
    change = another(live, sam, sue, ana, rob)

    assert any("outside its maintenance" in t for t in texts(change, hard=False))


def test_an_app_above_says_what_it_has_planned_in_the_slot(
    live, sam, sue, ana, rob, monkeypatch
):
    change = another(live, sam, sue, ana, rob)
    monkeypatch.setattr(conflicts, "_finders", [])

    def session(aim):
        yield Conflict(f"A course is held in {aim.environment}.", "/courses/1/")

    conflicts.register(session)
    conflicts.register(session)

    assert conflicts_of(change) == [
        Conflict("A course is held in ERP Production.", "/courses/1/")
    ]
    with pytest.raises(GatesError) as refused:
        asking.request_approval(change, actor=sam)
    assert [gate.detail for gate in refused.value.unmet] == [
        "A course is held in ERP Production."
    ]
    asked = asking.request_approval(
        change, actor=sam, conflicts_accepted="It is over by noon."
    )
    assert asked.state == "awaiting"
