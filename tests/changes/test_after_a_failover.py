"""Once the failover serves the business it is production: rules follow the part."""

from datetime import timedelta

import pytest

from changes.content import Aim
from changes.models import ChangeDuty, ChangeTarget
from changes.queries.board import board
from changes.services import promoting, starting
from environments.models import Environment, PromotionPath
from environments.queries.matrix import matrices
from opsdesk.core import clock
from opsdesk.core.gates import GatesError
from tests.changes.drafts import span
from tests.changes.factories import (
    carry_out,
    freeze,
    promote,
    say_yes,
    to_production,
)

HOUR = timedelta(hours=1)


@pytest.fixture(scope="module")
def company(company):
    """Production is lost, and users work in the failover."""
    company.ran_before()
    live, failover = company.live, company.failover
    PromotionPath.objects.create(
        target=failover, upstream=live, sign_offs=0, approvals=0
    )
    for environment, serves in ((live, False), (failover, True)):
        Environment.objects.filter(pk=environment.pk).update(is_serving=serves)
        environment.refresh_from_db()
    slot = span(clock.now() - HOUR / 2)
    aims = [Aim(company.dev), Aim(failover, 30, slot, is_exclusive=True)]
    company.agreed = company.approved(aims=aims)
    return company


@pytest.fixture
def change(w):
    """Agreed to: into dev/test, and where users work now."""
    return w.agreed


def serve(w, change):
    """Scheduled where users work now, and Eve has approved it."""
    promotion = promoting.schedule(change, actor=w.ian, environment=w.failover)
    say_yes(promotion, w.eve)
    return promotion


def unmet(promotion, actor):
    with pytest.raises(GatesError) as found:
        starting.start(promotion, actor=actor)
    return {gate.code: gate.detail for gate in found.value.unmet}


def test_what_serves_is_reached_by_the_path_into_production(w, change):
    done = carry_out(starting.start(serve(w, change), actor=w.ian), w.ian)

    assert (done.state, w.label(w.failover), w.label(w.live)) == (
        "succeeded",
        "1.1",
        "1.0",
    )


def test_what_stands_by_is_part_of_the_change_and_waits_for_what_serves(w, change):
    assert ChangeTarget.objects.filter(change=change, environment=w.live).exists()
    ahead = promoting.schedule(change, actor=w.ian, environment=w.live)

    found = unmet(ahead, w.ian)

    assert found == {"ROUTE": "ERP Production never runs ahead of ERP Failover."}
    assert w.label(w.live) == "1.0"


def test_what_stands_by_owes_the_sync_and_follows(w, change):
    carry_out(starting.start(serve(w, change), actor=w.ian), w.ian)

    owed = ChangeDuty.objects.get(kind="failover_sync")
    assert owed.environment == w.live

    promote(change, w.live, w.ian)

    owed.refresh_from_db()
    assert (owed.is_settled, w.label(w.live)) == (True, "1.1")


def test_a_standby_left_behind_stops_the_next_change_to_what_serves(w, change):
    carry_out(starting.start(serve(w, change), actor=w.ian), w.ian)
    owed = ChangeDuty.objects.get(kind="failover_sync").duty
    type(owed).objects.filter(pk=owed.pk).update(due_at=clock.now() - HOUR)
    ChangeTarget.objects.update(is_booked=False)
    slot = span(clock.now() - HOUR / 2)
    aims = [Aim(w.dev), Aim(w.failover, minutes=30, slot=slot, is_exclusive=True)]

    found = unmet(serve(w, w.approved("1.2", aims=aims)), w.ian)

    assert found == {
        "FAILOVER": f"ERP Production should have followed {change.ref} by now."
    }


def test_what_binds_production_binds_what_serves_in_its_place(w, change):
    Environment.objects.filter(pk=w.live.pk).update(needs_window=True)
    freeze(w.live, "Month-end close")

    found = unmet(serve(w, change), w.ian)

    assert found == {
        "FREEZE": "Month-end close is on.",
        "WINDOW": "This is not maintenance time.",
    }


def test_the_board_says_that_what_serves_in_its_place_is_frozen(w):
    freeze(w.live, "Month-end close")

    found = board(w.eve, clock.now())

    (closed,) = found.closed
    assert closed.places == f"{w.live} and {w.failover}"
    frozen = {lane.environment for lane in found.lanes if lane.freeze is not None}
    assert frozen == {w.live, w.failover}


def test_copies_are_compared_with_what_serves(w, change):
    carry_out(starting.start(serve(w, change), actor=w.ian), w.ian)
    places = [w.live, w.failover]

    found = matrices([w.live.landscape], places, clock.now())[w.live.landscape_id]

    (standby,), (serving,) = found.column(w.live), found.column(w.failover)
    assert (serving.is_reference, standby.is_reference) == (True, False)
    assert (serving.standing.state, standby.standing.state) == ("in_sync", "lagging")


def test_once_production_serves_again_everything_is_as_it_was_made(w):
    Environment.objects.filter(pk=w.failover.pk).update(is_serving=False)
    Environment.objects.filter(pk=w.live.pk).update(is_serving=True)
    w.live.refresh_from_db()

    promotion = to_production(w, w.approved("1.2"))
    done = carry_out(starting.start(promotion, actor=w.ian), w.ian)

    owed = ChangeDuty.objects.get(kind="failover_sync")
    assert (done.state, owed.environment) == ("succeeded", w.failover)
