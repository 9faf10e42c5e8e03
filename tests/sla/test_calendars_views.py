"""The pages of calendars, driven as the people they are for."""

from datetime import timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from sla.models import CalendarVersion, HolidayFeed, ServiceCalendar
from sla.services.calendars import amend_calendar, create_calendar
from tests.factories import make_calendar, make_contract, make_snag, make_user

HOURS = {
    "week": "Mon-Fri 08:00-18:00",
    "timezone": "Europe/London",
    "region": "GB-ENG",
    "days": "2026-06-01 Outing",
    "special": "2026-12-24 09:00-12:00",
}


@pytest.fixture
def office(mia):
    return create_calendar(
        actor=mia, name="Office", timezone="Europe/London", week="Mon-Fri 09:00-17:00"
    )


def page(client, name, *args, **query):
    return client.get(reverse(f"sla:{name}", args=args), query)


def test_a_manager_writes_a_calendar(client, mia):
    client.force_login(mia)
    assert page(client, "calendar_new").status_code == 200

    done = client.post(reverse("sla:calendar_new"), {"name": "Desk", **HOURS})

    calendar = ServiceCalendar.objects.get()
    assert done["Location"] == calendar.get_absolute_url()
    hours = calendar.versions.get().as_hours()
    assert hours.weekly[0] == ((480, 1080),)
    shown = client.get(done["Location"]).content.decode()
    assert "09:00–12:00" in shown


def test_the_year_shows_windows_holidays_special_hours_and_changed_clocks(client, mia):
    client.force_login(mia)
    client.post(reverse("sla:calendar_new"), {"name": "Desk", **HOURS})
    shown = page(client, "calendar", ServiceCalendar.objects.get().pk, year=2026)
    html = shown.content.decode()
    assert 'class="holiday" data-tip="Mon 28 Dec|:Holiday, Boxing Day' in html
    assert 'class="special" data-tip="Thu 24 Dec|:Special|:09:00–12:00"' in html
    assert "a day of 23 hours" in html
    assert "Mon 1 Jun: Holiday, Outing" in html


@pytest.mark.parametrize(
    "year", ["", "0", "99999", "-1", "abc", "２０２６", "1e3", "2000", "2099"]
)
def test_a_year_that_makes_no_sense_shows_this_one(client, mia, office, year):
    client.force_login(mia)
    assert page(client, "calendar", office.pk, year=year).status_code == 200


@pytest.mark.parametrize(
    ("role", "status"),
    [
        ("support", 200),
        ("auditor", 200),
        ("administrator", 200),
        ("reporter", 403),
        ("approver_business", 403),
    ],
)
def test_who_may_read_and_nobody_else_may_write(client, office, role, status):
    client.force_login(make_user("nosy", role))
    assert page(client, "calendars").status_code == status
    assert page(client, "calendar", office.pk).status_code == status
    for name in ("calendar_amend", "calendar_ical", "calendar_rename"):
        assert page(client, name, office.pk).status_code == 403
    refused = client.post(
        reverse("sla:calendar_amend", args=[office.pk]), {"version": 1, **HOURS}
    )
    assert refused.status_code == 403
    assert CalendarVersion.objects.count() == 1


def test_a_calendar_that_is_not_there_is_not_found(client, mia, office):
    client.force_login(mia)
    for pk in (office.pk + 1, 10**18, 10**30):
        assert page(client, "calendar", pk).status_code == 404
    assert page(client, "calendar_correct", office.pk, 7).status_code == 404


def test_a_preview_says_what_would_move_and_saves_nothing(
    client, mia, rob, live, office
):
    make_contract(live.landscape, office, p2_resolution=240, p3_resolution=6000)
    make_snag(live, rob)
    client.force_login(mia)

    shown = client.post(
        reverse("sla:calendar_amend", args=[office.pk]),
        {"version": 1, "preview": "1", **HOURS},
    )

    trial = shown.context["trial"]
    assert trial.clocks.total == 1
    assert trial.changed_days > 0
    assert {shift.after.priority for shift in trial.shifts} == {2, 3}
    assert all(shift.before.due_at and shift.after.due_at for shift in trial.shifts)
    assert CalendarVersion.objects.count() == 1


def test_what_was_previewed_can_be_saved(client, mia, office):
    client.force_login(mia)
    client.post(
        reverse("sla:calendar_amend", args=[office.pk]),
        {"version": 1, "reason": "Longer.", **HOURS},
    )
    latest = office.versions.get(number=2)
    assert (latest.reason, latest.created_by) == ("Longer.", mia)


def test_the_second_editor_sees_the_first_and_may_go_on(client, mia, office):
    amend_calendar(
        office,
        actor=mia,
        version=1,
        timezone="Europe/London",
        week="Sat 10:00-11:00",
        effective_at=office.versions.get().created_at + timedelta(days=9),
    )
    client.force_login(mia)
    url = reverse("sla:calendar_amend", args=[office.pk])
    shown = client.post(url, {"version": 1, **HOURS})

    html = shown.content.decode()
    assert "Somebody else changed this" in html
    assert "Sat 10:00-11:00" in html
    assert office.versions.count() == 2
    client.post(url, {"version": shown.context["form"].data["version"], **HOURS})
    assert office.versions.count() == 3


