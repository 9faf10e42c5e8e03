"""Calendars and contracts are written by managers, in versions that never change."""

from datetime import UTC, date, datetime, timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from opsdesk.core import clock
from opsdesk.core.errors import NotAllowedError, RuleError, StaleError
from sla.models import (
    CalendarVersion,
    Contract,
    ContractVersion,
    HolidayFeed,
    ServiceCalendar,
    Target,
    TermsChange,
)
from sla.queries import load, timeline_of
from sla.services import calendars, contracts, holidays
from sla.services.contracts import Conditions, Line
from tests.factories import make_party, make_user

WEEK = {"timezone": "Europe/London", "week": "Mon-Fri 09:00-17:30"}
DAY = timedelta(days=1)


@pytest.fixture
def office(mia):
    return calendars.create_calendar(actor=mia, name="Office", region="GB-ENG", **WEEK)


@pytest.fixture
def agreement(mia, us, live, office):
    return contracts.create_contract(
        actor=mia,
        name="Support",
        party=us,
        landscape=live.landscape,
        targets=[Line("resolution", 2, office, minutes=240)],
        effective_at=clock.now() - DAY,
    )


def test_a_calendar_knows_its_regions_holidays_by_name(office):
    version = office.versions.get()
    hours = version.as_hours()
    assert date(2026, 12, 28) in hours.holidays
    assert version.holiday_names["2026-12-25"] == "Christmas Day"
    assert max(hours.holidays).year >= clock.now().year + 10
    assert (version.number, version.effective_from) == (1, None)


def test_own_days_and_special_hours_join_the_regions(mia):
    made = calendars.create_calendar(
        actor=mia,
        name="Own",
        days={date(2026, 6, 1): "Outing"},
        special={date(2026, 12, 24): ((540, 720),)},
        **WEEK,
    )
    version = made.versions.get()
    assert version.holiday_names == {"2026-06-01": "Outing"}
    assert version.as_hours().on(date(2026, 12, 24)) == ((540, 720),)


@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        ({"week": "Mon-Fri"}, "Monday has no times"),
        ({"week": "Mon 09:00-13:00 12:00-17:00"}, "Two windows overlap on Monday"),
        ({"week": "Mon 09:00-25:00"}, "later than 24:00"),
        ({"week": ""}, "never open within 400 days"),
        ({"timezone": "Mars/Olympus"}, "no time zone called"),
        ({"region": "GB-XXX"}, "no holiday region"),
    ],
)
def test_hours_that_cannot_be_used_are_refused(mia, wrong, sentence):
    with pytest.raises(RuleError, match=sentence):
        calendars.create_calendar(actor=mia, name="Wrong", **{**WEEK, **wrong})
    assert not ServiceCalendar.objects.exists()


@pytest.mark.parametrize("role", ["support", "auditor", "administrator", "reporter"])
def test_only_managers_write(office, role):
    nosy = make_user("nosy", role)
    with pytest.raises(NotAllowedError):
        calendars.amend_calendar(office, actor=nosy, version=1, **WEEK)
    with pytest.raises(NotAllowedError):
        calendars.create_calendar(actor=nosy, name="Other", **WEEK)
    assert CalendarVersion.objects.count() == 1


def test_a_manager_of_one_department_does_not_bind_the_others(office):
    scoped = make_user("max", "manager", scope=make_party("Finance"))
    with pytest.raises(NotAllowedError):
        calendars.amend_calendar(office, actor=scoped, version=1, **WEEK)


def test_an_amendment_adds_a_version_and_announces_itself(mia, office):
    soon = clock.now() + DAY
    amended = calendars.amend_calendar(
        office,
        actor=mia,
        version=1,
        effective_at=soon,
        reason="Late opening.",
        timezone="Europe/London",
        week="Mon-Fri 10:00-18:00",
    )
    assert (amended.number, amended.effective_from) == (2, soon)
    assert CalendarVersion.objects.in_force().count() == 2
    change = TermsChange.objects.get()
    assert (change.mode, change.calendar, change.actor) == ("amendment", office, mia)


def test_an_amendment_cannot_lie_in_the_past(mia, office):
    with pytest.raises(RuleError, match="Correct the version instead"):
        calendars.amend_calendar(
            office, actor=mia, version=1, effective_at=clock.now() - DAY, **WEEK
        )
    assert not TermsChange.objects.exists()


def test_a_second_editor_learns_of_the_first(mia, office):
    calendars.amend_calendar(office, actor=mia, version=1, **WEEK)
    with pytest.raises(StaleError) as caught:
        calendars.amend_calendar(office, actor=mia, version=1, **WEEK)
    assert caught.value.theirs.number == 2
    assert office.versions.count() == 2


