"""Support's day on one snag: triage, reply, wait, resolve; and two at one text."""

import pytest
from django.urls import reverse
from playwright.sync_api import expect

from opsdesk.core import clock
from snags.models import Snag
from snags.services import editing, lifecycle, talk
from tests.browser.driving import assert_accessible, assert_all_accessible
from tests.factories import make_contract, make_snag

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def snag(live, rob):
    make_contract(live.landscape, p3_response=600, p3_resolution=4800)
    return make_snag(live, rob)


def test_support_triages_replies_waits_and_resolves(snag, rob, sam, sign_in):
    with sign_in(sam) as page:
        page.goto(snag.get_absolute_url())
        page.get_by_role("link", name="Triage").click()
        page.get_by_label("Cause").select_option("defect")
        page.get_by_role("button", name="Triage").click()
        expect(page.get_by_text("triaged it as P3")).to_be_visible()
        expect(page.locator("#clocks").get_by_text("left").first).to_be_visible()

        page.get_by_label("Message").fill("Which tray is it?")
        page.get_by_role("button", name="Send & wait").click()
        expect(page.get_by_text("Which tray is it?")).to_be_visible()
        expect(page.locator("#clocks").get_by_text("Met")).to_be_visible()
        assert Snag.objects.get().waiting_for == "reporter"
        lifecycle.answer(snag, body="Tray two.", actor=rob)

        page.goto(snag.get_absolute_url())
        page.get_by_label("Message").fill("Swapped the tray.")
        page.get_by_role("button", name="Send & resolve").click()
        page.get_by_role("button", name="Configuration changed").click()
        expect(page.get_by_text("resolved it: configuration changed")).to_be_visible()

    after = Snag.objects.get()
    assert (after.status, after.resolution_note) == ("resolved", "Swapped the tray.")


def test_an_internal_note_is_set_apart(snag, sam, sign_in):
    with sign_in(sam) as page:
        page.goto(snag.get_absolute_url())
        page.get_by_label("Message").fill("Between us.")
        page.get_by_text("Internal note").click()
        page.get_by_role("button", name="Send", exact=True).click()

        expect(page.locator(".msg.internal")).to_contain_text("Between us.")

    assert snag.comments.get().audience == "internal"


def test_two_at_one_text_and_nothing_is_lost(snag, sam, sue, sign_in):
    with sign_in(sam) as page:
        page.goto(reverse("snags:edit", args=[snag.pk]))
        page.get_by_label("Title").fill("Sam's title")
        editing.edit_text(snag, actor=sue, version=snag.version, title="Sue's title")
        page.get_by_role("button", name="Save").click()

        expect(
            page.get_by_role("heading", name="Somebody else was faster")
        ).to_be_visible()
        expect(page.locator("pre.text").first).to_have_text("Sue's title")
        assert_accessible(page)
        page.get_by_role("button", name="Save mine over it").click()
        expect(page.get_by_role("heading", name="Sam's title")).to_be_visible()


def test_news_is_announced_and_never_pushed_in(snag, rob, sam, sign_in):
    with sign_in(rob) as page:
        page.goto(snag.get_absolute_url())
        page.get_by_label("Message").fill("Half a sentence")
        talk.comment(snag, body="Here is news.", actor=sam)
        page.evaluate("document.body.dispatchEvent(new CustomEvent('ops:pulse'))")

        expect(page.get_by_text("1 new entry · Show")).to_be_visible()
        expect(page.locator("#clocks").get_by_text("Met")).to_be_visible()
        expect(page.get_by_text("Here is news.")).to_be_hidden()
        assert page.get_by_label("Message").input_value() == "Half a sentence"


def test_the_pages_of_a_snag_are_accessible(snag, rob, sam, northgate, sign_in):
    lifecycle.start(snag, actor=sam)
    lifecycle.hand_over(snag, supplier=northgate, actor=sam, body="Please look.")
    talk.comment(snag, body="A note with `code`.", actor=sam, audience="internal")
    talk.add_effort(snag, actor=sam, minutes=5, kind="fix", spent_on=clock.now().date())
    later = clock.now().date().replace(year=2099)
    editing.note_workaround(
        snag, workaround="Use tray one.", review_on=later, actor=sam
    )
    watch = snag.clocks.get(kind="resolution")
    with sign_in(sam) as page:
        assert_all_accessible(
            page,
            snag.get_absolute_url(),
            reverse("snags:explain", args=[snag.pk, watch.pk]),
            reverse("snags:history", args=[snag.pk]),
            reverse("snags:resolve", args=[snag.pk]),
            reverse("snags:new"),
        )
