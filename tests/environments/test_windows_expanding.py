"""Rules of wall-clock time become instants; freezes widen, maintenance narrows."""

from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from environments.expanding import MOST, Pattern, expand, upcoming

LONDON = "Europe/London"
SPRING, AUTUMN = date(2026, 3, 29), date(2026, 10, 25)
MINUTE = timedelta(minutes=1)


def at(day, hour, minute=0):
    return datetime.combine(day, time(hour, minute))


def utc(day, hour, minute=0):
    return at(day, hour, minute).replace(tzinfo=UTC)


def one(start, minutes, *, widens=False, zone=LONDON):
    (span,) = expand(
        Pattern(start, minutes, zone, widens=widens),
        start.replace(tzinfo=UTC) - timedelta(days=3),
        start.replace(tzinfo=UTC) + timedelta(days=3),
    )
    return span


def spans(rrule, start, minutes=60, *, until, widens=False, zone=LONDON):
    pattern = Pattern(start, minutes, zone, rrule, widens)
    return expand(pattern, start.replace(tzinfo=UTC), until)


def test_s54_a_window_at_half_past_one_is_at_a_valid_time_on_29_march_2026():
    found = spans("FREQ=WEEKLY", at(date(2026, 3, 22), 1, 30), until=utc(SPRING, 23))

    zone = ZoneInfo(LONDON)
    assert [span.start for span in found] == [
        utc(date(2026, 3, 22), 1, 30),
        utc(SPRING, 1),
    ]
    assert f"{found[1].start.astimezone(zone):%H:%M}" == "02:00"
    assert f"{found[1].end.astimezone(zone):%H:%M}" == "02:30"
    assert found[1].note == "The clocks jump over its start or end."


def test_s55_a_window_from_2300_to_0200_is_one_occurrence_across_midnight():
    span = one(at(date(2026, 3, 2), 23), 180)

    assert (span.start, span.end) == (
        utc(date(2026, 3, 2), 23),
        utc(date(2026, 3, 3), 2),
    )
    assert span.note == ""


@pytest.mark.parametrize(
    ("start", "minutes", "widens", "begins", "ends"),
    [
        # Summer time starts at 01:00 UTC: 01:00 to 02:00 is skipped.
        (at(SPRING, 1, 30), 120, False, utc(SPRING, 1), utc(SPRING, 2, 30)),
        (at(SPRING, 1, 30), 120, True, utc(SPRING, 1), utc(SPRING, 2, 30)),
        (at(SPRING, 0, 30), 60, False, utc(SPRING, 0, 30), utc(SPRING, 1)),
        # It ends at 01:00 UTC: 01:00 to 02:00 happens twice.
        (at(AUTUMN, 1, 30), 120, True, utc(AUTUMN, 0, 30), utc(AUTUMN, 3, 30)),
        (at(AUTUMN, 1, 30), 120, False, utc(AUTUMN, 1, 30), utc(AUTUMN, 3, 30)),
        (at(AUTUMN, 0), 90, True, utc(AUTUMN, 0) - 60 * MINUTE, utc(AUTUMN, 1, 30)),
        (at(AUTUMN, 0), 90, False, utc(AUTUMN, 0) - 60 * MINUTE, utc(AUTUMN, 0, 30)),
        (at(AUTUMN, 1, 10), 30, True, utc(AUTUMN, 0, 10), utc(AUTUMN, 1, 40)),
        (at(AUTUMN, 1, 10), 30, False, utc(AUTUMN, 0, 10), utc(AUTUMN, 0, 40)),
    ],
)
def test_a_freeze_widens_and_maintenance_narrows_when_the_clocks_change(
    start, minutes, widens, begins, ends
):
    span = one(start, minutes, widens=widens)

    assert (span.start, span.end) == (begins, ends)
    assert span.note


def test_a_window_the_clocks_jump_over_is_skipped_with_a_warning():
    span = one(at(SPRING, 1, 10), 30)

    assert span.is_empty
    assert span.note == "Skipped: the clocks jump over it."


def test_a_day_that_never_was_is_the_instant_the_clocks_jump():
    samoa = one(at(date(2011, 12, 30), 12), 60 * 24, zone="Pacific/Apia", widens=True)

    assert samoa.start == utc(date(2011, 12, 30), 10)  # midnight of the 31st there
    assert samoa.end == utc(date(2011, 12, 30), 22)


def test_a_freeze_round_the_clock_never_overlaps_itself():
    found = spans(
        "FREQ=DAILY",
        at(date(2026, 10, 23), 1, 30),
        60 * 24,
        until=utc(date(2026, 10, 28), 0),
        widens=True,
    )

    assert all(a.end == b.start for a, b in pairwise(found))


def test_month_end_is_counted_from_the_end_of_each_month():
    found = spans(
        "FREQ=MONTHLY;BYMONTHDAY=-2", at(date(2026, 1, 30), 18), until=utc(SPRING, 0)
    )

    assert [span.wall_start.date() for span in found] == [
        date(2026, 1, 30),
        date(2026, 2, 27),
    ]


def test_a_rule_ends_with_the_day_it_says():
    start = at(date(2026, 3, 2), 9)
    found = spans("FREQ=DAILY;UNTIL=20260304", start, until=utc(AUTUMN, 0))

    assert [span.wall_start.day for span in found] == [2, 3, 4]


