"""Each night a share of the clocks is replayed, each night another share."""

from datetime import timedelta

import pytest

from opsdesk.core import clock
from snags.models import ClockRevision
from snags.services.replay import check_sample
from tests.factories import NINE, make_contract, make_snag


@pytest.fixture
def forged(live, rob):
    """Three clocks, one with a revision that its own inputs do not give."""
    make_contract(live.landscape, p3_resolution=480)
    clocks = [make_snag(live, rob, at=NINE).clocks.get() for _ in range(3)]
    last = clocks[1].revisions.get()
    ClockRevision.objects.create(
        clock=clocks[1],
        number=last.number + 1,
        at=last.at,
        cause="forced",
        inputs=last.inputs,
        contract_version=last.contract_version,
        old_due_at=last.new_due_at,
        new_due_at=last.new_due_at + timedelta(hours=1),
    )
    return clocks[1]


def test_a_deadline_nobody_can_compute_again_is_found(forged):
    assert check_sample(every=1) == 1


def test_a_night_takes_the_clocks_whose_turn_it_is(forged):
    is_its_turn = forged.pk % 2 == clock.now().toordinal() % 2

    assert check_sample(every=2) == is_its_turn
