"""What must hold of every calendar, target and pause: P1 to P15 of the clock rules."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sla import calendars
from sla.calendars import Calendar, CalendarError, Hours, Timeline
from sla.clocks import Level, Terms, due, read, union
from sla.explain import explain
from tests.sla.strategies import (
    FEW,
    SOME,
    ZONES,
    cases,
    day_windows,
)

CENTURIES = (datetime(1901, 1, 1), datetime(2150, 1, 1))
SECOND = timedelta(seconds=1)
MINUTE = timedelta(minutes=1)
ALL_DAY = (((0, 1440),),) * 7


def paused_due(calendar, start, seconds, pauses):
    return due(Terms(start, seconds, None, calendar, tuple(pauses)))


def the_deadline_is_the_first_instant_that_uses_the_target_up(case):
    calendar, start, seconds = case.calendar, case.start, case.seconds

    due_at = calendar.deadline(start, seconds)

    assert calendar.elapsed(start, due_at) == seconds
    assert calendar.elapsed(start, due_at - SECOND) < seconds
    assert calendar.deadline(start, 0) == start


def a_longer_target_or_a_later_start_is_never_due_earlier(case):
    calendar, start, less, more = case.calendar, case.start, case.seconds, case.more

    first, second = calendar.deadline(start, less), calendar.deadline(case.middle, less)

    assert first <= second
    if less < more:
        assert first < calendar.deadline(start, more)


def elapsed_time_adds_up_and_never_runs_backward(case):
    calendar, a, b, c = case.calendar, case.start, case.middle, case.end

    parts = calendar.elapsed(a, b) + calendar.elapsed(b, c)

    assert calendar.elapsed(a, c) == parts
    assert calendar.elapsed(c, a) == 0


def two_targets_one_after_the_other_are_their_sum(case):
    calendar, start, first, second = case.calendar, case.start, case.seconds, case.more

    due_at = calendar.deadline(calendar.deadline(start, first), second)

    assert due_at == calendar.deadline(start, first + second)


def counting_back_finds_the_latest_start(case):
    calendar, end, seconds = case.calendar, case.end, case.seconds

    begin = calendar.backward(end, seconds)

    assert calendar.elapsed(begin, end) == seconds
    assert calendar.elapsed(begin + SECOND, end) < seconds


def a_pause_moves_the_deadline_by_its_open_time_or_not_at_all(case):
    calendar, start, seconds = case.calendar, case.start, case.seconds
    begin, end = case.middle, case.end
    unpaused = calendar.deadline(start, seconds)

    due_at = paused_due(calendar, start, seconds, [(begin, end)])

    lost = calendar.elapsed(begin, end) if begin < unpaused else 0
    assert due_at == calendar.deadline(start, seconds + lost)
    if begin >= unpaused or not lost:
        assert due_at == unpaused


def pauses_count_as_their_union_in_any_order(case):
    calendar, start, seconds = case.calendar, case.start, case.seconds
    pauses = case.pauses

    due_at = paused_due(calendar, start, seconds, pauses)

    assert due_at == paused_due(calendar, start, seconds, pauses[::-1] + pauses[:2])
    assert due_at == paused_due(calendar, start, seconds, union(pauses))
    outside = calendar.elapsed(start, due_at) - sum(
        calendar.elapsed(max(begin, start), min(end, due_at))
        for begin, end in union(pauses)
    )
    assert outside == seconds


def less_open_time_is_never_due_earlier(case):
    calendar, hours, start, seconds = (
        case.calendar,
        case.hours,
        case.start,
        case.seconds,
    )
    free = (start + timedelta(case.days - 1)).date()
    closed_too = replace(hours, holidays=hours.holidays | {free})
    longer = replace(hours, weekly=(*hours.weekly[:6], ((0, 1440),)))

    due_at = calendar.deadline(start, seconds)

    assert calendars.compiled(closed_too).deadline(start, seconds) >= due_at
    assert paused_due(calendar, start, seconds, [(case.middle, case.end)]) >= due_at
    if not any(end < start for start, end in hours.weekly[6]):
        assert calendars.compiled(longer).deadline(start, seconds) <= due_at


def cutting_a_window_in_two_changes_nothing(case):
    whole, start, end = case.calendar, case.start, case.end
    weekly = tuple(cut_at(day, case.minute) for day in case.hours.weekly)

    parts = calendars.compiled(replace(case.hours, weekly=weekly))

    assert parts.deadline(start, case.seconds) == whole.deadline(start, case.seconds)
    assert parts.elapsed(start, end) == whole.elapsed(start, end)
    assert parts.windows(start, end) == whole.windows(start, end)


def the_next_opening_is_the_first_open_instant(case):
    calendar, t, later = case.calendar, case.start, case.end

    opening = calendar.next_open(t)

    assert opening >= t
    assert calendar.is_open(opening)
    assert calendar.next_open(opening) == opening
    assert calendar.elapsed(t, opening) == 0
    if calendar.is_open(later):
        assert opening <= later


def windows_hold_the_elapsed_time(case):
    calendar, a, b = case.calendar, case.start, case.middle

    windows = calendar.windows(a, b)

    total = sum((end - start for start, end in windows), timedelta())
    assert total == timedelta(seconds=calendar.elapsed(a, b))
    assert all(a <= start < end <= b for start, end in windows)
    assert windows == sorted(windows)


def growing_the_table_changes_no_answer(case):
    start, end, seconds = case.start, case.end, case.seconds
    fresh, grown = case.calendar, Calendar(case.hours)

    # Years away on both sides, so that the years asked for are in the gap between.
    grown.elapsed(start + timedelta(1400), start + timedelta(1500))
    grown.elapsed(start - timedelta(1500), start - timedelta(1400))

    assert grown.deadline(start, seconds) == fresh.deadline(start, seconds)
    assert grown.backward(end, seconds) == fresh.backward(end, seconds)
    assert grown.windows(start, end) == fresh.windows(start, end)


def a_timeline_counts_each_calendar_in_its_time(case):
    start, change, end, seconds = case.start, case.middle, case.end, case.seconds
    first, second = case.calendar, calendars.compiled(case.other)
    timeline = Timeline(((None, first), (change, second)))

    due_at = timeline.deadline(start, seconds)

    parts = first.elapsed(start, change) + second.elapsed(change, end)
    assert timeline.elapsed(start, end) == parts
    assert timeline.elapsed(start, due_at) == seconds
    assert timeline.elapsed(start, due_at - SECOND) < seconds
    single = Timeline(((start, first),))
    assert single.deadline(start, seconds) == first.deadline(start, seconds)


def a_reading_agrees_with_its_own_sums(case):
    levels = (Level("warn", 75), Level("breach", 100), Level("late", None, 3600))
    for stopped in (None, case.end):
        at = stopped or case.middle
        terms = replace(case.terms, stopped_at=stopped, levels=levels)

        reading = read(terms, at)

        assert reading.due_at == reading.full_due_at == due(terms)
        assert reading.elapsed_seconds + reading.remaining_seconds == case.seconds
        assert reading.overdue_seconds == max(0, -reading.remaining_seconds)
        assert reading.breached == (at > reading.due_at)
        assert list(reading.levels) == sorted(reading.levels)


def an_open_pause_hides_only_what_it_can_move(case):
    hold, at, pauses = case.middle, case.end, case.pauses
    levels = (Level("warn", 50), Level("breach", 100))
    terms = replace(case.terms, pauses=(*pauses, (hold, None)), levels=levels)

    reading = read(terms, at)

    closed = [*pauses, (hold, at)]
    ended = paused_due(case.calendar, case.start, case.seconds, closed)
    held = min(begin for begin, end in union(terms.pauses) if end is None)
    assert reading.full_due_at == ended
    assert reading.due_at == (ended if ended <= held else None) == due(terms)
    assert all(instant <= held for instant, _ in reading.levels)
    assert reading.breached <= (reading.due_at is not None)


def an_explanation_adds_up_to_the_target_without_a_gap(case):
    lines = explain(case.terms, case.middle)

    total = sum(line.counted_seconds for line in lines)
    assert lines[0].start == case.start
    assert lines[-1].end == due(case.terms)
    assert lines[-1].running_total == total == case.seconds
    for line, following in pairwise(lines):
        assert line.end == following.start


def working_days_end_on_the_same_wall_time_or_within_hours(case):
    calendar, start, days = case.calendar, case.start, case.days

    due_at = calendar.after_business_days(start, days)

    assert due_at > start
    assert calendar.prev_close(due_at) == due_at or calendar.is_open(due_at)
    assert due_at <= calendar.after_business_days(start, days + 1)
    assert calendar.next_open(start).date() <= due_at.date()
    with pytest.raises(CalendarError, match="forward"):
        calendar.after_business_days(case.middle, -days)


@SOME
@given(cases())
def test_what_holds_of_every_calendar_target_and_pause(questions):
    for case in questions:
        the_deadline_is_the_first_instant_that_uses_the_target_up(case)
        a_longer_target_or_a_later_start_is_never_due_earlier(case)
        elapsed_time_adds_up_and_never_runs_backward(case)
        two_targets_one_after_the_other_are_their_sum(case)
        counting_back_finds_the_latest_start(case)
        a_pause_moves_the_deadline_by_its_open_time_or_not_at_all(case)
        pauses_count_as_their_union_in_any_order(case)
        the_next_opening_is_the_first_open_instant(case)
        windows_hold_the_elapsed_time(case)
        a_reading_agrees_with_its_own_sums(case)
        an_open_pause_hides_only_what_it_can_move(case)
        an_explanation_adds_up_to_the_target_without_a_gap(case)
        working_days_end_on_the_same_wall_time_or_within_hours(case)
    # These compile calendars of their own: once for each that is drawn.
    less_open_time_is_never_due_earlier(questions[0])
    cutting_a_window_in_two_changes_nothing(questions[0])
    growing_the_table_changes_no_answer(questions[0])
    a_timeline_counts_each_calendar_in_its_time(questions[0])


@SOME
@given(
    st.sampled_from(ZONES),
    st.datetimes(CENTURIES[0], CENTURIES[1]),
    st.integers(1, 400 * 86_400),
)
def test_round_the_clock_a_target_is_plain_seconds(zone, naive, seconds):
    start = naive.replace(microsecond=0, tzinfo=UTC)
    calendar = Calendar(Hours(zone, ALL_DAY))

    assert calendar.deadline(start, seconds) == start + timedelta(seconds=seconds)
    assert calendar.backward(start, seconds) == start - timedelta(seconds=seconds)


@FEW
@given(cases(), st.integers(1, 1200))
def test_the_engine_agrees_with_a_walk_minute_by_minute(questions, minutes):
    case = questions[0]
    start, end = case.start.replace(second=0), case.end.replace(second=0)
    calendar = case.calendar

    walk = [at for at, is_open in minute_walk(case.hours, start, end) if is_open]

    assert calendar.elapsed(start, end) == 60 * len(walk)
    if len(walk) >= minutes:
        assert calendar.deadline(start, minutes * 60) == walk[minutes - 1] + MINUTE
        assert calendar.backward(end, minutes * 60) == walk[-minutes]
    if walk:
        assert calendar.next_open(start) == walk[0]
        assert calendar.prev_close(end) == walk[-1] + MINUTE


@SOME
@given(day_windows(), st.sampled_from(ZONES))
def test_hours_survive_being_stored(windows, zone):
    hours = Hours(zone, (windows,) * 7, special={date(2026, 5, 4): windows})

    assert Hours.from_json(hours.to_json()) == hours
    assert hash(Hours.from_json(hours.to_json())) == hash(hours)


def cut_at(windows, minute):
    """Cut the windows that hold a minute of their own day in two there."""
    cut = []
    for start, end in windows:
        last = end + 1440 if end < start else end
        if start < minute < last and minute < 1440:
            cut += [(start, minute), (minute, end)]
        else:
            cut.append((start, end))
    return tuple(window for window in cut if window[0] != window[1])


def minute_walk(hours, start, end):
    """Walk the wall clock minute by minute; it counts how far it ever got.

    A window opens and closes when the clock first shows its edges or jumps over them,
    so the highest wall time shown so far is what decides.
    """
    zone = ZoneInfo(hours.timezone)
    at = start - timedelta(days=1)
    furthest = datetime.min
    while at < end:
        shown = at.astimezone(zone).replace(tzinfo=None)
        furthest = max(furthest, shown)
        if at >= start:
            yield at, open_by_wall(hours, furthest)
        at += MINUTE


def open_by_wall(hours, shown):
    minute = shown.hour * 60 + shown.minute
    today = hours.on(shown.date())
    eve = hours.on(shown.date() - timedelta(1))
    return any(
        start <= minute < (end if start < end else 1440) for start, end in today
    ) or any(end < start and minute < end for start, end in eve)