def test_a_correction_replaces_a_version_where_it_stood(mia, office):
    right = calendars.correct_calendar(
        office,
        actor=mia,
        version=1,
        replaces=1,
        reason="It closes at five.",
        timezone="Europe/London",
        week="Mon-Fri 09:00-17:00",
    )
    wrong = office.versions.get(number=1)
    assert (wrong.replaced_by, right.effective_from, right.number) == (right, None, 2)
    assert timeline_of(office.pk) == [[None, right.pk]]
    assert TermsChange.objects.get().mode == "correction"


def test_a_correction_says_why_and_names_a_version_in_force(mia, office):
    with pytest.raises(RuleError, match="Say why"):
        calendars.correct_calendar(
            office, actor=mia, version=1, replaces=1, reason=" ", **WEEK
        )
    with pytest.raises(RuleError, match="not in force"):
        calendars.correct_calendar(
            office, actor=mia, version=1, replaces=9, reason="Typo.", **WEEK
        )
    assert office.versions.count() == 1


def test_hours_by_which_a_promise_never_falls_due_are_refused(mia, office, agreement):
    with pytest.raises(RuleError, match="would never fall due"):
        calendars.correct_calendar(
            office,
            actor=mia,
            version=1,
            replaces=1,
            reason="One day only.",
            timezone="Europe/London",
            week="",
            special={clock.now().date() + DAY: ((540, 600),)},
        )
    assert office.versions.count() == 1


def test_a_calendar_in_use_is_not_taken_out(mia, office, agreement):
    with pytest.raises(RuleError, match="“Support” counts by it"):
        calendars.set_calendar_active(office, actor=mia, is_active=False)
    contracts.set_contract_active(agreement, actor=mia, is_active=False)
    done = calendars.set_calendar_active(office, actor=mia, is_active=False)
    assert done.is_active is False


def test_a_renamed_calendar_keeps_its_hours(mia, office):
    calendars.rename_calendar(
        office, actor=mia, version=1, name="Desk", description="Weekdays"
    )
    office.refresh_from_db()
    assert (office.name, office.versions.count()) == ("Desk", 1)


def test_a_contract_holds_targets_and_conditions(mia, agreement, office):
    version = agreement.versions.get()
    target = version.targets.get()
    assert (target.minutes, target.priority, target.calendar) == (240, 2, office)
    assert (version.warn_percents, version.reopen_mode) == ([75], "resume")
    assert version.created_by == mia


@pytest.mark.parametrize(
    ("targets", "conditions", "sentence"),
    [
        ([], Conditions(), "at least one target"),
        (None, Conditions(warn_percents=(0,)), "1 to 99 percent"),
        (None, Conditions(late_minutes=(0,)), "within a year"),
        (None, Conditions(warn_percents=(1, 2, 3, 4, 5, 6)), "At most 5"),
    ],
)
def test_terms_that_make_no_sense_are_refused(
    mia, us, live, office, targets, conditions, sentence
):
    lines = [Line("response", 1, office, minutes=5)] if targets is None else targets
    with pytest.raises(RuleError, match=sentence):
        contracts.create_contract(
            actor=mia,
            name="Support",
            party=us,
            targets=lines,
            conditions=conditions,
        )
    assert not Contract.objects.exists()


def test_a_suppliers_contract_is_promised_by_a_supplier(mia, us, office, northgate):
    line = Line("response", 1, office, business_days=2)
    with pytest.raises(RuleError, match="promised by a supplier"):
        contracts.create_contract(
            actor=mia, name="Theirs", party=us, kind="supplier", targets=[line]
        )
    made = contracts.create_contract(
        actor=mia, name="Theirs", party=northgate, kind="supplier", targets=[line]
    )
    assert made.versions.get().targets.get().business_days == 2


def test_amending_a_contract_leaves_the_old_version_for_older_snags(
    mia, agreement, office
):
    amended = contracts.amend_contract(
        agreement,
        actor=mia,
        version=1,
        targets=[Line("resolution", 2, office, minutes=60)],
        conditions=Conditions(late_minutes=(60, 30)),
        reason="Faster.",
    )
    assert ContractVersion.objects.in_force().count() == 2
    assert amended.late_minutes == [30, 60]
    assert Target.objects.count() == 2
    assert TermsChange.objects.get().contract == agreement


def test_correcting_a_contract_replaces_the_version(mia, agreement, office):
    right = contracts.correct_contract(
        agreement,
        actor=mia,
        version=1,
        replaces=1,
        reason="Typed wrong.",
        targets=[Line("resolution", 2, office, minutes=60)],
        conditions=Conditions(),
    )
    wrong = agreement.versions.get(number=1)
    assert wrong.replaced_by == right
    assert right.effective_from == wrong.effective_from


