"""A change's whole way through the pages, as the people who take part in it go it."""

from contextlib import ExitStack
from datetime import timedelta

import pytest
from django.conf import settings
from django.urls import reverse
from django.utils import timezone
from playwright.sync_api import expect

from changes.models import ChangeRequest, Package
from changes.services import promoting, submitting
from environments.models import Component, Environment, PromotionPath
from environments.services.installing import record_installation
from environments.services.windows import create_window
from opsdesk.core import clock
from tests.browser.driving import assert_all_accessible
from tests.changes.drafts import make_change
from tests.factories import first_policies, make_contract, make_snag

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
PLAN = "Run run.sql"
TITLE = "Invoices are rounded wrong"
SCRIPT = {"name": "run.sql", "mimeType": "text/plain", "buffer": b"select 1;\n"}
UNDO = {"name": "undo.sql", "mimeType": "text/plain", "buffer": b"select 0;\n"}
# Each takes part in their own way; who is not told of sits at a desk by day.
ON_FOOT = {"look": "phone", "scripts": False}
BY_NIGHT = {"look": "dark"}


@pytest.fixture
def company(live, us, rob, ada):
    """Four environments that run 1.0, a path into production, maintenance time now."""
    first_policies()
    make_contract(live.landscape, p3_response=600, p3_resolution=6000)
    places = {row.kind: row for row in live.landscape.environments.order_by("pk")}
    part = Component.objects.create(
        landscape=live.landscape, code="APP", name="Application", kind="application"
    )
    for place in places.values():
        record_installation(
            place,
            part,
            label="1.0",
            sha256="0" * 64,
            source="baseline",
            actor=ada,
            at=clock.exact() - timedelta(days=30),
        )
    PromotionPath.objects.create(
        upstream=places["dev_test"], target=live, soak_hours=0, sign_offs=1, approvals=1
    )
    Environment.objects.filter(pk=live.pk).update(needs_window=True)
    create_window(
        live.landscape,
        actor=ada,
        kind="maintenance",
        name="Tonight",
        environments=[live],
        starts_local=timezone.localtime().replace(tzinfo=None) - timedelta(hours=1),
        minutes=600,
        time_zone=settings.TIME_ZONE,
    )
    return places


@pytest.fixture
def people(rob, sam, sue, tim, bea, mia, ada):
    """Who takes part: rob tries it, sam writes it, sue does it, the others agree."""
    return (rob, sam, sue, tim, bea, mia, ada)


@pytest.fixture
def at_work(sign_in):
    """at_work(sam): a page of theirs, open to the end of the test."""
    with ExitStack() as open_pages:
        yield lambda user, **how: open_pages.enter_context(sign_in(user, **how))


def test_a_change_goes_from_a_snag_to_its_close_by_what_the_pages_show(
    company, people, at_work
):
    rob, sam, sue, tim, bea, mia, ada = people
    snag = make_snag(company["production"], rob, title=TITLE)
    ways = {rob: ON_FOOT, tim: ON_FOOT, ada: ON_FOOT, bea: BY_NIGHT, mia: BY_NIGHT}
    pages = {who: at_work(who, **ways.get(who, {})) for who in people}
    on_foot = at_work(sue, **ON_FOOT)
    for page in (*pages.values(), on_foot):
        page.goto("/")

    make_a_package(pages[sam])
    change = raise_a_change(pages[sam], company, sue)
    promote(pages[sue], company["dev_test"])
    carry_out(pages[sue])
    try_it(pages[sam], pages[rob], rob)
    ask_for_approval(pages[sam])
    for person in (tim, bea):
        approve(pages[person], str(change))
    promote(on_foot, company["production"])
    approve(pages[ada], change.ref)
    on_foot.reload()
    carry_out(on_foot)
    change.refresh_from_db()
    assert change.state == "implementing"
    sync_the_failover(pages[sue])
    waive_the_training(pages[mia])
    close(pages[sue], pages[mia])

    change.refresh_from_db()
    snag.refresh_from_db()
    assert (change.state, change.closure, snag.status) == (
        "closed",
        "successful",
        "resolved",
    )


def test_pages_of_changes_are_accessible(company, sam, sue, rob, at_work):
    change = make_change(company["production"], sam, sam, sue)
    change = submitting.submit(change, actor=sam)
    run = promoting.schedule(change, actor=sam, environment=company["dev_test"])
    page = at_work(sam)

    assert_all_accessible(
        page,
        reverse("changes:packages"),
        change.package.get_absolute_url(),
        reverse("changes:list"),
        change.get_absolute_url(),
        reverse("changes:edit", args=[change.pk]),
        reverse("changes:board"),
        run.get_absolute_url(),
        reverse("changes:my_tests"),
    )


def press(page, name):
    page.get_by_role("button", name=name, exact=True).first.click()


def follow(page, name):
    page.get_by_role("link", name=name, exact=True).first.click()


def menu(page, name):
    """By the side bar; a phone opens it first. Before its styles come it has both."""
    page.wait_for_load_state()
    if page.locator(".tabbar").is_visible():
        page.locator(".tabbar").get_by_text("More").click()
    page.locator("nav.side a").filter(has_text=name).click()
    page.wait_for_load_state()


def find(page):
    """The change, among all of them."""
    menu(page, "Change requests")
    follow(page, TITLE)
    expect(page.get_by_role("heading", name=TITLE)).to_be_visible()


