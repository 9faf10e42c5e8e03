"""Support's day on the list: filter, walk, tick, and hear what changed."""

import re
from datetime import timedelta

import pytest
from playwright.sync_api import expect

from opsdesk.core import clock
from snags.models import Snag
from snags.services import lifecycle, talk
from tests.browser.driving import assert_all_accessible
from tests.factories import make_contract, make_snag

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def three(live, rob, sam):
    """Triaged, new and new; P3, P3 and P1."""
    make_contract(live.landscape, p3_resolution=4800, p1_resolution=4800)
    rows = [
        make_snag(live, rob, title="Invoices print twice"),
        make_snag(live, rob, title="Bank file carries the wrong date"),
        make_snag(live, rob, title="Payroll export is rejected", impact=1, urgency=1),
    ]
    lifecycle.triage(rows[0], actor=sam, owner=sam, impact=2, urgency=2)
    return rows


def rows(page):
    return page.locator(".row .ttl > a")


def test_filtering_keeps_the_focus_and_the_back_button(three, sam, sign_in):
    with sign_in(sam) as page:
        page.goto("/snags/")
        expect(rows(page)).to_have_count(3)

        page.keyboard.press("/")
        page.keyboard.type("payroll")
        expect(rows(page)).to_have_text(["Payroll export is rejected"])
        assert page.evaluate("document.activeElement.id") == "q"
        expect(page).to_have_url(re.compile("q=payroll"))

        page.go_back()
        expect(rows(page)).to_have_count(3)

        page.get_by_role("button", name="Priority", exact=True).click()
        page.locator("#m-priority").get_by_text("Critical").click()
        expect(rows(page)).to_have_count(1)
        page.reload()
        expect(rows(page)).to_have_count(1)
        page.keyboard.press("Escape")
        page.get_by_role("link", name="Clear").click()
        expect(rows(page)).to_have_count(3)


def test_a_filter_counts_the_others_anew_and_stays_open(three, sam, sign_in):
    with sign_in(sam) as page:
        page.goto("/snags/")
        owners = page.locator("#o-owner label")
        expect(owners).to_have_text(["Nobody2", "Sam1"])

        page.get_by_role("button", name="Status", exact=True).click()
        page.locator("#m-status").get_by_text("New").click()

        expect(rows(page)).to_have_count(2)
        expect(owners).to_have_text(["Nobody2"])
        expect(page.locator("#m-status")).to_be_visible()
        assert page.evaluate("document.activeElement.id") == "o-status-new"
        page.keyboard.press("Space")
        expect(rows(page)).to_have_count(3)
        expect(owners).to_have_text(["Nobody2", "Sam1"])
        page.keyboard.press("Escape")
        page.locator("[popovertarget=m-sort]").click()
        page.locator("#m-sort").get_by_text("Newest").click()
        expect(page.locator("#sorted-by")).to_have_text("Newest")


def test_rows_are_walked_ticked_and_taken_by_keyboard(three, sam, sign_in):
    with sign_in(sam) as page:
        page.goto("/snags/?sort=oldest")
        expect(page.locator(".bulk")).to_be_hidden()
        for key in "jjxjx":
            page.keyboard.press(key)
        expect(page.locator(".pick:checked")).to_have_count(2)
        page.locator(".bulk").get_by_role("button", name="Take").click()
        expect(page.get_by_text("2 snags done.")).to_be_visible()

    assert Snag.objects.filter(owner=sam, status="in_progress").count() == 2


def test_the_list_says_what_changed_and_waits_to_be_asked(three, sam, sue, sign_in):
    Snag.objects.update(updated_at=clock.now() - timedelta(hours=1))
    with sign_in(sam) as page:
        page.goto("/snags/")
        page.locator(".pick").first.check()
        talk.comment(three[1], body="Which file?", actor=sue)
        # What carries the page's own second is taken for shown.
        later = clock.now() + timedelta(seconds=1)
        Snag.objects.filter(pk=three[1].pk).update(updated_at=later)
        page.evaluate("document.body.dispatchEvent(new Event('ops:pulse'))")

        expect(page.get_by_text("1 snag changed")).to_be_visible()
        expect(page.locator(".row .cc")).to_have_count(0)
        page.get_by_role("link", name="Show").click()
        expect(page.locator(".row .cc")).to_have_count(1)
        expect(page.locator(".pick:checked")).to_have_count(1)


def test_a_deadline_that_passes_turns_red_without_a_request(three, sam, sign_in):
    soon = clock.now() + timedelta(seconds=90)
    Snag.objects.filter(pk=three[0].pk).update(next_due_at=soon)
    with sign_in(sam) as page:
        page.clock.install()
        page.goto("/snags/")
        pill = page.locator(".row").first.locator(".sla")
        expect(pill).to_have_class(re.compile("risk|ok"))
        page.clock.fast_forward(100_000)
        expect(pill).to_have_class(re.compile("breached"))
        expect(pill).to_contain_text("over")


def test_everything_works_without_javascript(three, sam, sign_in):
    with sign_in(sam, scripts=False) as page:
        page.goto("/snags/")
        page.locator("#q").fill("bank file")
        page.get_by_role("button", name="Apply").first.click()
        expect(rows(page)).to_have_text(["Bank file carries the wrong date"])
        page.locator(".pick").check()
        page.locator(".bulk").get_by_role("button", name="Take").click()
        expect(page.get_by_text("1 snag done.")).to_be_visible()

    assert Snag.objects.get(pk=three[1].pk).owner == sam


def test_the_pages_are_accessible_in_every_look(three, mia, sign_in):
    with sign_in(mia) as page:
        assert_all_accessible(
            page,
            "/snags/",
            "/snags/?q=zzz",
            "/snags/lists/",
            "/snags/lists/new/",
            three[0].snaglist.get_absolute_url(),
        )


def test_a_snag_leads_on_to_its_neighbours_and_back_to_the_same_list(
    three, sam, sign_in
):
    with sign_in(sam) as page:
        page.goto("/snags/?status=new")
        expect(rows(page)).to_have_count(2)
        first, second = rows(page).all_inner_texts()
        rows(page).first.click()
        expect(page.get_by_role("heading", level=1)).to_have_text(first)
        expect(page.locator("[data-place] a")).to_have_count(1)

        page.keyboard.press("j")
        expect(page.get_by_role("heading", level=1)).to_have_text(second)
        page.keyboard.press("k")
        expect(page.get_by_role("heading", level=1)).to_have_text(first)
        page.locator("[data-list]").click()

        page.wait_for_url("**/snags/?status=new")
        page.goto(three[0].get_absolute_url())
        expect(page.locator("[data-place]")).to_be_hidden()
