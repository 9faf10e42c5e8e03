"""The timeline of a change stands in the order things were done."""

import pytest

from changes.queries.page import entries_of
from changes.services import after, rolling_back, starting
from opsdesk.core import clock
from tests.changes.factories import again, carry_out


@pytest.fixture(scope="module")
def company(company):
    company.ran_before()
    return company


def test_a_timeline_is_read_in_the_order_it_was_written(w):
    promotion = carry_out(starting.start(w.ready(), actor=w.ian), w.ian)
    change = promotion.change
    for owed in change.duties.filter(is_settled=False):
        after.waive_duty(owed, actor=w.eve, reason="It is switched off.")
    carry_out(rolling_back.roll_back(again(promotion), actor=w.ian), w.ian)

    written = [f"event-{event.pk}" for event in change.events.order_by("-pk")]
    read = [entry.key for entry in entries_of(change, clock.now())]

    assert read == written
    assert {event.at.microsecond for event in change.events.all()} == {0}
