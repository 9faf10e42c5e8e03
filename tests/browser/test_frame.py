"""The frame in a real browser: keys, search, theme, menus, and pages without script."""

import pytest
from django.urls import reverse
from playwright.sync_api import expect

from tests.browser.driving import assert_all_accessible
from tests.factories import make_contract, make_snag

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def snags(live, rob):
    make_contract(live.landscape, p3_response=600, p3_resolution=4800)
    return [make_snag(live, rob) for _ in range(4)]


MOVING = """() => {
  document.documentElement.classList.add("htmx-request");
  document.body.insertAdjacentHTML("beforeend", '<div class="toast">Saved</div>');
  const moves = (style) => style.animationName !== "none" ||
    style.transitionDuration.split(",").some((time) => parseFloat(time) > 0);
  return [...document.querySelectorAll("*")]
    .filter((one) => [null, "::before", "::after", "::backdrop"]
      .some((part) => moves(getComputedStyle(one, part))))
    .map((one) => one.className);
}"""


def test_who_wants_no_motion_sees_none(snags, sam, sign_in):
    with sign_in(sam) as page:
        page.goto(reverse("snags:list"))
        assert page.evaluate(MOVING) == []

        page.emulate_media(reduced_motion="no-preference")
        assert page.evaluate(MOVING) != []


def test_rows_are_walked_and_ticked_by_keys(snags, sam, sign_in):
    with sign_in(sam) as page:
        page.goto(reverse("snags:list"))
        expect(page.locator(".bulk")).to_be_hidden()

        for key in "jjx":
            page.keyboard.press(key)

        expect(page.locator(".row").nth(1).locator(".pick")).to_be_checked()
        expect(page.locator(".bulk")).to_be_visible()
        page.locator(".pick").nth(3).click(modifiers=["Shift"])
        page.locator("[data-clear]").click()
        expect(page.locator(".bulk")).to_be_hidden()


def test_search_jumps_to_pages_and_to_what_the_server_finds(snags, sam, sign_in):
    with sign_in(sam) as page:
        page.goto(reverse("accounts:profile"))
        page.keyboard.press("Control+k")
        page.keyboard.type(snags[0].ref)
        hit = page.locator("#pal-list li[data-hit] a")
        expect(hit).to_have_attribute("aria-selected", "true")
        page.keyboard.press("Enter")
        page.wait_for_url(f"**{snags[0].get_absolute_url()}")

        page.keyboard.press("Control+k")
        page.keyboard.type("no such thing anywhere")
        expect(page.locator(".pal-none")).to_be_visible()


def test_g_and_a_letter_go_where_the_navigation_says(sam, sign_in):
    with sign_in(sam) as page:
        page.goto(reverse("accounts:profile"))
        page.keyboard.press("g")
        page.keyboard.press("i")
        page.wait_for_url(f"**{reverse('core:inbox')}")

        page.keyboard.press("?")
        expect(page.locator("#help")).to_be_visible()


def test_single_keys_are_silent_for_who_switched_them_off(sam, sign_in):
    sam.shortcuts = False
    sam.save()

    with sign_in(sam) as page:
        page.goto(reverse("accounts:profile"))
        page.keyboard.press("?")
        expect(page.locator("#help")).to_be_hidden()
        page.keyboard.press("Control+k")
        expect(page.locator("#palette")).to_be_visible()


def test_a_theme_is_there_at_first_paint(sam, sign_in):
    with sign_in(sam) as page:
        page.goto(reverse("accounts:profile"))
        page.locator(".usercard").click()
        page.get_by_role("button", name="Dark").click()
        page.reload()

        assert page.locator("html").get_attribute("data-theme") == "dark"
        colour = "getComputedStyle(document.body).backgroundColor"
        assert page.evaluate(colour) == "rgb(11, 13, 17)"


def test_a_deadline_that_passes_while_one_looks_turns_red(snags, sam, sign_in):
    with sign_in(sam) as page:
        page.clock.install()
        page.goto(reverse("snags:list"))
        pill = page.locator(".row").first.locator(".sla")
        expect(pill).to_contain_text("left")

        page.clock.fast_forward(40 * 24 * 3600 * 1000)
        page.clock.run_for(1500)

        expect(pill).to_have_class("sla breached")
        expect(pill).to_contain_text("over")


def test_news_is_asked_for_only_by_who_looks(snags, sam, sign_in):
    with sign_in(sam) as page:
        page.goto(snags[0].get_absolute_url())

        with page.expect_response("**/clocks/?*") as answer:
            page.evaluate("document.body.dispatchEvent(new CustomEvent('ops:pulse'))")

        assert answer.value.status == 204


def test_a_phone_reaches_every_page_without_script(sam, sign_in):
    with sign_in(sam, look="phone", scripts=False) as page:
        page.goto(reverse("accounts:profile"))
        page.get_by_role("link", name="More", exact=True).click()

        expect(page.locator("#side")).to_be_visible()
        page.locator("#side").get_by_role("link", name="Inbox").click()
        page.wait_for_url(f"**{reverse('core:inbox')}")


def test_what_was_typed_survives_a_lost_page(snags, sam, sign_in):
    with sign_in(sam) as page:
        page.goto(snags[0].get_absolute_url())
        page.on("dialog", lambda dialog: dialog.accept())
        page.get_by_label("Message").fill("Half a thought")
        page.goto(reverse("core:inbox"))
        page.goto(snags[0].get_absolute_url())

        expect(page.get_by_label("Message")).to_have_value("Half a thought")


def test_pasted_and_chosen_files_are_listed_and_removed(snags, sam, sign_in):
    with sign_in(sam) as page:
        page.goto(snags[0].get_absolute_url())
        page.locator("[data-drop] input[type=file]").set_input_files(
            {"name": "log.txt", "mimeType": "text/plain", "buffer": b"x" * 2100}
        )
        expect(page.locator(".chosen li")).to_contain_text("log.txt2 KB")
        page.evaluate(
            """() => {
              const data = new DataTransfer();
              data.items.add(new File(["x"], "image.png", { type: "image/png" }));
              document.querySelector(".composer").dispatchEvent(
                new ClipboardEvent("paste", { clipboardData: data, bubbles: true }));
            }"""
        )
        expect(page.locator(".chosen li")).to_have_count(2)
        expect(page.locator(".chosen li").nth(1)).to_contain_text("screenshot-")

        page.get_by_role("button", name="Remove log.txt").click()

        expect(page.locator(".chosen li")).to_have_count(1)


PAGES = ["accounts:profile", "core:inbox", "account_change_password", "mfa_index"]


def test_pages_of_the_frame_are_accessible(sam, sign_in):
    with sign_in(sam) as page:
        assert_all_accessible(page, *map(reverse, PAGES))


def test_the_way_in_is_accessible(visit):
    with visit() as page:
        assert_all_accessible(
            page, reverse("account_login"), reverse("account_reset_password")
        )
