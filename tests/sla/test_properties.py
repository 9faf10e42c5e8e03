"""What must hold of every calendar, target and pause: P1 to P15 of the clock rules."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from sla import calendars
from sla.calendars import Calendar, CalendarError, Hours, Timeline
from sla.clocks import Level, Terms, due, read, union
from sla.explain import explain
from tests.sla.strategies import (
    FEW,
    SOME,
    ZONES,
    day_windows,
    pauses_after,
    scenes,
    targets,
)

CENTURIES = (datetime(1901, 1, 1), datetime(2150, 1, 1))
SECOND = timedelta(seconds=1)
MINUTE = timedelta(minutes=1)
ALL_DAY = (((0, 1440),),) * 7


def paused_due(calendar, start, seconds, pauses):
    return due(Terms(start, seconds, None, calendar, tuple(pauses)))


@SOME
@given(scenes(), targets)
def test_the_deadline_is_the_first_instant_that_uses_the_target_up(scene, seconds):
    hours, (start, _, _) = scene
    calendar = calendars.compiled(hours)

    due_at = calendar.deadline(start, seconds)

    assert calendar.elapsed(start, due_at) == seconds
    assert calendar.elapsed(start, due_at - SECOND) < seconds
    assert calendar.deadline(start, 0) == start


@SOME
@given(scenes(), targets, targets)
def test_a_longer_target_or_a_later_start_is_never_due_earlier(scene, less, more):
    hours, (start, later, _) = scene
    calendar = calendars.compiled(hours)

    first, second = calendar.deadline(start, less), calendar.deadline(later, less)

    assert first <= second
    if less < more:
        assert first < calendar.deadline(start, more)


@SOME
@given(scenes())
def test_elapsed_time_adds_up_and_never_runs_backward(scene):
    hours, (a, b, c) = scene
    calendar = calendars.compiled(hours)

    parts = calendar.elapsed(a, b) + calendar.elapsed(b, c)

    assert calendar.elapsed(a, c) == parts
    assert calendar.elapsed(c, a) == 0


@SOME
@given(scenes(), targets, targets)
def test_two_targets_one_after_the_other_are_their_sum(scene, first, second):
    hours, (start, _, _) = scene
    calendar = calendars.compiled(hours)

    due_at = calendar.deadline(calendar.deadline(start, first), second)

    assert due_at == calendar.deadline(start, first + second)


@SOME
@given(scenes(), targets)
def test_counting_back_finds_the_latest_start(scene, seconds):
    hours, (_, _, end) = scene
    calendar = calendars.compiled(hours)

    begin = calendar.backward(end, seconds)

    assert calendar.elapsed(begin, end) == seconds
    assert calendar.elapsed(begin + SECOND, end) < seconds


@SOME
@given(scenes(), targets)
def test_a_pause_moves_the_deadline_by_its_open_time_or_not_at_all(scene, seconds):
    hours, (start, begin, end) = scene
    calendar = calendars.compiled(hours)
    unpaused = calendar.deadline(start, seconds)

    due_at = paused_due(calendar, start, seconds, [(begin, end)])

    lost = calendar.elapsed(begin, end) if begin < unpaused else 0
    assert due_at == calendar.deadline(start, seconds + lost)
    if begin >= unpaused or not lost:
        assert due_at == unpaused


@SOME
@given(scenes(), targets, st.data())
def test_pauses_count_as_their_union_in_any_order(scene, seconds, data):
    hours, (start, _, _) = scene
    calendar = calendars.compiled(hours)
    pauses = data.draw(pauses_after(start))

    due_at = paused_due(calendar, start, seconds, pauses)

    assert due_at == paused_due(calendar, start, seconds, pauses[::-1] + pauses[:2])
    assert due_at == paused_due(calendar, start, seconds, union(pauses))
    outside = calendar.elapsed(start, due_at) - sum(
        calendar.elapsed(max(begin, start), min(end, due_at))
        for begin, end in union(pauses)
    )
    assert outside == seconds


@SOME
@given(
    st.sampled_from(ZONES),
    st.datetimes(CENTURIES[0], CENTURIES[1]),
    st.integers(1, 400 * 86_400),
)
def test_round_the_clock_a_target_is_plain_seconds(zone, naive, seconds):
    start = naive.replace(microsecond=0, tzinfo=UTC)
    calendar = calendars.compiled(Hours(zone, ALL_DAY))

    assert calendar.deadline(start, seconds) == start + timedelta(seconds=seconds)
    assert calendar.backward(start, seconds) == start - timedelta(seconds=seconds)


@SOME
@given(scenes(), targets, st.data())
def test_less_open_time_is_never_due_earlier(scene, seconds, data):
    hours, (start, begin, end) = scene
    calendar = calendars.compiled(hours)
    free = (start + timedelta(data.draw(st.integers(0, 9)))).date()
    assume(free not in hours.special)
    closed_too = replace(hours, holidays=hours.holidays | {free})
    longer = replace(hours, weekly=(*hours.weekly[:6], ((0, 1440),)))

    due_at = calendar.deadline(start, seconds)

    assert calendars.compiled(closed_too).deadline(start, seconds) >= due_at
    assert paused_due(calendar, start, seconds, [(begin, end)]) >= due_at
    if not any(end < start for start, end in hours.weekly[6]):
        assert calendars.compiled(longer).deadline(start, seconds) <= due_at


@SOME
@given(scenes(), targets, st.integers(1, 1439))
def test_cutting_a_window_in_two_changes_nothing(scene, seconds, minute):
    hours, (start, _, end) = scene
    cut = replace(hours, weekly=tuple(cut_at(day, minute) for day in hours.weekly))

    whole, parts = calendars.compiled(hours), calendars.compiled(cut)

    assert parts.deadline(start, seconds) == whole.deadline(start, seconds)
    assert parts.elapsed(start, end) == whole.elapsed(start, end)
    assert parts.windows(start, end) == whole.windows(start, end)


@FEW
@given(scenes(), st.integers(1, 1200))
def test_the_engine_agrees_with_a_walk_minute_by_minute(scene, minutes):
    hours, (start, _, end) = scene
    start, end = start.replace(second=0), end.replace(second=0)
    calendar = calendars.compiled(hours)

    walk = [at for at, is_open in minute_walk(hours, start, end) if is_open]

    assert calendar.elapsed(start, end) == 60 * len(walk)
    if len(walk) >= minutes:
        assert calendar.deadline(start, minutes * 60) == walk[minutes - 1] + MINUTE
        assert calendar.backward(end, minutes * 60) == walk[-minutes]
    if walk:
        assert calendar.next_open(start) == walk[0]
        assert calendar.prev_close(end) == walk[-1] + MINUTE


@SOME
@given(scenes())
def test_the_next_opening_is_the_first_open_instant(scene):
    hours, (t, _, later) = scene
    calendar = calendars.compiled(hours)

    opening = calendar.next_open(t)

    assert opening >= t
    assert calendar.is_open(opening)
    assert calendar.next_open(opening) == opening
    assert calendar.elapsed(t, opening) == 0
    if calendar.is_open(later):
        assert opening <= later


@SOME
@given(scenes())
def test_windows_hold_the_elapsed_time(scene):
    hours, (a, b, _) = scene
    calendar = calendars.compiled(hours)

    windows = calendar.windows(a, b)

    total = sum((end - start for start, end in windows), timedelta())
    assert total == timedelta(seconds=calendar.elapsed(a, b))
    assert all(a <= start < end <= b for start, end in windows)
    assert windows == sorted(windows)


@SOME
@given(scenes(), targets)
def test_growing_the_table_changes_no_answer(scene, seconds):
    hours, (start, _, end) = scene
    fresh, grown = Calendar(hours), Calendar(hours)

    grown.elapsed(start + timedelta(3000), start + timedelta(4000))
    grown.elapsed(start - timedelta(4000), start - timedelta(3000))

    assert grown.deadline(start, seconds) == fresh.deadline(start, seconds)
    assert grown.backward(end, seconds) == fresh.backward(end, seconds)
    assert grown.windows(start, end) == fresh.windows(start, end)


@SOME
@given(scenes(), scenes(), targets)
def test_a_timeline_counts_each_calendar_in_its_time(scene, other, seconds):
    hours, (start, change, end) = scene
    first, second = calendars.compiled(hours), calendars.compiled(other[0])
    timeline = Timeline(((None, first), (change, second)))

    due_at = timeline.deadline(start, seconds)

    parts = first.elapsed(start, change) + second.elapsed(change, end)
    assert timeline.elapsed(start, end) == parts
    assert timeline.elapsed(start, due_at) == seconds
    assert timeline.elapsed(start, due_at - SECOND) < seconds
    single = Timeline(((start, first),))
    assert single.deadline(start, seconds) == first.deadline(start, seconds)


@SOME
@given(scenes(), targets, st.data())
def test_a_reading_agrees_with_its_own_sums(scene, seconds, data):
    hours, (start, at, stop) = scene
    levels = (Level("warn", 75), Level("breach", 100), Level("late", None, 3600))
    pauses = data.draw(pauses_after(start))
    stopped = data.draw(st.sampled_from([None, stop]))
    calendar = calendars.compiled(hours)
    terms = Terms(start, seconds, None, calendar, pauses, stopped, levels)

    reading = read(terms, at if stopped is None else stop)

    assert reading.due_at == reading.full_due_at == due(terms)
    assert reading.elapsed_seconds + reading.remaining_seconds == seconds
    assert reading.overdue_seconds == max(0, -reading.remaining_seconds)
    assert reading.breached == ((at if stopped is None else stop) > reading.due_at)
    assert list(reading.levels) == sorted(reading.levels)


@SOME
@given(scenes(), targets, st.data())
def test_an_open_pause_hides_only_what_it_can_move(scene, seconds, data):
    hours, (start, hold, at) = scene
    calendar = calendars.compiled(hours)
    pauses = data.draw(pauses_after(start))
    levels = (Level("warn", 50), Level("breach", 100))
    terms = Terms(start, seconds, None, calendar, (*pauses, (hold, None)), None, levels)

    reading = read(terms, at)

    ended = paused_due(calendar, start, seconds, [*pauses, (hold, at)])
    held = min(begin for begin, end in union(terms.pauses) if end is None)
    assert reading.full_due_at == ended
    assert reading.due_at == (ended if ended <= held else None) == due(terms)
    assert all(instant <= held for instant, _ in reading.levels)
    assert reading.breached <= (reading.due_at is not None)


@SOME
@given(scenes(), targets, st.data())
def test_an_explanation_adds_up_to_the_target_without_a_gap(scene, seconds, data):
    hours, (start, at, _) = scene
    pauses = data.draw(pauses_after(start))
    terms = Terms(start, seconds, None, calendars.compiled(hours), pauses)

    lines = explain(terms, at)

    assert lines[0].start == start
    assert lines[-1].end == due(terms)
    assert lines[-1].running_total == sum(x.counted_seconds for x in lines) == seconds
    for line, following in pairwise(lines):
        assert line.end == following.start


@SOME
@given(scenes(), st.integers(1, 12))
def test_working_days_end_on_the_same_wall_time_or_within_hours(scene, days):
    hours, (start, later, _) = scene
    calendar = calendars.compiled(hours)

    due_at = calendar.after_business_days(start, days)

    assert due_at > start
    assert calendar.prev_close(due_at) == due_at or calendar.is_open(due_at)
    assert due_at <= calendar.after_business_days(start, days + 1)
    assert calendar.next_open(start).date() <= due_at.date()
    with pytest.raises(CalendarError, match="forward"):
        calendar.after_business_days(later, -days)


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