def test_a_correction_replaces_the_version(client, mia, office):
    client.force_login(mia)
    url = reverse("sla:calendar_correct", args=[office.pk, 1])
    assert client.get(url).status_code == 200
    given = {"version": 1, "replaces": 1, **HOURS}
    assert client.post(url, given).status_code == 200
    assert office.versions.count() == 1
    assert client.post(url, {**given, "reason": "Typo.", "preview": "1"}).context[
        "trial"
    ]

    client.post(url, {**given, "reason": "Typo."})

    assert office.versions.get(number=1).replaced_by.reason == "Typo."
    assert page(client, "calendar", office.pk).status_code == 200


@pytest.mark.parametrize(
    ("field", "value", "sentence"),
    [
        ("week", "Mon-Fri nine to five", "not a day of the week"),
        ("week", "x" * 3000, "at most 2000"),
        ("timezone", "Mars/Olympus", "is not a time zone"),
        ("region", "XX-YY", "not known"),
        ("days", "Christmas", "does not begin with a date"),
        ("days", "2026-02-30 Never", "does not begin with a date"),
        ("days", "2026-12-31 to 2026-12-01 Backwards", "does not run"),
        ("special", "2026-12-24 morning", "needs times"),
        ("special", "2026-12-24 09:00-25:00", "later than 24:00"),
        ("effective_at", "0001-01-01T00:00", "between 2000 and 2099"),
        ("effective_at", "2001-01-01T00:00", "Correct the version instead"),
        ("version", "x", "whole number"),
        ("version", "99999999999999999999", "Somebody else changed"),
    ],
)
def test_nonsense_gets_a_sentence_and_changes_nothing(
    client, mia, office, field, value, sentence
):
    client.force_login(mia)
    for extra in ({}, {"preview": "1"}):
        shown = client.post(
            reverse("sla:calendar_amend", args=[office.pk]),
            {"version": 1, **HOURS, field: value, **extra},
        )
        assert shown.status_code == 200
        if not extra:
            assert sentence in shown.content.decode().replace("&#x27;", "'")
    assert CalendarVersion.objects.count() == 1


def test_days_off_from_a_file_fill_the_form_to_be_saved(client, mia, office):
    client.force_login(mia)
    ics = (
        "BEGIN:VCALENDAR\r\nBEGIN:VEVENT\r\nDTSTART;VALUE=DATE:20261111\r\n"
        "SUMMARY:Fair\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n"
    )
    url = reverse("sla:calendar_ical", args=[office.pk])
    file = SimpleUploadedFile("fair.ics", ics.encode())
    done = client.post(url, {"name": "Fair", "file": file})

    assert done["Location"].endswith(f"?feed={HolidayFeed.objects.get().pk}")
    assert "2026-11-11 Fair" in client.get(done["Location"]).content.decode()
    assert CalendarVersion.objects.count() == 1


def test_a_file_that_is_none_gets_a_sentence(client, mia, office):
    client.force_login(mia)
    url = reverse("sla:calendar_ical", args=[office.pk])
    file = SimpleUploadedFile("x.ics", b"\x00\x01\x02")
    shown = client.post(url, {"name": "Fair", "file": file})
    assert "not an iCalendar file" in shown.content.decode()
    assert not HolidayFeed.objects.exists()
    odd = client.get(reverse("sla:calendar_amend", args=[office.pk]), {"feed": "x"})
    assert odd.status_code == 200


def test_a_calendar_is_renamed_and_taken_out_of_use(client, mia, office):
    client.force_login(mia)
    renamed = {"name": "Desk", "version": 1}
    client.post(reverse("sla:calendar_rename", args=[office.pk]), renamed)
    client.post(reverse("sla:calendar_active", args=[office.pk]), {"is_active": "no"})
    office.refresh_from_db()
    assert (office.name, office.is_active) == ("Desk", False)
    assert "Out of use" in page(client, "calendars").content.decode()


def test_the_second_to_rename_a_calendar_keeps_both_texts(client, mia, office):
    client.force_login(mia)
    where = reverse("sla:calendar_rename", args=[office.pk])
    mine = {"name": "Service desk", "description": "Weekdays", "version": 1}
    client.post(where, {"name": "Desk", "version": 1})

    shown = client.post(where, mine).content.decode()

    office.refresh_from_db()
    assert (office.name, office.description) == ("Desk", "")
    assert "Somebody renamed it meanwhile" in shown
    for words in ("Desk</pre>", "Service desk</pre>", "Weekdays</pre>"):
        assert words in shown
    assert 'name="version" value="2"' in shown
    assert client.post(where, {**mine, "version": 2}).status_code == 302
    office.refresh_from_db()
    assert office.name == "Service desk"


def test_a_name_that_is_taken_is_refused_in_words(client, mia, office):
    client.force_login(mia)
    shown = client.post(reverse("sla:calendar_new"), {"name": "Office", **HOURS})
    assert "already a calendar of this name" in shown.content.decode()
    assert ServiceCalendar.objects.count() == 1


def test_the_list_costs_the_same_however_long(client, mia, live, same_queries):
    client.force_login(mia)
    made = iter(range(100))

    def add(count):
        for _ in range(count):
            make_calendar(f"Calendar {next(made)}")

    same_queries(reverse("sla:calendars"), add, budget=14)
