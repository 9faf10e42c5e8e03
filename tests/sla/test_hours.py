"""Opening hours as people type them, as they are stored and as they are checked."""

import copy
import pickle
from datetime import UTC, date, datetime

import pytest

from sla import calendars
from sla.calendars import CalendarError, Hours

MONDAY = datetime(2026, 1, 5, tzinfo=UTC)
DAY = (540, 1050)
WEEK = (DAY,)
OFF = ()


@pytest.mark.parametrize(
    ("text", "weekly"),
    [
        ("Mon-Fri 09:00-17:30", [WEEK] * 5 + [OFF] * 2),
        ("mon-fri 9:00 - 17:30", [WEEK] * 5 + [OFF] * 2),
        ("Monday 09:00-17:30; Sat 10:00-12:00", [WEEK, *[OFF] * 4, ((600, 720),), OFF]),
        ("Mon 09:00-17:30, Sat 10:00-12:00", [WEEK, *[OFF] * 4, ((600, 720),), OFF]),
        (
            "Mon,Wed 13:00-17:00 09:00-12:00",
            [
                ((540, 720), (780, 1020)),
                OFF,
                ((540, 720), (780, 1020)),
                *[OFF] * 4,
            ],
        ),
        ("24x7", [((0, 1440),)] * 7),
        ("Sat-Mon 00:00-24:00", [((0, 1440),), *[OFF] * 4, ((0, 1440),), ((0, 1440),)]),
        ("Mon 22:00-06:00", [((1320, 360),), *[OFF] * 6]),
    ],
)
def test_hours_are_read_as_people_write_them(text, weekly):
    assert Hours.parse(text, "Europe/London").weekly == tuple(weekly)


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("Foo 09:00-17:00", "'Foo' is not a day"),
        ("09:00-17:00", "on which days"),
        ("Mon", "Monday has no times"),
        ("Mon 09:00", "not a window"),
        ("Mon 09:00-09:00", "ends as it starts"),
        ("Mon 09:75-10:00", "not a time of day"),
        ("Mon 09:00-25:00", "later than 24:00"),
        ("Mon 24:00-06:00", "between 00:00 and 24:00"),
    ],
)
def test_hours_that_cannot_be_read_say_which_part(text, sentence):
    with pytest.raises(CalendarError, match=sentence):
        Hours.parse(text, "Europe/London")


@pytest.mark.parametrize(
    ("hours", "sentence"),
    [
        (
            Hours.parse("Mon 09:00-10:00", "Mars/Base"),
            "no time zone called 'Mars/Base'",
        ),
        (Hours.parse("Mon 09:00-12:00 11:00-13:00", "UTC"), "overlap on Monday"),
        (Hours.parse("Mon 22:00-06:00; Tue 05:00-09:00", "UTC"), "overlap on Tuesday"),
        (Hours.parse("Sun 22:00-06:00; Mon 05:00-09:00", "UTC"), "overlap on Monday"),
        (
            Hours(
                "UTC",
                (((1320, 360),),) * 7,
                special={date(2026, 5, 5): ((300, 400),)},
            ),
            "overlap on 2026-05-05",
        ),
        (Hours("UTC", (((540, 540),), *[()] * 6)), "ends as it starts"),
        (Hours("UTC", ((),) * 7), "never open"),
    ],
)
def test_hours_no_promise_can_stand_on_are_refused(hours, sentence):
    with pytest.raises(CalendarError, match=sentence):
        hours.validate()


def test_hours_must_open_within_400_days_of_the_date_asked():
    once = Hours("UTC", ((),) * 7, special={date(2026, 5, 5): (DAY,)})

    once.validate()
    once.validate(date(2026, 5, 5))

    with pytest.raises(CalendarError, match="400 days"):
        once.validate(date(2026, 5, 6))
    with pytest.raises(CalendarError, match="400 days"):
        once.validate(date(2025, 3, 1))


def test_windows_that_touch_are_no_overlap():
    Hours.parse("Mon 22:00-06:00; Tue 06:00-14:00 14:00-24:00", "UTC").validate()


def test_hours_are_stored_as_plain_values():
    hours = Hours(
        "Europe/London",
        (WEEK, *[OFF] * 6),
        frozenset({date(2026, 12, 25)}),
        {date(2026, 12, 24): ((540, 720),), date(2026, 12, 31): ()},
    )

    data = hours.to_json()

    assert data == {
        "timezone": "Europe/London",
        "weekly": {"mon": [["09:00", "17:30"]]},
        "holidays": ["2026-12-25"],
        "special": {"2026-12-24": [["09:00", "12:00"]], "2026-12-31": []},
    }
    assert Hours.from_json(data) == hours


def test_a_holiday_may_be_stored_as_a_range():
    days = [{"from": "2026-12-30", "to": "2027-01-02"}]

    hours = Hours.from_json({"timezone": "UTC", "weekly": {}, "holidays": days})

    assert len(hours.holidays) == 4
    assert date(2027, 1, 2) in hours.holidays


@pytest.mark.parametrize(
    "data",
    [
        {},
        {"timezone": "UTC", "weekly": {"day": []}},
        {"timezone": "UTC", "weekly": {"mon": [["09:00"]]}},
        {"timezone": "UTC", "weekly": {"mon": ["09:00"]}},
        {"timezone": "UTC", "weekly": [], "holidays": ["tomorrow"]},
    ],
)
def test_stored_hours_of_another_shape_are_refused(data):
    with pytest.raises(CalendarError):
        Hours.from_json(data)


def test_equal_hours_compile_once():
    one = Hours.parse("Mon 09:00-12:00 13:00-17:00", "UTC")
    other = Hours.parse("Mon 13:00-17:00 09:00-12:00", "UTC")

    assert one == other
    assert calendars.compiled(one) is calendars.compiled(other)


def test_hours_cannot_be_changed_but_can_be_copied():
    special = {date(2026, 5, 5): (DAY,)}
    hours = Hours("UTC", (WEEK,) * 7, special=special)

    special.clear()

    assert hours.special == {date(2026, 5, 5): (DAY,)}
    assert copy.deepcopy(hours) == pickle.loads(pickle.dumps(hours)) == hours  # noqa: S301
    with pytest.raises(TypeError):
        hours.special[date(2026, 5, 6)] = ()
    with pytest.raises(CalendarError, match="seven days"):
        Hours("UTC", (WEEK,) * 5)


def test_a_touching_or_doubled_window_counts_once():
    plain = calendars.compiled(Hours.parse("Mon 09:00-17:00", "UTC"))
    doubled = calendars.compiled(Hours("UTC", (((540, 1020), (600, 660)), *[OFF] * 6)))

    assert doubled.deadline(MONDAY, 36_000) == plain.deadline(MONDAY, 36_000)
