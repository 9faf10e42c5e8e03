"""Clocks worked out by hand: London office hours, and what may happen to a snag.

Times are written as in London; January and early spring are GMT.
"""

import csv
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import holidays
import pytest

from sla import calendars
from sla.calendars import Calendar, CalendarError, Hours, Timeline
from sla.clocks import Level, Terms, due, read
from sla.explain import explain
from sla.terms import Interval

LONDON = ZoneInfo("Europe/London")
OFFICE = Hours.parse("Mon-Fri 09:00-17:00", "Europe/London")
NIGHTS = Hours.parse("Mon-Fri 22:00-06:00", "Europe/London")
ALWAYS = Hours.parse("24x7", "Europe/London")
CHRISTMAS = Hours(
    "Europe/London",
    OFFICE.weekly,
    frozenset({date(2026, 12, 25), date(2026, 12, 28)}),
    {date(2026, 12, 24): ((540, 720),)},
)
INCIDENTS = Path(__file__).parent.parent / "data" / "incident_times.csv"
MINUTE = 60


def london(text):
    return datetime.fromisoformat(text).replace(tzinfo=LONDON)


def clock(start, minutes, *pauses: Interval, hours=OFFICE, **more):
    calendar = calendars.compiled(hours)
    return Terms(london(start), minutes * MINUTE, None, calendar, pauses, **more)


FRIDAY, MONDAY, TUESDAY = "2026-01-09T16:30", "2026-01-12T09:00", "2026-01-13T16:00"


@pytest.mark.parametrize(
    ("start", "minutes", "hours", "pauses", "expected"),
    [
        pytest.param(FRIDAY, 240, OFFICE, [], "2026-01-12T12:30", id="E1 weekend"),
        pytest.param(
            FRIDAY,
            240,
            OFFICE,
            [("2026-01-09T18:00", "2026-01-10T10:00")],
            "2026-01-12T12:30",
            id="E2 a pause outside hours",
        ),
        pytest.param(
            FRIDAY,
            240,
            OFFICE,
            [("2026-01-09T16:45", "2026-01-12T10:00")],
            "2026-01-12T13:45",
            id="E3 a pause over the weekend",
        ),
        pytest.param(MONDAY, 480, OFFICE, [], "2026-01-12T17:00", id="E7 close"),
        pytest.param(
            "2026-03-28T12:00", 1440, ALWAYS, [], "2026-03-29T13:00", id="E8 spring"
        ),
        pytest.param(
            "2026-01-10T03:00", 240, NIGHTS, [], "2026-01-12T23:00", id="E9 night shift"
        ),
        pytest.param(
            "2026-12-24T11:00",
            120,
            CHRISTMAS,
            [],
            "2026-12-29T10:00",
            id="E10 special hours and holidays",
        ),
        pytest.param(
            "2026-12-24T08:00",
            120,
            Hours(
                "Europe/London",
                OFFICE.weekly,
                frozenset({date(2026, 12, 24)}),
                CHRISTMAS.special,
            ),
            [],
            "2026-12-24T11:00",
            id="E11 special hours beat a holiday",
        ),
        pytest.param(
            MONDAY,
            180,
            OFFICE,
            [
                ("2026-01-12T10:00", "2026-01-12T12:00"),
                ("2026-01-12T11:00", "2026-01-12T13:00"),
            ],
            "2026-01-12T15:00",
            id="E13 overlapping pauses",
        ),
        pytest.param(
            MONDAY,
            120,
            OFFICE,
            [("2026-01-12T11:00", "2026-01-12T16:00")],
            "2026-01-12T11:00",
            id="E14 a pause from the deadline on",
        ),
    ],
)
def test_a_deadline_worked_out_by_hand(start, minutes, hours, pauses, expected):
    held = [(london(begin), london(end)) for begin, end in pauses]

    terms = clock(start, minutes, *held, hours=hours)

    assert due(terms) == london(expected)
    assert read(terms, london(start)).due_at == london(expected)


def test_e4_a_raised_priority_may_show_a_breach_at_once():
    at = london("2026-01-12T12:00")

    before, after = read(clock(MONDAY, 480), at), read(clock(MONDAY, 120), at)

    assert not before.breached
    assert after.breached
    assert after.due_at == london("2026-01-12T11:00")
    assert after.overdue_seconds == 60 * MINUTE


def test_e6_an_amendment_counts_from_its_date_on():
    office, always = calendars.compiled(OFFICE), calendars.compiled(ALWAYS)
    timeline = Timeline(((None, office), (london("2026-01-14T00:00"), always)))

    due_at = timeline.deadline(london(TUESDAY), 240 * MINUTE)

    assert due_at == london("2026-01-14T03:00")
    assert office.deadline(london(TUESDAY), 240 * MINUTE) == london("2026-01-14T12:00")


