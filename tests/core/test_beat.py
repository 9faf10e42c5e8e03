"""The tick follows the seconds of the clock, not those since beat started."""

from datetime import UTC, datetime, timedelta

import pytest

from opsdesk.core.beat import MARGIN, OnTheSecond

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)


def at(seconds):
    return NOON + timedelta(seconds=seconds)


@pytest.mark.parametrize(
    ("last", "now", "is_due"),
    [
        (4.06, 4.90, False),
        (4.06, 5.02, False),
        (4.06, 5.06, True),
        (4.99, 5.06, True),
        (4.06, 9.50, True),
        (5.06, 4.90, False),
    ],
)
def test_it_is_due_once_in_each_second_of_the_clock(last, now, is_due):
    tick = OnTheSecond(1.0, nowfun=lambda: at(now))

    state = tick.is_due(at(last))

    assert state.is_due is is_due
    after = (at(now).timestamp() + state.next) % 1
    assert after == pytest.approx(MARGIN, abs=1e-5)
    assert 0 < state.next <= 1
