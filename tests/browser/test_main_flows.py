"""Whole days through the front door: each person signs in and gets the thing done."""

from contextlib import ExitStack

import pytest
from django.core.cache import cache
from django.urls import reverse
from playwright.sync_api import expect

from environments.models import Environment
from snags.models import Snag
from snags.services import rollups
from tests.browser.driving import assert_all_accessible
from tests.factories import PASSWORD, make_contract, make_snag

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
PICTURE = {"name": "screen.png", "mimeType": "image/png", "buffer": b"\x89PNG\r\n"}


@pytest.fixture
def enter(visit):
    """enter(rob): through the log-in form, by typing; gives the page they land on."""
    cache.clear()
    open_pages = ExitStack()

    def through_the_form(user, **how):
        page = open_pages.enter_context(visit(**how))
        page.goto("/")
        page.locator("input[name=login]").fill(user.email)
        page.locator("input[name=password]").fill(PASSWORD)
        page.get_by_role("button", name="Sign in", exact=True).click()
        page.wait_for_url(lambda url: "/account/login/" not in url)
        return page

    with open_pages:
        yield through_the_form
    cache.clear()


@pytest.fixture
def company(live, us, sam, mia, ada):
    """All an installation needs but its first snag, so that nobody is shown steps."""
    make_contract(live.landscape, p3_response=600, p3_resolution=6000)
    return live


@pytest.mark.parametrize("scripts", [True, False])
def test_a_snag_from_the_report_to_the_dashboard(
    company, rob, sam, mia, enter, scripts
):
    theirs = enter(rob, look="phone", scripts=scripts)
    theirs.goto(reverse("snags:report"))
    theirs.get_by_label("What is wrong?").fill("Invoices print twice")
    theirs.locator("input[type=file]").set_input_files([PICTURE])
    theirs.get_by_role("button", name="Report it").click()
    expect(theirs.get_by_text("Thank you. This is SN-")).to_be_visible()
    snag = Snag.objects.get()

    ours = enter(sam, scripts=scripts)
    ours.get_by_role("link", name="Invoices print twice").first.click()
    ours.get_by_role("button", name="Start work").first.click()
    ours.get_by_label("Message").fill("Which tray is it?")
    ours.get_by_role("button", name="Send & wait").click()
    expect(ours.get_by_text("Which tray is it?").first).to_be_visible()
    snag.refresh_from_db()
    assert (snag.owner, snag.waiting_for) == (sam, "reporter")

    theirs.goto(reverse("snags:mine"))
    theirs.get_by_label(f"Your answer to {snag.ref}").fill("Tray two.")
    theirs.get_by_role("button", name="Answer").click()
    ours.goto(reverse("snags:resolve", args=[snag.pk]))
    ours.get_by_label("How it was resolved").select_option("configuration")
    ours.get_by_label("What you tell the reporter").fill("Swapped the tray.")
    ours.get_by_role("button", name="Resolve").click()
    theirs.goto(reverse("snags:mine"))
    card = theirs.get_by_role("region", name=f"{snag.ref}: is it fixed?")
    card.get_by_role("button", name="It is fixed").click()
    expect(theirs.get_by_role("region", name=f"{snag.ref}: is")).to_have_count(0)

    snag.refresh_from_db()
    assert (snag.status, snag.attachments.get().name) == ("closed", "screen.png")
    rollups.roll_up()
    board = enter(mia, look="dark", scripts=scripts)
    assert board.url.endswith(reverse("sla:dashboard"))
    tile = board.locator(".kpi").filter(has_text="Median time to resolve")
    tile.locator(".big a").click()
    board.get_by_role("link", name=snag.ref).click()
    expect(board.get_by_role("heading", level=1)).to_contain_text(snag.title)


@pytest.mark.parametrize("scripts", [True, False])
def test_an_administrator_lands_on_the_promotions_and_adds_an_environment(
    company, rob, ada, enter, scripts
):
    make_snag(company, rob)
    page = enter(ada, scripts=scripts)
    assert page.url.endswith(reverse("changes:board"))
    page.goto(reverse("environments:list"))
    page.get_by_role("link", name="Environment of ERP").click()
    page.locator("select[name=kind]").select_option("dev_test")
    page.locator("input[name=name]").fill("Sandbox")
    page.locator("main form button").last.click()

    expect(page.get_by_text("Sandbox").first).to_be_visible()
    assert Environment.objects.filter(name="Sandbox", kind="dev_test").exists()


def test_pages_of_places_people_and_lists_are_accessible(live, rob, ada, ann, sign_in):
    make_snag(live, rob)
    kept = live.landscape_id
    places = (
        reverse("environments:list"),
        reverse("environments:new", args=[kept]),
        reverse("snags:processes"),
        reverse("core:duty_new"),
        reverse("core:outbox"),
    )
    people = (
        reverse("accounts:people"),
        reverse("accounts:person", args=[rob.pk]),
        reverse("accounts:person_new"),
        reverse("accounts:parties"),
        reverse("accounts:role_requests"),
    )
    for user, pages in ((ada, places), (ann, people)):
        with sign_in(user) as page:
            assert_all_accessible(page, *pages)
