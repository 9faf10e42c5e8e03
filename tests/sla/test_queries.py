"""What was promised at an instant, and the hours it is counted in."""

from datetime import UTC, date, datetime, timedelta

import pytest

from sla import queries
from sla.calendars import CalendarError
from sla.models import CalendarVersion, Contract
from sla.wording import length_text, read_days, read_length, read_special, week_text
from sla.yearview import year_of
from tests.factories import NINE, make_calendar, make_contract, make_landscape

YEAR = timedelta(days=365)


def test_the_landscapes_own_contract_goes_before_the_general_one(live):
    general = make_contract(live.landscape, p3_response=60)
    Contract.objects.filter(pk=general.pk).update(landscape=None, name="General")
    own = make_contract(
        live.landscape, make_calendar("Own"), p3_response=30, p3_resolution=60
    )
    assert queries.contract_in_force(live.landscape, at=NINE).contract == own
    other = make_landscape("CRM").landscape
    assert queries.contract_in_force(other, at=NINE).contract == general
    kinds = [
        promise.target.kind
        for promise in queries.promises_in_force(live.landscape, priority=3, at=NINE)
    ]
    assert kinds == ["resolution", "response"]


def test_nothing_is_promised_before_a_contract_begins(live):
    make_contract(live.landscape, p3_response=60)
    early = datetime(2019, 1, 1, tzinfo=UTC)
    assert queries.promises_in_force(live.landscape, priority=3, at=early) == []
    assert queries.promises_in_force(live.landscape, priority=4, at=NINE) == []


def test_a_timeline_leaves_out_what_was_replaced(db):
    calendar = make_calendar()
    first = calendar.versions.get()
    later = CalendarVersion.objects.create(
        calendar=calendar, number=2, effective_from=NINE, hours=first.hours
    )
    timeline = queries.timeline_of(calendar.pk)
    assert timeline == [[None, first.pk], [NINE.isoformat(), later.pk]]
    assert queries.current([[None, later.pk]]) == timeline


def test_a_year_knows_its_special_days_and_hours(db):
    calendar = make_calendar(hours="Mon-Fri 09:00-17:00")
    hours = queries.load(queries.timeline_of(calendar.pk))
    year = year_of(hours, 2026, {}, today=date(2026, 3, 2))
    assert [len(month.weeks) for month in year.months][:3] == [5, 5, 6]
    assert year.open_days == 261
    assert year.open_hours == 261 * 8
    assert [cell.day for cell in year.cells if cell.is_dst] == [
        date(2026, 3, 29),
        date(2026, 10, 25),
    ]
    assert sum(cell.is_today for cell in year.cells) == 1


@pytest.mark.parametrize(
    "text",
    [
        "Mon-Fri 09:00-17:30",
        "Mon-Thu 09:00-12:00 13:00-17:00\nFri 09:00-12:00",
        "Mon 22:00-06:00\nSat-Sun 00:00-24:00",
    ],
)
def test_weekly_hours_are_written_as_they_are_read(text):
    hours = queries.promises.Hours.parse(text, "UTC")
    assert week_text(hours) == text


@pytest.mark.parametrize(
    ("text", "minutes", "days"),
    [
        ("90", 90, None),
        ("90 m", 90, None),
        ("4 h", 240, None),
        ("1.5 hours", 90, None),
        ("1 h 30 m", 90, None),
        ("1 day", None, 1),
        ("2 days", None, 2),
        ("", None, None),
    ],
)
def test_lengths_are_read_as_people_write_them(text, minutes, days):
    assert read_length(text) == (minutes, days)
    if text:
        assert read_length(length_text(minutes, days)) == (minutes, days)


@pytest.mark.parametrize(
    "text", ["soon", "-1", "0", "1.7 m", "4 weeks", "1e9", "٣ h x"]
)
def test_a_length_nobody_can_read_is_refused(text):
    with pytest.raises(CalendarError, match="no length"):
        read_length(text)


def test_days_are_read_alone_and_in_runs():
    assert read_days("2026-12-24 Eve\n\n2026-12-30 to 2026-12-31 Shut") == {
        date(2026, 12, 24): "Eve",
        date(2026, 12, 30): "Shut",
        date(2026, 12, 31): "Shut",
    }
    assert read_special("2026-12-24 09:00-12:00 13:00-14:00\n2026-12-27 closed") == {
        date(2026, 12, 24): ((540, 720), (780, 840)),
        date(2026, 12, 27): (),
    }
