"""A manager amends a calendar after looking at what it would do."""

import pytest
from playwright.sync_api import expect

from sla.models import CalendarVersion
from sla.services.calendars import create_calendar
from tests.browser.driving import assert_all_accessible
from tests.factories import make_contract

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def office(live, mia):
    calendar = create_calendar(
        actor=mia,
        name="Office",
        region="GB-ENG",
        timezone="Europe/London",
        week="Mon-Fri 09:00-17:00",
    )
    make_contract(live.landscape, calendar, p2_response=30, p2_resolution=480)
    return calendar


def test_a_manager_looks_before_amending(office, mia, sign_in):
    with sign_in(mia) as page:
        page.goto(office.get_absolute_url())
        page.get_by_role("link", name="Amend").click()
        page.get_by_label("Weekly hours").fill("Mon-Sat 08:00-18:00")
        page.get_by_role("button", name="Preview").click()
        expect(page.get_by_text("Nothing is saved yet.")).to_be_visible()
        expect(page.get_by_text("P2 resolution, 8 h")).to_be_visible()
        assert CalendarVersion.objects.count() == 1
        page.get_by_label("Reason").fill("Saturdays too.")
        page.get_by_role("button", name="Save").click()
        expect(page.get_by_text("Version 2 is written.")).to_be_visible()
        expect(page.get_by_text("Saturdays too.")).to_be_visible()
    assert CalendarVersion.objects.count() == 2


def test_calendars_and_contracts_are_accessible(office, mia, sign_in):
    contract = office.targets.first().version.contract
    with sign_in(mia) as page:
        assert_all_accessible(
            page,
            "/sla/calendars/",
            office.get_absolute_url(),
            f"{office.get_absolute_url()}amend/",
            contract.get_absolute_url(),
            f"{contract.get_absolute_url()}amend/",
        )
