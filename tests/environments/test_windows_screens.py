"""Freezes and maintenance as people meet them: the list, the form, the calendar."""

from datetime import UTC, datetime

import pytest
from django.urls import reverse

from environments import ics
from environments.forms.windows import first_facts
from environments.models import CalendarFeed, Landscape, WindowRule
from environments.queries.calendar import feed_entries
from environments.services import feeds
from environments.services.windows import edit_window
from opsdesk.accounts.models import Membership
from opsdesk.core import clock
from tests.environments.planning import local, make_window
from tests.markup import assert_no_inline

CALENDAR = "environments:calendar"


def typed(environment, **changed):
    return {
        "name": "Sunday night",
        "environments": [environment.pk],
        "starts_local": "2027-03-21T01:30",
        "ends_local": "2027-03-21T03:30",
        "time_zone": "Europe/London",
        "repeats": "FREQ=WEEKLY",
        "is_hard": "yes",
        **changed,
    }


def test_s54_a_manager_previews_a_window_over_the_change_of_clocks_and_saves_it(
    client, live, mia
):
    client.force_login(mia)
    address = reverse("environments:freeze_new", args=[live.landscape_id])

    page = client.post(address, {**typed(live), "preview": "1"}).content.decode()
    assert "Sun 28 Mar 2027, 02:00" in page  # half past one never comes
    assert "The clocks jump over its start or end." in page
    assert "28 Mar 01:00 to 28 Mar 02:30" in page
    assert WindowRule.objects.count() == 0
    assert_no_inline(page)

    made = client.post(address, typed(live))
    rule = WindowRule.objects.get()
    assert made["Location"] == rule.get_absolute_url()
    assert "Sunday night" in client.get(made["Location"]).content.decode()


def test_a_new_window_starts_tomorrow_evening_where_the_landscape_is():
    auckland = Landscape(time_zone="Pacific/Auckland")

    # It is two in the morning of the second there.
    facts = first_facts(auckland, datetime(2026, 3, 1, 13, tzinfo=UTC))

    assert facts["starts_local"] == "2026-03-03T18:00"


@pytest.mark.parametrize(
    ("changed", "sentence", "status"),
    [
        ({"ends_local": "2027-03-21T01:30"}, "It ends after it starts", 422),
        ({"starts_local": "soon"}, "Give a date and a time", 422),
        ({"starts_local": "1999-12-31T23:00"}, "of 2000 to 2099", 422),
        ({"time_zone": "Mars/Olympus"}, "is not a time zone", 422),
        ({"environments": []}, "Choose at least one environment.", 422),
        ({"repeats": "own", "rule": "FREQ=MINUTELY"}, "Start with FREQ=", 422),
        (
            {"repeats": "FREQ=DAILY", "ends_local": "2027-03-23T02:00"},
            "come again",
            409,
        ),
    ],
)
def test_what_is_wrong_with_a_window_is_said_and_nothing_saved(
    client, live, ada, changed, sentence, status
):
    client.force_login(ada)
    address = reverse("environments:freeze_new", args=[live.landscape_id])

    answer = client.post(address, typed(live, **changed))

    assert (answer.status_code, sentence in answer.content.decode()) == (status, True)
    assert WindowRule.objects.count() == 0


def test_the_second_editor_keeps_both_texts(client, live, ada):
    rule = make_window(live, ada, start=local(5))
    client.force_login(ada)
    address = reverse("environments:window_edit", args=[rule.pk])
    mine = typed(live, name="Mine", version=1)

    client.post(address, typed(live, name="Theirs", version=1))
    answer = client.post(address, mine)

    page = answer.content.decode()
    assert answer.status_code == 409
    assert "Theirs" in page
    assert "Mine" in page
    assert WindowRule.objects.get().name == "Theirs"


def test_a_window_is_called_off_after_a_question(client, live, ada):
    rule = make_window(live, ada)
    client.force_login(ada)
    address = reverse("environments:window_cancel", args=[rule.pk])

    assert "Call off Month-end close?" in client.get(address).content.decode()
    assert client.post(address, {"reason": ""}).status_code == 422
    client.post(address, {"reason": "Books closed."})

    assert WindowRule.objects.get().cancel_reason == "Books closed."