def test_a_contract_changed_meanwhile_is_not_overwritten(mia, agreement, office):
    lines = [Line("resolution", 2, office, minutes=60)]
    contracts.amend_contract(
        agreement, actor=mia, version=1, targets=lines, conditions=Conditions()
    )
    with pytest.raises(StaleError):
        contracts.amend_contract(
            agreement, actor=mia, version=1, targets=lines, conditions=Conditions()
        )
    assert agreement.versions.count() == 2


def test_a_promise_by_a_calendar_out_of_use_is_refused(mia, us, office):
    calendars.set_calendar_active(office, actor=mia, is_active=False)
    with pytest.raises(RuleError, match="out of use"):
        contracts.create_contract(
            actor=mia,
            name="Support",
            party=us,
            targets=[Line("response", 1, office, minutes=5)],
        )


# Days off from files

ICS = """BEGIN:VCALENDAR
VERSION:2.0
PRODID:-//Town hall//EN
BEGIN:VEVENT
UID:1
DTSTART;VALUE=DATE:20261224
DTEND;VALUE=DATE:20261227
SUMMARY:Winter break
END:VEVENT
BEGIN:VEVENT
UID:2
DTSTART;VALUE=DATE:20200601
RRULE:FREQ=YEARLY
SUMMARY:Founders' day
END:VEVENT
BEGIN:VEVENT
UID:3
DTSTART:20261010T100000Z
DTEND:20261010T110000Z
SUMMARY:A meeting
END:VEVENT
BEGIN:VEVENT
UID:4
DTSTART;VALUE=DATE:20260105
RRULE:FREQ=WEEKLY
SUMMARY:Every Monday
END:VEVENT
END:VCALENDAR
"""


def upload(text, name="days.ics"):
    content = text if isinstance(text, bytes) else text.replace("\n", "\r\n").encode()
    return SimpleUploadedFile(name, content)


def test_days_off_are_read_from_an_icalendar_file(mia):
    read = holidays.import_feed(actor=mia, name="Town", file=upload(ICS))
    days = read.feed.dates()
    assert days[date(2026, 12, 26)] == "Winter break"
    assert date(2026, 12, 27) not in days
    assert days[date(2030, 6, 1)] == "Founders' day"
    assert read.left_out == 2


def test_a_file_of_the_same_name_replaces_the_earlier_one(mia):
    for _ in range(2):
        holidays.import_feed(actor=mia, name="Town", file=upload(ICS))
    assert HolidayFeed.objects.count() == 1


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        ("hello", "not an iCalendar file"),
        (b"\xff\xfe\x00", "not an iCalendar file"),
        ("", "not an iCalendar file"),
        ("BEGIN:VCALENDAR\nEND:VCALENDAR\n", "no whole days off"),
        ("x" * 600_000, "larger than 512 KB"),
        (
            "BEGIN:VCALENDAR\nBEGIN:VEVENT\nDTSTART;VALUE=DATE:20261399\n"
            "END:VEVENT\nEND:VCALENDAR\n",
            "no whole days off|not an iCalendar",
        ),
        (
            "BEGIN:VCALENDAR\nBEGIN:VEVENT\nDTSTART;VALUE=DATE:20260101\n"
            "RRULE:FREQ=YEARLY;BYSECOND=1,2,3;BYMINUTE=1,2\nEND:VEVENT\n"
            "END:VCALENDAR\n",
            "no whole days off",
        ),
    ],
)
def test_a_file_that_is_no_list_of_days_gets_a_sentence(mia, content, sentence):
    with pytest.raises(RuleError, match=sentence):
        holidays.import_feed(actor=mia, name="Town", file=upload(content))
    assert not HolidayFeed.objects.exists()


def test_too_many_entries_are_refused(mia):
    event = "BEGIN:VEVENT\nDTSTART;VALUE=DATE:20260101\nEND:VEVENT\n"
    many = f"BEGIN:VCALENDAR\n{event * 2_001}END:VCALENDAR\n"
    with pytest.raises(RuleError, match="more than 2,000 entries"):
        holidays.import_feed(actor=mia, name="Town", file=upload(many))


def test_a_timeline_joins_the_versions_in_force(mia, office):
    calendars.amend_calendar(
        office, actor=mia, version=1, timezone="Europe/London", week="24x7"
    )
    hours = load(timeline_of(office.pk))
    night = datetime(2026, 3, 2, 3, tzinfo=UTC)
    assert not hours.is_open(night)
    assert hours.is_open(clock.now() + DAY)
