"""A calendar nobody can count by holds up no other clock, and its page says so."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from structlog.testing import capture_logs

from sla.models import Target, TermsChange
from sla.services.calendars import amend_calendar, correct_calendar
from snags.models import Clock
from snags.services import recompute
from tests.factories import make_calendar, make_contract, make_landscape, make_snag

pytestmark = pytest.mark.django_db
ALL_DAY = {"timezone": "Europe/London", "week": "24x7"}
HALF_AN_HOUR = {"timezone": "Europe/London", "week": "Mon 09:00-09:30"}
CANNOT = "the clocks of 2 snags cannot be."


@pytest.fixture
def office(live):
    make_contract(live.landscape, p3_response=60 * 2_500, p3_resolution=60 * 3_000)
    return Target.objects.first().calendar


@pytest.fixture
def spoilt(live, rob, mia, office):
    """Two snags whose promises half an hour a week does not use up in this century."""
    snags = [make_snag(live, rob) for _ in range(2)]
    amend_calendar(office, actor=mia, version=1, **HALF_AN_HOUR)
    return snags


def run():
    """One pass: how many clocks it computed, and what it wrote into the log."""
    with capture_logs() as log:
        done = recompute.run_pending(stragglers=recompute.STRAGGLERS * 0)
    return done, [
        line["snag"] for line in log if line["event"] == "clocks_cannot_count"
    ]


def page(client, person, calendar):
    client.force_login(person)
    return client.get(reverse("sla:calendar", args=[calendar.pk])).content.decode()


def test_clocks_that_cannot_be_counted_are_said_on_the_page_and_logged_once(
    client, mia, office, spoilt
):
    before = list(Clock.objects.order_by("pk").values_list("due_at", "revision"))

    assert run() == (0, [snag.pk for snag in spoilt])
    assert run() == (0, [])

    change = TermsChange.objects.get()
    assert (change.uncounted, change.finished_at) == (2, None)
    assert change.problem.startswith("The support hours")
    assert (
        list(Clock.objects.order_by("pk").values_list("due_at", "revision")) == before
    )
    shown = page(client, mia, office)
    assert CANNOT in shown
    assert "A manager has to correct the calendar." in shown


def test_what_cannot_be_counted_holds_up_no_other_calendar(rob, mia, spoilt):
    other = make_landscape("HR")
    calendar = make_calendar(name="Second office")
    make_contract(other.landscape, calendar, p3_response=60 * 2_500)
    healthy = make_snag(other, rob)
    amend_calendar(calendar, actor=mia, version=1, **ALL_DAY)

    assert run() == (1, [snag.pk for snag in spoilt])

    assert healthy.clocks.get().revisions.filter(cause="amendment").exists()
    assert TermsChange.objects.get(calendar=calendar).finished_at is not None


def test_what_could_not_be_counted_waits_for_the_rest(rob, mia, spoilt):
    calendar = make_calendar(name="Second office")
    make_contract(make_landscape("HR").landscape, calendar, p3_response=60 * 2_500)
    run()
    amend_calendar(calendar, actor=mia, version=1, **ALL_DAY)

    with CaptureQueriesContext(connection) as asked:
        run()

    looked = [q["sql"] for q in asked if "t.calendar_id = " in q["sql"]]
    assert f"t.calendar_id = {calendar.pk}\n" in looked[0]


def test_a_corrected_calendar_ends_the_complaint(client, mia, office, spoilt):
    run()
    assert CANNOT in page(client, mia, office)
    correct_calendar(
        office, actor=mia, version=2, replaces=2, reason="No such place.", **ALL_DAY
    )

    assert run() == (4, [])

    assert not TermsChange.objects.filter(finished_at=None).exists()
    assert "cannot be" not in page(client, mia, office)


def test_a_snag_more_is_logged_again(live, rob, spoilt):
    run()
    TermsChange.objects.update(uncounted=1)

    assert run() == (0, [snag.pk for snag in spoilt])
