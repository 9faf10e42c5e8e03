"""Time the engine against three libraries, in the interpreter that has all of them.

Run by `benchmarks.engine` with the checkout on the path; it prints rates as JSON. Every
side is called in the same loop with arguments made beforehand, in turn, three times.
"""

# mypy: disable-error-code="import-not-found,import-untyped"

import datetime as dt
import json
import operator
import sys
import time
from collections.abc import Callable, Sequence
from functools import partial
from statistics import median
from typing import Any
from zoneinfo import ZoneInfo

import businesstimedelta
import pytz
import workclock
from business_duration import businessDuration
from holidays import country_holidays

from sla import calendars

ZONE = "Europe/London"
LENGTHS = {"1 h": 3600, "40 h": 40 * 3600, "1 year": 252 * 30_600}
OPEN, CLOSE = dt.time(9), dt.time(17, 30)
Pairs = Sequence[tuple[Any, ...]]
Call = tuple[Callable[..., object], Pairs]


def main(seconds: float) -> None:
    """Print {kind: {length: {side: calls per second}}} after checking the answers."""
    found = {
        length: {kind: rates(calls, seconds) for kind, calls in sides(worth).items()}
        for length, worth in LENGTHS.items()
    }
    print(json.dumps(found))


def sides(worth: int) -> dict[str, dict[str, Call]]:
    """Return the same questions for every side; raises when answers disagree."""
    bank = country_holidays("GB", subdiv="ENG", years=range(2024, 2032))
    hours = calendars.Hours.parse("Mon-Fri 09:00-17:30", ZONE, bank)
    ours = calendars.compiled(hours)
    rules = businesstimedelta.Rules(
        [
            businesstimedelta.WorkDayRule(
                OPEN, CLOSE, [0, 1, 2, 3, 4], tz=pytz.timezone(ZONE)
            ),
            businesstimedelta.HolidayRule(bank, tz=pytz.timezone(ZONE)),
        ]
    )
    rust = workclock.Schedule(
        [workclock.WorkDay(OPEN, CLOSE), workclock.Holidays(list(bank))],
        time_zone=ZONE,
    )
    begin = dt.datetime(2026, 1, 5, 10, 7, tzinfo=dt.UTC)
    starts = [ours.next_open(begin + n * dt.timedelta(hours=31)) for n in range(200)]
    ends = [ours.deadline(start, worth) for start in starts]
    delta = businesstimedelta.BusinessTimeDelta(rules, seconds=worth)
    later = dt.timedelta(seconds=worth)
    assert [rust.add(start, later) for start in starts] == ends
    assert [(start + delta) for start in starts[:3]] == ends[:3]
    pairs = list(zip(starts, ends, strict=True))
    naive = [tuple(local(t) for t in pair) for pair in pairs]
    counted = partial(
        businessDuration,
        starttime=OPEN,
        endtime=CLOSE,
        holidaylist=frozenset(bank),
        unit="min",
    )
    assert abs(counted(*naive[0]) * 60 - worth) < 1
    return {
        "deadline": {
            "opsdesk": (ours.deadline, [(start, worth) for start in starts]),
            "businesstimedelta": (operator.add, [(start, delta) for start in starts]),
            "workclock": (rust.add, [(start, later) for start in starts]),
        },
        "elapsed": {
            "opsdesk": (ours.elapsed, pairs),
            "businesstimedelta": (rules.difference, pairs),
            "business-duration": (counted, naive),
            "workclock": (rust.between, pairs),
        },
    }


def local(moment: dt.datetime) -> dt.datetime:
    """Wall time without a zone, which is all that business-duration takes."""
    return moment.astimezone(ZoneInfo(ZONE)).replace(tzinfo=None)


def rates(calls: dict[str, Call], seconds: float) -> dict[str, float]:
    """Return the median calls per second of each side over three rounds in turn."""
    rounds = [
        {side: rate(call, pairs, seconds) for side, (call, pairs) in calls.items()}
        for _ in range(3)
    ]
    return {side: median(each[side] for each in rounds) for side in calls}


def rate(call: Callable[..., object], pairs: Pairs, seconds: float) -> float:
    """Calls per second, over the pairs again and again for at least this long."""
    done, began = 0, time.perf_counter()
    some = pairs[:1]
    while True:
        for a, b in some:
            call(a, b)
        done += len(some)
        spent = time.perf_counter() - began
        if spent >= seconds:
            return done / spent
        if spent < seconds / 20:
            some = pairs


if __name__ == "__main__":
    main(float(sys.argv[1]))
