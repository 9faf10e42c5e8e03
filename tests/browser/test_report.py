"""A business user's day: report with a picture, answer, say whether it is fixed."""

import pytest
from playwright.sync_api import expect

from snags.models import Snag
from snags.services import lifecycle
from tests.browser.driving import assert_accessible, assert_all_accessible
from tests.factories import make_contract, make_snag

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
PICTURE = {"name": "screen.png", "mimeType": "image/png", "buffer": b"\x89PNG\r\n"}


@pytest.mark.parametrize("scripts", [True, False])
def test_a_report_with_a_picture_gets_its_number(live, rob, sign_in, scripts):
    make_contract(live.landscape, p3_response=600)
    with sign_in(rob, look="phone", scripts=scripts) as page:
        page.goto("/snags/report/")
        page.get_by_label("What is wrong?").fill("Invoices print twice")
        page.get_by_label("My team").check(force=True)
        page.locator("input[type=file]").set_input_files([PICTURE])
        page.get_by_role("button", name="Report it").click()

        expect(page.get_by_text("Thank you. This is SN-")).to_be_visible()
        expect(page.get_by_text("We answer by")).to_be_visible()
        expect(page.get_by_role("link", name="screen.png")).to_be_visible()

    snag = Snag.objects.get()
    assert (snag.title, snag.priority) == ("Invoices print twice", 3)


def test_similar_snags_are_suggested_while_typing(live, rob, sign_in):
    known = make_snag(live, rob, title="Label printer prints blank labels")
    with sign_in(rob) as page:
        page.goto("/snags/report/")
        page.get_by_label("What is wrong?").press_sequentially("blank labels")

        expect(page.get_by_role("link", name=known.ref)).to_be_visible()
        assert_accessible(page)


def test_only_the_fields_of_the_chosen_kind_are_asked(live, rob, sign_in):
    with sign_in(rob) as page:
        page.goto("/snags/report/")
        page.get_by_text("It is something else").click()
        decision = page.get_by_label("Which decision?")
        expect(decision).to_be_hidden()
        page.get_by_label("A decision should be revisited").check(force=True)

        expect(decision).to_be_visible()
        expect(page.get_by_label("Needed by")).to_be_hidden()
        assert_accessible(page)


def test_answer_reopen_and_confirm_from_my_reports(live, rob, sam, sign_in):
    asked, fixed, wrong = (make_snag(live, rob, title=t) for t in ("Ask", "Fix", "No"))
    lifecycle.start(asked, actor=sam)
    lifecycle.wait(asked, actor=sam, waiting_for="reporter", body="Which tray?")
    for snag in (fixed, wrong):
        lifecycle.resolve(
            snag, actor=sam, resolution="no_fault", resolution_note="Look again."
        )

    with sign_in(rob, look="phone", scripts=False) as page:
        page.goto("/snags/mine/")
        page.get_by_label(f"Your answer to {asked.ref}").fill("Tray two.")
        page.get_by_role("button", name="Answer").click()
        card = page.get_by_role("region", name=f"{fixed.ref}: is it fixed?")
        card.get_by_role("button", name="It is fixed").click()
        card = page.get_by_role("region", name=f"{wrong.ref}: is it fixed?")
        card.get_by_text("Not fixed yet").click()
        card.get_by_label("What is still wrong?").fill("Still twice.")
        card.get_by_role("button", name="Reopen").click()
        expect(page.get_by_text("Being worked on")).to_have_count(2)

    states = dict(Snag.objects.values_list("title", "status"))
    assert states == {"Ask": "in_progress", "Fix": "closed", "No": "in_progress"}


def test_the_business_users_pages_are_accessible(live, rob, sam, sign_in):
    make_snag(live, rob)
    fixed = make_snag(live, rob)
    lifecycle.resolve(fixed, actor=sam, resolution="no_fault", resolution_note="x")
    with sign_in(rob) as page:
        assert_all_accessible(
            page, "/snags/report/", "/snags/mine/", fixed.get_absolute_url()
        )
