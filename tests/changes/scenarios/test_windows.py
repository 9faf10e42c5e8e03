"""S49-S53: freezes, leave during them, and maintenance time."""

from datetime import timedelta

import pytest
from django.utils import timezone

from changes.models import FreezeOverride
from changes.services import promoting
from environments.models import Environment
from tests.changes.factories import freeze
from tests.changes.pressing import facts, stop_the_clock

MINUTE = timedelta(minutes=1)
REASON = "The tax office closes its gates tonight."


@pytest.fixture
def maintained(w, nc):
    """Production takes changes in maintenance time only."""
    Environment.objects.filter(pk=w.live.pk).update(needs_window=True)


def test_s49_a_hard_freeze_stops_production_by_name_and_dev_goes_on(w, nc, pages):
    found = freeze(w.live, "Month-end close")
    other = promoting.schedule(w.submitted("1.2"), actor=w.ian, environment=w.dev)

    unmet = pages.refused(w.ian, nc)

    assert list(unmet) == ["FREEZE"]
    assert unmet["FREEZE"].detail == "Month-end close is on."
    ends = timezone.localtime(found.ends_at)
    assert f"{ends:%H:%M}" in pages.see(w.ian, nc.get_absolute_url())
    pages.start(w.ian, other)


def test_s50_a_freeze_beats_a_maintenance_window(w, nc, pages, maintained):
    freeze(w.live, "Sunday night", kind="maintenance", minutes=90)
    freeze(w.live, "Payroll")

    unmet = pages.refused(w.ian, nc)

    assert list(unmet) == ["FREEZE"]
    assert unmet["FREEZE"].detail == "Payroll is on."


def test_s51_at_the_very_end_of_a_freeze_it_may_start(w, nc, pages):
    found = freeze(w.live, "Payroll", minutes=10)

    stop_the_clock(found.ends_at - timedelta(microseconds=1))
    assert list(pages.refused(w.ian, nc)) == ["FREEZE"]

    stop_the_clock(found.ends_at)
    assert pages.start(w.ian, nc).started_at == found.ends_at


def test_s52_leave_for_one_freeze_is_not_leave_for_another(w, nc, pages):
    first, second = freeze(w.live, "Payroll"), freeze(w.live, "Audit")
    change = nc.change

    pages.does(w.ian, "override_ask", change, first, reason=REASON)
    leave = FreezeOverride.objects.get(occurrence=first)
    assert pages.vote(w.max, leave.approval).status_code == 302

    unmet = pages.refused(w.ian, nc)
    assert [(code, gate.detail) for code, gate in unmet.items()] == [
        ("FREEZE", "Audit is on.")
    ]

    pages.does(w.ian, "override_ask", change, second, reason=REASON)
    other = FreezeOverride.objects.get(occurrence=second)
    assert pages.vote(w.max, other.approval).status_code == 302
    pages.start(w.ian, nc)
    assert FreezeOverride.objects.filter(used_by=nc).count() == 2


def test_s52_leave_needs_a_reason_of_twenty_characters(w, nc, pages):
    found = freeze(w.live, "Payroll")
    before = facts()

    answer = pages.press(w.ian, "override_ask", nc.change, found, reason="Because.")

    assert answer.status_code == 422
    assert facts() == before


def test_s53_a_window_that_ends_too_soon_does_not_suffice(w, nc, pages, maintained):
    nc.target.minutes = 30
    nc.target.save()
    found = freeze(w.live, "Sunday night", kind="maintenance", minutes=29)

    stop_the_clock(found.ends_at - 20 * MINUTE)
    unmet = pages.refused(w.ian, nc)

    assert list(unmet) == ["WINDOW"]
    assert unmet["WINDOW"].detail == (
        "Sunday night ends in 20 min and this takes 30 min."
    )