def test_e12_a_warning_comes_at_its_share_of_the_target():
    levels = (Level("warn", 75), Level("breach", 100), Level("late", None, 3600))
    terms = clock("2026-01-12T13:00", 480, levels=levels)

    reading = read(terms, london("2026-01-12T13:00"))

    assert reading.levels == (
        (london("2026-01-13T11:00"), "warn"),
        (london("2026-01-13T13:00"), "breach"),
        (london("2026-01-13T14:00"), "late"),
    )


def test_e15_a_night_shift_lasts_nine_hours_in_autumn_and_seven_in_spring():
    nights = calendars.compiled(Hours.parse("Sat 22:00-06:00", "Europe/London"))

    autumn = nights.elapsed(london("2026-10-24T12:00"), london("2026-10-25T12:00"))
    spring = nights.elapsed(london("2026-03-28T12:00"), london("2026-03-29T12:00"))

    assert (autumn, spring) == (9 * 3600, 7 * 3600)


@pytest.mark.parametrize(
    ("zone", "window", "day", "hours"),
    [
        ("Europe/London", (60, 90), "2026-10-25", 0.5),
        ("Europe/London", (90, 150), "2026-10-25", 2),
        ("Europe/London", (0, 90), "2026-10-25", 1.5),
        ("Europe/London", (60, 120), "2026-03-29", 0),
        ("Europe/London", (90, 150), "2026-03-29", 0.5),
        ("Europe/London", (0, 1440), "2026-10-25", 25),
        ("Australia/Lord_Howe", (0, 1440), "2026-04-05", 24.5),
        ("Australia/Lord_Howe", (90, 180), "2026-10-04", 1),
        ("America/Sao_Paulo", (0, 1440), "2015-10-18", 23),
        ("Pacific/Apia", (540, 1020), "2011-12-30", 0),
        ("Pacific/Apia", (540, 1020), "2011-12-31", 8),
        ("America/Toronto", (0, 1440), "1919-03-30", 23.5),
        ("America/Toronto", (0, 1440), "1919-03-31", 23.5),
    ],
)
def test_a_window_at_a_change_of_the_clock_lasts_its_real_time(
    zone, window, day, hours
):
    on = date.fromisoformat(day)
    calendar = calendars.compiled(Hours(zone, ((),) * 7, special={on: (window,)}))
    noon = datetime(on.year, on.month, on.day, 12, tzinfo=UTC)

    lasted = calendar.elapsed(noon - timedelta(days=2), noon + timedelta(days=2))

    assert lasted == hours * 3600


def test_an_open_pause_hides_the_deadline_and_keeps_what_is_left():
    terms = clock(MONDAY, 480, (london("2026-01-12T11:00"), None))

    reading = read(terms, london("2026-01-13T10:00"))

    assert reading.state == "paused"
    assert reading.due_at is None
    assert reading.remaining_seconds == 360 * MINUTE
    assert reading.paused_seconds == 420 * MINUTE
    assert reading.full_due_at == london("2026-01-13T16:00")


def test_a_pause_after_the_breach_leaves_it_standing():
    levels = (Level("warn", 50), Level("breach", 100))
    pause = (london("2026-01-12T16:00"), None)
    terms = clock(MONDAY, 120, pause, levels=levels)

    reading = read(terms, london("2026-01-13T10:00"))

    assert reading.breached
    assert reading.due_at == london("2026-01-12T11:00")
    assert reading.levels == (
        (london("2026-01-12T10:00"), "warn"),
        (london("2026-01-12T11:00"), "breach"),
    )


def test_a_promise_met_at_its_very_deadline_is_kept():
    kept = clock(MONDAY, 480, stopped_at=london("2026-01-12T17:00"))
    missed = clock(MONDAY, 480, stopped_at=london("2026-01-12T17:00:01"))

    assert not read(kept, london("2026-02-01T00:00")).breached
    assert read(missed, london("2026-02-01T00:00")).breached


def test_a_stopped_clock_shows_only_the_levels_it_passed():
    levels = (Level("warn", 75), Level("breach", 100))
    terms = clock(MONDAY, 480, stopped_at=london("2026-01-12T16:00"), levels=levels)

    reading = read(terms, london("2026-01-20T09:00"))

    assert reading.state == "stopped"
    assert [name for _, name in reading.levels] == ["warn"]
    assert reading.elapsed_seconds == 420 * MINUTE


def test_working_days_keep_the_wall_time_and_add_the_paused_time():
    calendar = calendars.compiled(CHRISTMAS)
    start = london("2026-12-22T15:00")
    pause = (london("2026-12-23T10:00"), london("2026-12-23T12:00"))

    plain = Terms(start, None, 3, calendar)
    paused = Terms(start, None, 3, calendar, (pause,))

    assert calendar.after_business_days(start, 2) == london("2026-12-24T12:00")
    assert due(plain) == london("2026-12-29T15:00")
    assert due(paused) == london("2026-12-29T17:00")
    assert read(paused, start).remaining_seconds == calendar.elapsed(
        start, london("2026-12-29T15:00")
    )


