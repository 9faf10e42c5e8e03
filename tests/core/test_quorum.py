"""Who of those asked has agreed: each person counts once, where they are needed."""

from hypothesis import given
from hypothesis import strategies as st

from opsdesk.core.quorum import Slot, missing, placed

TECHNICAL, BUSINESS, MANAGER = 1, 2, 3
BOTH = frozenset({TECHNICAL, BUSINESS})
ONE_EACH = [Slot(TECHNICAL, 0, 1), Slot(BUSINESS, 0, 1)]


def only(step):
    return frozenset({step})


def test_a_person_in_both_groups_counts_for_one_step_and_one_is_missing():
    found = placed(ONE_EACH, {7: BOTH})

    assert len(found) == 1
    assert sum(missing(ONE_EACH, found).values()) == 1


def test_a_later_person_moves_the_one_in_both_groups_over():
    for step in BOTH:
        found = placed(ONE_EACH, {7: BOTH, 8: only(step)})

        assert found[8] == step
        assert set(found.values()) == BOTH
        assert missing(ONE_EACH, found) == {}


def test_more_people_than_needed_leave_the_rest_without_a_seat():
    found = placed([Slot(TECHNICAL, 0, 2)], {n: only(TECHNICAL) for n in (1, 2, 3)})

    assert len(found) == 2


def test_somebody_who_may_fill_no_step_counts_for_none():
    found = placed(ONE_EACH, {7: frozenset(), 8: only(MANAGER)})

    assert found == {}
    assert missing(ONE_EACH, found) == {TECHNICAL: 1, BUSINESS: 1}


def test_a_step_that_comes_first_is_filled_first():
    slots = [Slot(TECHNICAL, 1, 1), Slot(BUSINESS, 0, 1)]

    assert placed(slots, {7: BOTH}) == {7: BUSINESS}


@given(
    st.lists(st.integers(1, 2), min_size=1, max_size=3),
    st.lists(st.sets(st.integers(0, 2), max_size=3), max_size=5),
)
def test_as_many_people_are_placed_as_can_be(needed, rights):
    slots = [Slot(step, 0, count) for step, count in enumerate(needed)]
    able = {person: frozenset(steps) for person, steps in enumerate(rights)}

    found = placed(slots, able)

    assert all(step in able[person] for person, step in found.items())
    assert all(list(found.values()).count(s.step) <= s.needed for s in slots)
    assert len(found) == _most(slots, able)


def _most(slots, able):
    return _grown([s.step for s in slots for _ in range(s.needed)], able, frozenset())


def _grown(seats, able, taken):
    """Every way to fill the first seat, or to leave it empty."""
    if not seats:
        return 0
    first, *rest = seats
    filled = [
        1 + _grown(rest, able, taken | {person})
        for person, steps in able.items()
        if first in steps and person not in taken
    ]
    return max([_grown(rest, able, taken), *filled])
