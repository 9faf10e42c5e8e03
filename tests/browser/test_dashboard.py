"""The manager's morning: how are we doing, which ones are they, show me that one."""

import pytest
from django.core.cache import cache
from playwright.sync_api import expect

from opsdesk.core import clock
from snags.services import lifecycle, rollups
from tests.browser.driving import assert_all_accessible
from tests.factories import make_contract, make_snag

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def snag(live, rob):
    cache.clear()
    make_contract(live.landscape, p3_response=600, p3_resolution=4800)
    snag = make_snag(live, rob, title="Cheques do not print")
    rollups.roll_up()
    yield snag
    cache.clear()


def test_a_resolved_snag_moves_the_figure_and_is_found_behind_it(
    snag, mia, sam, sign_in
):
    with sign_in(mia) as page:
        page.goto("/sla/")
        tile = page.locator(".kpi").filter(has_text="Median time to resolve")
        expect(tile).to_contain_text("Nothing was resolved yet.")

        lifecycle.resolve(
            snag, actor=sam, resolution="configuration", resolution_note="Ok."
        )
        rollups.roll_up()
        page.reload()

        expect(tile).not_to_contain_text("Nothing was resolved yet.")
        tile.locator(".big a").click()
        expect(page.get_by_role("heading", level=1)).to_have_text("Resolved: 1")
        page.get_by_role("link", name=snag.ref).click()
        expect(page.get_by_role("heading", level=1)).to_contain_text(snag.title)


def test_a_period_and_dates_are_chosen_on_the_page(snag, mia, sign_in):
    today = clock.today()
    with sign_in(mia) as page:
        page.goto("/sla/")
        page.get_by_text("1 yr", exact=True).click()
        page.wait_for_url("**p=52**")
        page.get_by_text("Dates", exact=True).click()
        page.wait_for_url("**p=custom**")
        page.get_by_label("From").fill(today.isoformat())
        page.get_by_label("To", exact=True).fill(today.isoformat())
        page.get_by_role("button", name="Show days").click()

        day = f"{today.day} {today:%b %Y}"
        expect(page.locator(".phead p")).to_contain_text(day)


def test_without_script_the_form_has_a_button(snag, mia, sign_in):
    with sign_in(mia, scripts=False) as page:
        page.goto("/sla/")
        page.get_by_text("4 wk", exact=True).click()
        page.get_by_role("button", name="Show").click()

        page.wait_for_url("**p=4&**")
        expect(page.get_by_role("heading", level=1)).to_have_text("SLA dashboard")


def test_its_pages_are_accessible_by_day_by_night_and_on_a_phone(snag, mia, sign_in):
    day = clock.today().isoformat()
    with sign_in(mia) as page:
        assert_all_accessible(
            page,
            "/sla/",
            "/sla/tables/team/",
            f"/sla/figures/opened/?first={day}&last={day}",
        )


def test_on_paper_there_are_figures_and_no_picker(snag, mia, sign_in):
    with sign_in(mia) as page:
        page.goto("/sla/")
        page.emulate_media(media="print")

        expect(page.locator(".board-form")).to_be_hidden()
        expect(page.locator(".side")).to_be_hidden()
        expect(page.locator("[data-print]")).to_be_hidden()
        expect(page.get_by_role("heading", name="Stabilisation")).to_be_visible()


def test_the_page_is_printed_by_a_button_where_scripts_run(snag, mia, sign_in):
    with sign_in(mia, scripts=False) as page:
        page.goto("/sla/")
        expect(page.locator("[data-print]")).to_be_hidden()
    with sign_in(mia) as page:
        page.goto("/sla/")
        page.evaluate("window.print = () => { document.title = 'printed'; }")
        page.get_by_role("button", name="Print").click()

        expect(page).to_have_title("printed")


def test_no_table_of_the_dashboard_is_cut_on_paper(snag, mia, sign_in):
    with sign_in(mia) as page:
        # A4 without its margins.
        page.set_viewport_size({"width": 688, "height": 970})
        page.emulate_media(media="print")
        for url in ("/sla/", f"/snags/{snag.pk}/", "/snags/"):
            page.goto(url)
            wide = page.evaluate("document.documentElement.scrollWidth")
            assert wide <= 688, url
