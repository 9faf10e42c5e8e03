from datetime import timedelta

import pytest

from opsdesk.core.errors import NotAllowedError, RuleError
from snags.models import Snag
from snags.services import lifecycle, sweep, talk
from tests.factories import NINE, make_contract, make_snag


def test_raising_a_snag_starts_a_clock_for_each_promise(live, rob):
    make_contract(live.landscape, p3_response=60, p3_resolution=480, p1_response=15)

    snag = make_snag(live, rob, at=NINE)

    due = dict(snag.clocks.values_list("kind", "due_at"))
    assert due == {
        "response": NINE + timedelta(hours=1),
        "resolution": NINE + timedelta(hours=8),
    }
    assert snag.next_due_at == NINE + timedelta(hours=1)
    assert snag.at_risk_from == NINE + timedelta(minutes=45)


def test_a_first_answer_stops_the_response_clock(live, rob, sam):
    make_contract(live.landscape, p3_response=60, p3_resolution=480)
    snag = make_snag(live, rob, at=NINE)

    talk.comment(snag, body="Looking.", actor=sam, at=NINE + timedelta(minutes=5))

    clock = snag.clocks.get(kind="response")
    assert (clock.state, clock.elapsed_seconds, clock.was_missed) == (
        "stopped",
        300,
        False,
    )
    snag.refresh_from_db()
    assert snag.next_due_at == NINE + timedelta(hours=8)


def test_a_life_from_report_to_confirmation(live, rob, sam):
    make_contract(live.landscape, p3_response=60, p3_resolution=480)
    snag = make_snag(live, rob)

    lifecycle.triage(snag, actor=sam, owner=sam, impact=2, urgency=2)
    lifecycle.start(snag, actor=sam)
    lifecycle.wait(snag, actor=sam, waiting_for="reporter", body="Which invoice?")
    snag.refresh_from_db()
    assert snag.next_due_at is None
    assert snag.clocks.get(kind="resolution").state == "paused"
    lifecycle.answer(snag, body="The blue one.", actor=rob)
    snag.refresh_from_db()
    assert snag.status == "in_progress"
    assert snag.next_due_at is not None
    lifecycle.resolve(
        snag, actor=sam, resolution="configuration", resolution_note="Tray swapped."
    )
    lifecycle.confirm(snag, actor=rob)

    snag.refresh_from_db()
    assert (snag.status, snag.next_due_at) == ("closed", None)
    assert set(snag.clocks.values_list("state", flat=True)) == {"stopped"}
    assert list(snag.events.values_list("verb", flat=True)) == [
        "raised",
        "triaged",
        "started",
        "waits",
        "resumed",
        "resolved",
        "confirmed",
    ]


def test_a_missed_promise_is_recorded_once(live, rob, mia):
    make_contract(live.landscape, p3_response=60)
    snag = make_snag(live, rob, at=NINE)

    assert sweep.fire_due_clocks() == 1
    assert sweep.fire_due_clocks() == 0

    clock = snag.clocks.get()
    assert clock.breached_at == NINE + timedelta(hours=1)
    assert sorted(clock.events.values_list("level", flat=True)) == ["breach", "warn75"]
    assert mia.notifications.count() == 2


def test_a_refused_move_changes_nothing(live, rob, sam):
    snag = make_snag(live, rob)

    with pytest.raises(RuleError, match="cannot confirm"):
        lifecycle.confirm(snag, actor=rob)

    assert Snag.objects.get().status == "new"
    assert snag.events.count() == 1


def test_a_reporter_does_not_work_on_snags(live, rob):
    snag = make_snag(live, rob)

    with pytest.raises(NotAllowedError):
        lifecycle.start(snag, actor=rob)

    assert Snag.objects.get().status == "new"