def test_a_night_shift_counts_as_a_working_day_of_its_eve():
    nights = calendars.compiled(NIGHTS)

    after_midnight = nights.after_business_days(london("2026-01-10T03:00"), 1)
    before_midnight = nights.after_business_days(london("2026-01-09T23:00"), 1)

    assert after_midnight == london("2026-01-13T03:00")
    assert before_midnight == london("2026-01-12T23:00")


def test_levels_may_be_counted_in_working_days():
    levels = (Level("before", days_offset=-2), Level("after", days_offset=3))
    terms = clock("2026-01-15T10:00", 60, levels=levels)

    reading = read(terms, london("2026-01-15T10:00"))

    assert reading.levels == (
        (london("2026-01-13T11:00"), "before"),
        (london("2026-01-20T11:00"), "after"),
    )


def test_no_opening_in_sight_is_an_error_and_never_a_guess():
    once = Hours("UTC", ((),) * 7, special={date(2026, 1, 5): ((540, 600),)})
    twice = Hours(
        "UTC", ((),) * 7, special={**once.special, date(2040, 1, 2): ((0, 60),)}
    )
    start = datetime(2026, 1, 1, tzinfo=UTC)

    for hours in (once, twice):
        calendar = calendars.compiled(hours)
        assert calendar.deadline(start, 3600) == start + timedelta(days=4, hours=10)
        with pytest.raises(CalendarError, match="3,700 days"):
            calendar.deadline(start, 3601)
        with pytest.raises(CalendarError, match="3,700 days"):
            calendar.next_open(start + timedelta(days=5))
        with pytest.raises(CalendarError, match="3,700 days"):
            calendar.backward(start, 1)


def test_distant_years_have_answers_or_a_plain_refusal():
    office, old = Calendar(OFFICE), Calendar(OFFICE)
    far = datetime(2999, 7, 1, 8, 0, tzinfo=UTC)
    ancient = datetime(1850, 1, 7, 0, 0, tzinfo=UTC)

    assert office.deadline(far, 3600) == far + timedelta(hours=1)
    assert old.elapsed(ancient, ancient + timedelta(days=7)) == 5 * 8 * 3600
    with pytest.raises(CalendarError, match="years"):
        office.deadline(datetime(9999, 1, 1, tzinfo=UTC), 3600)
    with pytest.raises(CalendarError, match="years"):
        office.deadline(far, 10**12)
    with pytest.raises(TypeError):
        office.deadline(far.replace(tzinfo=None), 3600)


def test_an_explanation_names_each_window_holiday_and_pause():
    pause = (london("2026-12-29T09:30"), london("2026-12-29T10:30"))
    terms = clock("2026-12-24T11:00", 120, pause, hours=CHRISTMAS)

    lines = explain(terms, london("2026-12-24T11:00"))

    assert [(line.kind, line.counted_seconds) for line in lines] == [
        ("special", 3600),
        ("closed", 0),
        ("holiday", 0),
        ("closed", 0),
        ("holiday", 0),
        ("closed", 0),
        ("window", 1800),
        ("pause", 0),
        ("window", 1800),
    ]
    assert lines[-1].running_total == 7200
    assert lines[-1].end == london("2026-12-29T11:00")
    assert "28 December 2026" in lines[4].note


def test_terms_and_levels_need_exactly_one_measure():
    office = calendars.compiled(OFFICE)

    for target in ((None, None), (0, None), (60, 1), (None, -1)):
        with pytest.raises(ValueError, match="one target"):
            Terms(london(MONDAY), *target, office)
    for measures in ((), (75, 60)):
        with pytest.raises(ValueError, match="percentage"):
            Level("warn", *measures)


def test_minutes_of_a_real_incident_log_are_reproduced():
    """Times of the ServiceNow log of Amaral, Fantinato and Peres (2018)."""
    bank = holidays.country_holidays("GB", subdiv="ENG", years=range(2015, 2018))
    columns = {
        "biz_min_8_18": Hours.parse("Mon-Fri 08:00-18:00", "Europe/London"),
        "biz_min_9_1730_ewhol": Hours.parse(
            "Mon-Fri 09:00-17:30", "Europe/London", bank
        ),
    }
    with INCIDENTS.open() as file:
        rows = list(csv.DictReader(file))

    for column, hours in columns.items():
        calendar = calendars.compiled(hours)
        found = {
            row["number"]: calendar.elapsed(
                london(row["opened_at"]), london(row["resolved_at"])
            )
            for row in rows
        }
        assert found == {row["number"]: int(row[column]) * MINUTE for row in rows}