def test_the_preview_is_the_next_ten():
    pattern = Pattern(at(date(2026, 1, 4), 1, 30), 120, LONDON, "FREQ=WEEKLY")
    found = upcoming(pattern, utc(date(2026, 3, 2), 9), 10)

    assert [span.wall_start.date() for span in found] == [
        date(2026, 3, 8) + timedelta(weeks=week) for week in range(10)
    ]


@pytest.mark.parametrize(
    ("rrule", "sentence"),
    [
        ("FREQ=SECONDLY", "Start with FREQ="),
        ("FREQ=MINUTELY;INTERVAL=90", "Start with FREQ="),
        ("FREQ=HOURLY", "Start with FREQ="),
        ("every Sunday", "Start with FREQ="),
        ("FREQ=DAILY;BYMONTH=2", "BYMONTH cannot be used here"),
        ("FREQ=DAILY;BYHOUR=3", "BYHOUR cannot be used here"),
        ("FREQ=WEEKLY;BYDAY=2MO", "names days without a number"),
        ("FREQ=WEEKLY;INTERVAL=0", "INTERVAL=0 cannot be read"),
        ("FREQ=WEEKLY;BYDAY=MO,XX", "BYDAY=MO,XX cannot be read"),
        ("FREQ=DAILY;UNTIL=20260231", "is no day"),
        ("FREQ=DAILY;COUNT=3;UNTIL=20260301", "not both"),
        ("FREQ=DAILY;FREQ=WEEKLY", "given twice"),
        ("FREQ=DAILY;;INTERVAL=2", "An empty part"),
        ("FREQ=DAILY\nEXRULE:FREQ=DAILY", "Start with FREQ="),
    ],
)
def test_a_rule_that_cannot_be_read_says_why(rrule, sentence):
    with pytest.raises(ValueError, match=sentence):
        spans(rrule, at(date(2026, 3, 2), 9), until=utc(AUTUMN, 0))


def test_a_window_that_comes_again_before_it_has_ended_is_refused():
    with pytest.raises(ValueError, match="before it has ended"):
        spans("FREQ=DAILY", at(date(2026, 3, 2), 9), 1_500, until=utc(AUTUMN, 0))


def test_more_occurrences_than_anybody_plans_are_refused():
    start = at(date(2026, 3, 2), 9)
    with pytest.raises(ValueError, match=f"more than {MOST} times"):
        spans("FREQ=DAILY", start, until=utc(date(2028, 3, 2), 9))


@pytest.mark.parametrize("freq", ["MONTHLY", "YEARLY"])
def test_a_rule_that_never_comes_ends_soon_and_gives_nothing(freq):
    rrule = f"FREQ={freq};BYMONTH=2;BYMONTHDAY=30"
    assert spans(rrule, at(date(2026, 2, 2), 9), until=utc(AUTUMN, 0)) == []


ZONES = st.sampled_from(
    [
        LONDON,
        "America/New_York",
        "Australia/Lord_Howe",  # half an hour
        "Pacific/Apia",  # skipped a day
        "Asia/Kathmandu",
        "Africa/Casablanca",  # goes back for Ramadan
        "America/Sao_Paulo",  # changed at midnight
        "Antarctica/Troll",  # two hours
        "Asia/Tehran",
    ]
)
WALLS = st.datetimes(datetime(2005, 1, 1), datetime(2037, 12, 1)).map(
    lambda wall: wall.replace(second=0, microsecond=0)
)
LENGTHS = st.integers(1, 4_000)


@settings(max_examples=150)
@given(ZONES, WALLS, LENGTHS, st.integers(-3_000, 7_000))
def test_a_freeze_covers_every_instant_whose_wall_clock_lies_inside(
    zone, wall, minutes, off
):
    freeze = one(wall, minutes, widens=True, zone=zone)
    moment = freeze.start + off * MINUTE
    shown = moment.astimezone(ZoneInfo(zone)).replace(tzinfo=None)

    if wall <= shown < wall + minutes * MINUTE:
        assert freeze.start <= moment < freeze.end


@settings(max_examples=150)
@given(ZONES, WALLS, LENGTHS, st.floats(0, 0.999))
def test_maintenance_covers_no_instant_whose_wall_clock_lies_outside(
    zone, wall, minutes, share
):
    window = one(wall, minutes, zone=zone)
    if window.is_empty:
        return
    moment = window.start + (window.end - window.start) * share
    shown = moment.astimezone(ZoneInfo(zone)).replace(tzinfo=None)

    assert wall <= shown < wall + minutes * MINUTE


@settings(max_examples=150)
@given(ZONES, WALLS, LENGTHS)
def test_maintenance_never_reaches_beyond_a_freeze_of_the_same_words(
    zone, wall, minutes
):
    window, freeze = (
        one(wall, minutes, zone=zone),
        one(wall, minutes, widens=True, zone=zone),
    )

    assert freeze.start <= window.start
    assert window.end <= freeze.end


@settings(max_examples=60)
@given(
    ZONES,
    WALLS,
    st.integers(1, 1_440),
    st.sampled_from(["FREQ=DAILY", "FREQ=WEEKLY;BYDAY=MO,SU", "FREQ=MONTHLY"]),
    st.booleans(),
)
def test_occurrences_come_in_order_and_never_overlap(
    zone, wall, minutes, rrule, widens
):
    start = wall.replace(tzinfo=UTC)
    pattern = Pattern(wall, minutes, zone, rrule, widens)
    found = expand(pattern, start - timedelta(days=2), start + timedelta(days=400))

    assert all(a.end <= b.start for a, b in pairwise(found))