@pytest.mark.parametrize("view", ["month", "week", "list", "nonsense"])
@pytest.mark.parametrize("on", ["2026-03-29", "", "9999-12-31", "x"])
def test_the_calendar_answers_whatever_is_asked(client, live, ada, view, on):
    make_window(live, ada, rrule="FREQ=DAILY", start=local(1))
    client.force_login(ada)

    answer = client.get(reverse(CALENDAR), {"view": view, "on": on, "environment": on})

    assert answer.status_code == 200
    assert_no_inline(answer.content.decode())


def test_the_calendar_shows_a_window_once_for_all_its_places(client, live, ada):
    training = live.landscape.environments.get(kind="training")
    make_window(live, ada, environments=[live, training], minutes=60, start=local(1))
    client.force_login(ada)

    page = client.get(reverse(CALENDAR), {"view": "list"}).content.decode()

    assert page.count("Month-end close") == 1
    assert "ERP Production, ERP Training" in page
    assert "UTC)" in page


def test_the_calendar_and_the_list_cost_the_same_for_any_number(
    client, live, ada, same_queries
):
    client.force_login(ada)

    def add(count):
        for _ in range(count):
            name = f"W{WindowRule.objects.count()}"
            make_window(live, ada, name=name, start=local(1))

    same_queries(reverse(CALENDAR), add, budget=12)
    same_queries(reverse("environments:windows"), add, budget=12)


# --- In a calendar program ---------------------------------------------------------


def test_the_secret_address_gives_the_calendar_until_it_is_revoked(client, live, ada):
    make_window(live, ada, start=local(1))
    client.force_login(ada)
    page = client.post(reverse("environments:feed_open"))
    secret = page.context["address"].rsplit("/", 1)[1].removesuffix(".ics")
    client.logout()
    address = reverse("environments:feed", args=[secret])

    answer = client.get(address)
    assert answer["Cache-Control"] == "private, no-store"
    assert answer["Content-Type"].startswith("text/calendar")
    assert b"SUMMARY:Month-end close (ERP Production)\r\n" in answer.content
    assert secret not in CalendarFeed.objects.get().digest

    feeds.close_feed(actor=ada)
    assert client.get(address).status_code == 404


def test_no_two_entries_of_a_calendar_have_one_name(live, ada):
    """An environment left out of a freeze that is on ends it at another time."""
    places = [live, live.landscape.environments.get(kind="failover")]
    rule = make_window(live, ada, environments=places)
    facts = {"name": rule.name, "minutes": 180, "time_zone": "UTC"}
    starts = datetime.fromisoformat(rule.starts_local)
    edit_window(
        rule, actor=ada, version=1, environments=[live], starts_local=starts, **facts
    )

    entries = feed_entries(ada, clock.now())

    assert len(entries) == len({entry.uid for entry in entries}) == 2


def test_a_new_address_ends_the_old_one(live, ada):
    old = feeds.open_feed(actor=ada)
    new = feeds.open_feed(actor=ada)

    assert (feeds.reader(old), feeds.reader(new)) == (None, ada)


def test_who_no_longer_works_here_reads_nothing(live, ada):
    secret = feeds.open_feed(actor=ada)
    Membership.objects.filter(user=ada).delete()

    assert feeds.reader(secret) is None
    assert feeds.reader("x" * 5_000) is None


def test_text_is_escaped_and_folded_as_rfc_5545_says():
    title = "Close; books, \\ and\nDTSTART:20000101 " + "é" * 80
    event = ics.Event("u", *[datetime(2026, 3, 2, 9, tzinfo=UTC)] * 2, title)
    text = ics.write("x", [event], stamp=datetime(2026, 3, 1, tzinfo=UTC))

    lines = text.split(b"\r\n")
    assert max(len(line) for line in lines) <= 75
    assert sum(line.startswith(b"DTSTART") for line in lines) == 1
    unfolded = text.replace(b"\r\n ", b"").decode()
    assert r"SUMMARY:Close\; books\, \\ and\nDTSTART:20000101 é" in unfolded
