"""Explain a deadline: every window, holiday and pause between its start and its end."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby
from typing import Literal

from sla.hours import DAY_NAMES
from sla.schedule import Day, Schedule
from sla.terms import Pauses, Terms, facts_s, target_s
from sla.walltime import moment_of, seconds_of

LineKind = Literal["window", "holiday", "special", "pause", "closed"]


@dataclass(frozen=True, slots=True)
class Line:
    """One stretch of time and what it added; `running_total` is the sum so far.

    Instants are UTC, counts are open seconds, `note` is a sentence for people in the
    calendar's local time.
    """

    kind: LineKind
    start: datetime
    end: datetime
    counted_seconds: int
    running_total: int
    note: str


def explain(terms: Terms, at: datetime) -> list[Line]:
    """Account for each stretch from the start to the deadline, oldest first.

    While an open pause hides the deadline the account ends at `at`, and the last
    running total is what has been used; otherwise it is the whole target.
    """
    now = seconds_of(at)
    start, _, pauses, hold = facts_s(terms, now)
    end, _ = target_s(terms, start, pauses)
    if hold is not None and hold < end:
        end = max(now, start)
    lines: list[Line] = []
    total = 0
    for kind, low, high, note in _stretches(terms.calendar, start, end, pauses):
        counted = high - low if kind in ("window", "special") else 0
        total += counted
        line = Line(kind, moment_of(low), moment_of(high), counted, total, note)
        lines.append(line)
    return lines


Stretch = tuple[LineKind, int, int, str]


def _stretches(
    calendar: Schedule, start: int, end: int, pauses: Pauses
) -> Iterator[Stretch]:
    """Cut the time from start to end into stretches of one kind, days off as one."""
    pieces = _pieces(calendar, start, end, pauses)
    for closed, run in groupby(pieces, key=lambda piece: piece[0] == "closed"):
        stretches = list(run)
        if closed:
            yield "closed", stretches[0][1], stretches[-1][2], _CLOSED
        else:
            yield from stretches


def _pieces(
    calendar: Schedule, start: int, end: int, pauses: Pauses
) -> Iterator[Stretch]:
    told = start
    for day in _days(calendar, start, end):
        if day.kind == "holiday" and day.begins < end and day.ends > start:
            low, high = max(day.begins, start, told), min(day.ends, end)
            if low < high:
                yield from _paused("closed", told, low, _CLOSED, pauses)
                yield from _paused(
                    "holiday", low, high, f"Holiday, {_on(day)}.", pauses
                )
                told = high
        for opens, closes in day.spans:
            low, high = max(opens, told), min(closes, end)
            if low < high:
                yield from _paused("closed", told, low, _CLOSED, pauses)
                yield from _counted(day, low, high, pauses)
                told = high
    yield from _paused("closed", told, end, _CLOSED, pauses)


_CLOSED = "Outside opening hours."


def _days(calendar: Schedule, start: int, end: int) -> Iterator[Day]:
    first, last = calendar.local_day(start), calendar.local_day(end)
    return (calendar.day(ordinal) for ordinal in range(first - 1, last + 1))


def _counted(day: Day, low: int, high: int, pauses: Pauses) -> Iterator[Stretch]:
    times = f"{_clock(low, day)} to {_clock(high, day)}"
    if day.kind == "special":
        yield from _paused(
            "special", low, high, f"Special, {_on(day)}, {times}.", pauses
        )
    else:
        yield from _paused("window", low, high, f"{_on(day)}, {times}.", pauses)


def _paused(
    kind: LineKind, low: int, high: int, note: str, pauses: Pauses
) -> Iterator[Stretch]:
    """Take the pauses out of one stretch and show them in its place."""
    at = low
    for start, end in pauses:
        if start >= high:
            break
        if end <= at:
            continue
        if at < start:
            yield kind, at, start, note
            at = start
        last = min(end, high)
        open_hours = kind in ("window", "special")
        yield "pause", at, last, "On hold." if open_hours else "On hold, while closed."
        at = last
    if at < high:
        yield kind, at, high, note


def _on(day: Day) -> str:
    on = day.date
    return f"{DAY_NAMES[on.weekday()]} {on.day} {on:%B %Y}"


def _clock(moment: int, day: Day) -> str:
    return moment_of(moment).astimezone(day.zone).strftime("%H:%M")
