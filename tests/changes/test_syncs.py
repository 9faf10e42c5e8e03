"""Copies owe what production runs, where the inventory says that they have it."""

from changes.models import ChangeTarget
from changes.queries.owed import owner_for
from changes.services import after, starting
from environments.models import Placement
from tests.changes.factories import carry_out, fresh, promote
from tests.changes.making import make_component, make_package


def place(w, *environments):
    component = make_component(w.live.landscape)
    for environment in environments:
        Placement.objects.create(environment=environment, component=component)


def owed(w):
    """What is owed, and where, once a change is in production."""
    promotion = carry_out(starting.start(w.ready(), actor=w.ian), w.ian)
    rows = promotion.change.duties.order_by("pk")
    return [(row.kind, row.environment) for row in rows], promotion.change


def test_a_component_that_has_no_place_in_training_is_not_owed_there(w):
    place(w, w.live, w.failover)

    found, _change = owed(w)

    assert found == [("failover_sync", w.failover)]


def test_a_component_that_has_no_place_in_failover_need_not_go_there(w):
    place(w, w.live, w.training)

    found, change = owed(w)

    assert found == [("training_sync", w.training)]
    assert not change.targets.filter(environment=w.failover).exists()
    change.refresh_from_db()
    assert change.state == "verifying"


def test_what_runs_in_a_copy_is_owed_there_wherever_it_is_placed(w):
    w.ran_before()
    place(w, w.live)

    found, _change = owed(w)

    assert found == [("failover_sync", w.failover), ("training_sync", w.training)]


def test_what_a_later_change_brought_to_the_copies_brings_the_one_before_on(w):
    found, first = owed(w)
    assert found == [("failover_sync", w.failover)]
    ChangeTarget.objects.update(is_booked=False)
    package = make_package(first.package.component, w.ana, "1.2", content=b"select 2;")
    second = carry_out(
        starting.start(w.ready(package=package), actor=w.ian), w.ian
    ).change
    assert after.bring_on() == 0

    promote(fresh(second), w.failover, w.ian, "resync")

    assert (fresh(first).state, fresh(second).state) == ("implementing", "verifying")
    assert (after.bring_on(), after.bring_on()) == (1, 0)
    assert fresh(first).state == "verifying"
    assert first.events.filter(verb="verify").count() == 1


def test_a_failover_has_whatever_nobody_placed(w):
    found, _change = owed(w)

    assert found == [("failover_sync", w.failover)]


def test_a_sync_is_owed_by_the_nearest_who_may_promote_it(w):
    change = w.change()

    def owner(looks_after, implements):
        w.failover.owner, change.implementer = looks_after, implements
        return owner_for(change, "failover_sync", w.failover)

    assert owner(None, w.ian) == owner(w.tom, w.ian) == w.ian
    assert owner(w.eve, w.ian) == w.eve
    assert owner(w.max, w.tom) == owner(None, None) == w.ed


def test_a_sync_nobody_may_promote_is_owed_by_who_looks_after_the_place(w):
    change = w.change()
    for each in (w.eve, w.ed):
        each.memberships.update(role="auditor")
    w.failover.owner, change.implementer = w.tom, None

    assert owner_for(change, "failover_sync", w.failover) == w.tom