def make_a_package(page):
    """Drafted, filled, sealed."""
    menu(page, "Packages")
    follow(page, "New package")
    page.get_by_label("Component").select_option(label="Application")
    page.get_by_label("Version").fill("1.1")
    press(page, "Save")
    page.locator("input[type=file]").set_input_files([SCRIPT, UNDO])
    press(page, "Add files")
    follow(page, "Seal")
    press(page, "Seal")
    expect(page.get_by_text("Sealed").first).to_be_visible()


def raise_a_change(page, company, implementer):
    """From the snag: written, saved, submitted."""
    now = timezone.localtime()
    live = company["production"]
    menu(page, "Snaglists")
    page.get_by_role("link", name=TITLE).first.click()
    press(page, "More")
    follow(page, "Raise a change")
    expect(page.get_by_label("Snags it fixes")).not_to_have_value("")
    for name, text in (
        ("impact", "Invoices of today are printed again."),
        ("implementation_plan", PLAN),
        ("test_plan", "Print an invoice"),
        ("backout_plan", "Run undo.sql and print an invoice."),
        ("comms_plan", "Finance."),
        ("description", "The sum is rounded, not the lines."),
    ):
        page.locator(f"textarea[name={name}]").fill(text)
    page.locator("[name=package]").select_option(value=str(Package.objects.get().pk))
    page.locator("[name=implementer]").select_option(value=str(implementer.pk))
    page.locator("[name=rehearsed]").select_option("no")
    page.locator(f"[name=to_{live.pk}]").check()
    page.locator(f"[name=minutes_{live.pk}]").fill("120")
    for name, hours in (
        (f"start_{live.pk}", 0),
        ("earliest_start", -1),
        ("latest_end", 6),
    ):
        moment = now + timedelta(hours=hours, minutes=-5)
        page.locator(f"[name={name}]").fill(f"{moment:%Y-%m-%dT%H:%M}")
    press(page, "Save")
    press(page, "Submit")
    expect(page.get_by_text("Assessing and testing").first).to_be_visible()
    return ChangeRequest.objects.get()


def promote(page, environment):
    """Planned on the change's page; the run sheet is what comes."""
    find(page)
    follow(page, "Plan promotion")
    page.get_by_label("Where to").select_option(value=str(environment.pk))
    plan(page)


def plan(page):
    press(page, "Plan promotion")
    expect(page.get_by_role("heading", name="Run sheet")).to_be_visible()


def carry_out(page):
    """Started, every step, the digest as the host told it, the checks."""
    press(page, "Start")
    expect(page.get_by_text("Running").first).to_be_visible()
    do_steps(page)
    approved = page.locator(".digestform .digest").inner_text()
    page.get_by_label("Digest of what is installed now").fill(approved)
    press(page, "Report the digest")
    do_steps(page)
    press(page, "It has succeeded")
    expect(page.get_by_text("Succeeded").first).to_be_visible()


def do_steps(page):
    """One after the other, until there is none to do."""
    while page.locator(".stepform").count():
        page.get_by_label("What was seen").fill("Seen.")
        page.locator(".stepform button").click()


def try_it(page, theirs, tester):
    """Somebody of the business is asked, tries it, and says that it works."""
    find(page)
    follow(page, "Ask for a test")
    page.get_by_label("Who tries it").select_option(value=str(tester.pk))
    page.get_by_label("Business area").fill("Finance")
    tomorrow = timezone.localtime() + timedelta(days=1)
    page.get_by_label("By when").fill(f"{tomorrow:%Y-%m-%dT%H:%M}")
    press(page, "Ask for a test")
    menu(theirs, "Inbox")
    theirs.get_by_role("button", name="Please test Finance").click()
    theirs.get_by_role("link", name="Say whether it works").click()
    theirs.get_by_label("Passed", exact=True).check()
    press(theirs, "Say whether it works")
    expect(theirs.get_by_text("Thank you").first).to_be_visible()


def ask_for_approval(page):
    """The slot has begun a little before the maintenance: lived with, in words."""
    find(page)
    follow(page, "Ask for approval")
    page.get_by_label("Why you live with the conflicts").fill("Five minutes early.")
    press(page, "Ask for approval")
    expect(page.get_by_text("Awaiting approval").first).to_be_visible()


def approve(page, title):
    """From the inbox of who is asked."""
    menu(page, "Approvals")
    page.get_by_role("link", name=title).first.click()
    press(page, "Approve")
    expect(page.get_by_role("button", name="Approve", exact=True)).to_have_count(0)


def sync_the_failover(page):
    """What is owed afterwards says how: the failover follows."""
    find(page)
    owed = page.locator("li", has_text="Bring failover up")
    owed.get_by_role("link", name="a promotion there").click()
    plan(page)
    carry_out(page)


def waive_the_training(page):
    """A manager says that the training system need not follow."""
    find(page)
    owed = page.locator("li", has_text="Bring training up")
    owed.get_by_role("link", name="Waive").click()
    page.get_by_label("Why it need not be done").fill("It is rebuilt on Monday.")
    press(page, "Waive it")
    expect(page.get_by_text("It is rebuilt on Monday.").first).to_be_visible()


def close(page, managers):
    find(page)
    press(page, "It works")
    managers.reload()
    follow(managers, "Write the review")
    managers.get_by_label("What it was made for was reached").check()
    press(managers, "Write the review")
    follow(managers, "Close")
    press(managers, "Close")
    expect(managers.get_by_text("Closed").first).to_be_visible()
