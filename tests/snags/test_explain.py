"""Explain this deadline: every stretch of time that was counted, and why."""

from datetime import UTC, datetime, timedelta

import pytest
from django.urls import reverse

from sla.clocks import explain
from snags.clockwork import terms_of
from snags.models import Pause
from snags.queries.explaining import CAUSES, explanation
from snags.services import editing, lifecycle, sweep, talk
from tests.factories import NINE, make_calendar, make_contract, make_snag

pytestmark = pytest.mark.django_db


@pytest.fixture
def snag(live, rob):
    make_contract(live.landscape, p3_response=60, p3_resolution=960)
    return make_snag(live, rob, at=NINE)


def told(client, user, clock):
    client.force_login(user)
    url = reverse("snags:explain", args=[clock.snag_id, clock.pk])
    return client.get(url)


def test_each_window_is_counted_up_to_the_target(client, snag, sam):
    clock = snag.clocks.get(kind="resolution")

    html = told(client, sam, clock).content.decode()

    assert "Monday 2 March 2026, 09:00 to 17:00." in html
    assert "Tuesday 3 March 2026, 09:00 to 17:00." in html
    assert "Outside opening hours." in html
    assert html.count('<td class="r">+ 8 h 00 m</td>') == 2
    assert '<td class="r">16 h 00 m</td>' in html
    assert "promises a resolution within 16 h 00 m" in html
    assert "Europe/London" in html


def test_holidays_and_pauses_are_named(client, live, rob, sam):
    calendar = make_calendar()
    version = calendar.versions.get()
    version.hours = {**version.hours, "holidays": ["2026-03-03"]}
    type(version).objects.filter(pk=version.pk).update(hours=version.hours)
    make_contract(live.landscape, calendar, p3_resolution=960)
    snag = make_snag(live, rob, at=NINE)
    Pause.objects.create(
        snag=snag,
        reason="reporter",
        from_at=NINE + timedelta(hours=1),
        to_at=NINE + timedelta(hours=2),
    )
    clock = snag.clocks.get()

    html = told(client, sam, clock).content.decode()

    assert "Holiday, Tuesday 3 March 2026." in html
    assert "On hold." in html
    assert "It was on hold for 1 h 00 m; that time does not count." in html


def test_the_account_adds_up_to_the_target(snag, sam):
    clock = snag.clocks.get(kind="resolution")
    found = explanation(sam, snag, clock.pk, datetime(2026, 3, 2, 12, tzinfo=UTC))

    lines = explain(terms_of(clock, ()), NINE)

    assert lines[-1].running_total == clock.target_seconds
    assert lines[-1].end == clock.due_at
    assert len(found.steps) == len(lines)
    assert found.hidden == 0


def test_each_computation_names_its_cause_and_actor(client, snag, sam):
    lifecycle.triage(snag, actor=sam, owner=sam, impact=2, urgency=2)
    editing.set_priority(
        snag, actor=sam, impact=2, urgency=2, priority=4, priority_reason="Later."
    )
    lifecycle.wait(snag, actor=sam, waiting_for="reporter", body="Which?")
    talk.comment(snag, body="Hm.", actor=sam)
    clock = snag.clocks.filter(kind="resolution").get()

    html = told(client, sam, clock).content.decode()

    for words in ("The snag was reported", "The priority was lowered", "Sam"):
        assert words in html
    assert "it is on hold now" in html.lower() or "taken off" in html


def test_what_was_told_is_listed_with_when_it_was_noticed(client, snag, mia):
    sweep.fire_due_clocks()
    clock = snag.clocks.get(kind="response")

    html = told(client, mia, clock).content.decode()

    assert "75 % used" in html
    assert "Target missed" in html
    assert "noticed" in html


def test_a_kept_promise_says_so(client, snag, sam):
    talk.comment(snag, body="Looking.", actor=sam, at=NINE + timedelta(minutes=20))

    html = told(client, sam, snag.clocks.get(kind="response")).content.decode()

    assert "after 20 m" in html
    assert "the promise was kept" in html


def test_an_open_pause_says_what_is_left(client, live, rob, sam):
    make_contract(live.landscape, make_calendar("Always", "24x7"), p3_resolution=600)
    snag = make_snag(live, rob)
    lifecycle.start(snag, actor=sam)
    lifecycle.wait(snag, actor=sam, waiting_for="reporter", body="Which?")

    html = told(client, sam, snag.clocks.get()).content.decode()

    assert "It is on hold now with" in html
    assert "is left." in html


def test_the_reporter_may_ask_and_a_supplier_may_not(
    client, snag, rob, sam, vic, northgate
):
    lifecycle.start(snag, actor=sam)
    lifecycle.hand_over(snag, supplier=northgate, actor=sam)
    clock = snag.clocks.get(kind="resolution")

    assert told(client, rob, clock).status_code == 200
    assert told(client, vic, clock).status_code == 404


def test_a_clock_of_another_snag_does_not_exist(client, live, snag, rob, sam):
    other = make_snag(live, rob, at=NINE)
    client.force_login(sam)

    url = reverse("snags:explain", args=[other.pk, snag.clocks.first().pk])

    assert client.get(url).status_code == 404


def test_the_page_costs_the_same_however_often_it_was_computed(
    client, same_queries, snag, sam
):
    client.force_login(sam)
    lifecycle.start(snag, actor=sam)

    def change(count):
        for number in range(count):
            editing.set_priority(
                snag,
                actor=sam,
                impact=2,
                urgency=2,
                priority=3 if number % 2 else None,
                priority_reason="x",
            )
            lifecycle.wait(snag, actor=sam, waiting_for="change")
            lifecycle.resume(snag, actor=sam)

    clock = snag.clocks.get(kind="resolution")
    same_queries(reverse("snags:explain", args=[snag.pk, clock.pk]), change, budget=14)


def test_every_cause_in_use_is_worded(live, snag, sam):
    lifecycle.resolve(snag, actor=sam, resolution="no_fault", resolution_note="x")
    lifecycle.reopen(snag, actor=sam, body="Again.")

    causes = {
        cause
        for clock in snag.clocks.all()
        for cause in clock.revisions.values_list("cause", flat=True)
    }
    assert causes <= set(CAUSES)
