"""The frame around every page: what it offers, to whom, at what cost."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test import RequestFactory
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from structlog.testing import capture_logs

from opsdesk.accounts.access import access_of
from opsdesk.core import clock
from opsdesk.core.models import Heartbeat, Notification
from opsdesk.site import nav, shell
from opsdesk.site.context import Frame
from tests.factories import make_party, make_user
from tests.markup import assert_no_inline


def frame_of(user, path="/"):
    return Frame(RequestFactory().get(path), user)


def labels(user):
    return [link.entry.label for group in frame_of(user).groups for link in group.links]


def test_each_entry_leads_to_a_different_place_or_is_for_different_people():
    rows = [(entry.url_name, entry.roles) for entry in nav.ENTRIES]

    assert len(rows) == len(set(rows))
    keys = [entry.key for entry in nav.ENTRIES if entry.key]
    same_page = {(e.key, e.url_name) for e in nav.ENTRIES if e.key}
    assert len(same_page) == len(set(keys))


def test_people_see_the_pages_they_may_open(client, sam, rob, ann):
    for person in (sam, rob, ann):
        client.force_login(person)
        for group in frame_of(person).groups:
            for link in group.links:
                assert client.get(link.url).status_code in {200, 302}, link.url


def test_a_page_nobody_may_open_is_not_offered(rob, ann):
    assert "People" not in labels(rob)
    assert "People" in labels(ann)


def test_whoever_may_be_asked_to_test_finds_what_they_are_asked(rob, sam, ann):
    for person in (rob, sam, ann):
        assert "My tests" in labels(person)
    supplier = make_party("Northgate", "supplier")
    for person in (
        make_user("amy", "auditor"),
        make_user("vic", "supplier", supplier=supplier),
    ):
        assert "My tests" not in labels(person)


def test_the_current_page_is_marked_once(ann):
    frame = frame_of(ann, reverse("accounts:person_new"))

    current = [link for g in frame.groups for link in g.links if link.is_current]

    assert [link.entry.url_name for link in current] == ["accounts:people"]


def test_a_page_that_does_not_exist_yet_is_left_out(sam, monkeypatch):
    soon = nav.Entry("Change", "Soon", "rocket", "no_such:page")
    monkeypatch.setattr(nav, "ENTRIES", (*nav.ENTRIES, soon))

    assert "Soon" not in labels(sam)


def test_a_phone_has_room_for_three(sam):
    assert len(frame_of(sam).tabs) <= 3


def test_the_frame_costs_two_queries(sam):
    frame = frame_of(sam)

    with CaptureQueriesContext(connection) as queries:
        assert frame.groups
        assert frame.now
        assert frame.unread == "0"
        assert frame.staleness == ""
        assert frame.log_url is not None

    assert len(queries) <= 2


def test_unread_lines_are_counted_up_to_the_cap(sam):
    Notification.objects.bulk_create(
        Notification(recipient=sam, key=str(n), title="x") for n in range(120)
    )

    assert frame_of(sam).unread == "100+"


def test_a_count_the_page_made_itself_is_shown(ann):
    request = RequestFactory().get("/")
    request.shell_counts = {"accounts:people": 7}

    groups = Frame(request, ann).groups

    people = next(
        x for g in groups for x in g.links if x.entry.url_name == "accounts:people"
    )
    assert people.count == 7


def test_silent_timers_are_said(sam):
    Heartbeat.objects.create(name="tick", at=clock.now() - timedelta(minutes=5))

    assert "have not run for 5 m" in frame_of(sam).staleness


def test_a_system_that_has_just_started_raises_no_alarm(sam):
    assert shell.facts(sam).silent_for is None


def test_timers_that_never_ran_are_said_once_there_was_time_to_start(sam):
    sam.date_joined = clock.now() - timedelta(seconds=70)

    assert frame_of(sam).staleness.startswith("The timers have never run: no worker")


def test_outsiders_report_and_workers_write_down(rob, sam):
    assert nav.log_url(access_of(rob)) == nav.address("snags:report")
    assert nav.log_url(access_of(sam)) in {
        nav.address("snags:new"),
        nav.address("snags:report"),
    }


@pytest.mark.parametrize("name", ["account_login", "account_reset_password"])
def test_the_way_in_is_clean(client, db, name):
    page = client.get(reverse(name))

    assert_no_inline(page.content.decode())
    assert "csrftoken" in page.cookies


@pytest.mark.parametrize(
    "name", ["accounts:profile", "core:inbox", "account_change_password", "mfa_index"]
)
def test_pages_with_a_frame_are_clean(client, sam, name):
    client.force_login(sam)

    page = client.get(reverse(name))

    shown = assert_no_inline(page.content.decode())
    assert [a["data-shortcuts"] for a in shown.all("body")] == ["on"]
    assert shown.all("html")[0]["data-now"]


def test_single_keys_can_be_switched_off(client, sam):
    sam.shortcuts = False
    sam.save()
    client.force_login(sam)

    page = client.get(reverse("accounts:profile")).content.decode()

    assert 'data-shortcuts="off"' in page


@pytest.mark.parametrize(
    ("cookie", "own", "shown"),
    [
        ("dark", "", "dark"),
        ("", "light", "light"),
        ("dark", "light", "dark"),
        ("<b>", "", None),
    ],
)
def test_the_theme_is_this_devices_else_the_persons(client, sam, cookie, own, shown):
    sam.theme = own
    sam.save()
    client.force_login(sam)
    client.cookies["theme"] = cookie

    page = client.get(reverse("accounts:profile")).content.decode()

    assert assert_no_inline(page).all("html")[0].get("data-theme") == shown


@pytest.mark.parametrize("status", [400, 403, 404, 405, 409, 413, 429, 500, 503])
def test_every_refusal_has_a_page_that_says_what_next(status):
    from django.template.loader import render_to_string

    page = assert_no_inline(render_to_string(f"{status}.html"))

    assert page.all("h1")
    assert page.all("a")


def test_browsers_that_ask_get_a_picture(client, db):
    answer = client.get("/favicon.ico")

    assert answer.status_code == 302
    assert answer["Location"].endswith(".svg")


@pytest.mark.parametrize("debug", [True, False])
def test_a_mistyped_address_finds_our_page_and_a_line_in_the_log(
    client, sam, settings, debug
):
    settings.DEBUG = debug
    client.force_login(sam)

    with capture_logs() as lines:
        answer = client.get("/snagz/")

    assert answer.status_code == 404
    page = answer.content.decode()
    assert "Nothing here" in page
    assert "urlconf" not in page.lower()
    (line,) = [line for line in lines if line["event"] == "not_found"]
    assert (line["path"], line["why"]) == ("/snagz/", "No route matches the address.")
    assert client.get("/snags")["Location"] == "/snags/", "a lost slash is put back"


def test_who_signs_in_again_after_sending_too_late_is_told(client, sam):
    late = client.post(reverse("snags:bulk"))
    assert late["Location"].endswith(f"?next={reverse('snags:bulk')}")
    client.force_login(sam)

    answer = client.get(reverse("snags:bulk"))

    assert (answer.status_code, answer["Allow"]) == (405, "POST")
    assert "what you sent was not done" in answer.content.decode()
