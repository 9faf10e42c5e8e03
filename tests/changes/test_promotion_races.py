"""S38, S39 and their kin: of what happens at one moment, exactly one is right.

Small here; benchmarks run the same trials by the hundred.
"""

import pytest

from changes.models import Promotion
from environments.models import Lease
from opsdesk.core.models import Vote
from tests.changes import racing
from tests.changes.factories import World, again

TRIALS = 2


@pytest.fixture
def w(transactional_db, db, live):
    world = World(live)
    world.ran_before()
    return world


@pytest.mark.django_db(transaction=True)
def test_s38_of_two_starts_in_one_environment_one_runs_and_the_other_is_told_who(w):
    for number in range(TRIALS):
        pair = [
            w.ready(f"{number}.{label}", aims=racing.shared_slot(w)) for label in (1, 2)
        ]

        came_to = racing.two_starts_in_one_place(w, *pair)

        assert sorted(map(str, came_to)) == ["['LEASE']", "ok"]
        assert sorted(again(one).state for one in pair) == ["running", "scheduled"]
        assert Lease.objects.filter(environment=w.live, ended_at=None).count() == 1
        w.clear()


@pytest.mark.django_db(transaction=True)
def test_s39_of_three_equal_starts_one_is_made(w):
    for number in range(TRIALS):
        promotion = w.ready(f"{number}.1", aims=racing.shared_slot(w))

        came_to = racing.one_start_three_times(w, promotion)

        assert came_to.count("ok") == 1
        assert all("REPLAY" in one for one in came_to if one != "ok")
        assert promotion.change.events.filter(verb="started").count() == 2
        w.clear()


@pytest.mark.django_db(transaction=True)
def test_nothing_starts_inside_a_freeze_declared_at_the_same_moment(w):
    for number in range(TRIALS):
        promotion = w.ready(f"{number}.1", aims=racing.shared_slot(w))

        began, _frozen = racing.a_freeze_against_a_start(w, promotion, f"F{number}")

        assert began in ("ok", ["FREEZE"])
        freeze = w.live.occurrences.get(rule__name=f"F{number}")
        promotion = again(promotion)
        if began == "ok":
            assert not freeze.starts_at <= promotion.started_at < freeze.ends_at
        else:
            assert promotion.state == "scheduled"
        w.clear()


@pytest.mark.django_db(transaction=True)
def test_a_vote_is_taken_back_or_used_but_never_both(w):
    for number in range(TRIALS):
        promotion = w.ready(f"{number}.1", aims=racing.shared_slot(w))

        began, taken_back = racing.a_revoked_vote_against_a_start(w, promotion)

        state = Promotion.objects.get(pk=promotion.pk).state
        revoked = Vote.objects.filter(
            request=promotion.approval, revoked_at__isnull=False
        ).exists()
        assert (began == "ok") != (taken_back == "ok")
        assert (state == "running", revoked) == (began == "ok", taken_back == "ok")
        w.clear()
