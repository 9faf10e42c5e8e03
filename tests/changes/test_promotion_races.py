"""S38, S39 and their kin: of what happens at one moment, exactly one is right.

Small here; benchmarks run the same trials by the hundred.
"""

from concurrent.futures import ThreadPoolExecutor
from functools import partial

import pytest
from django.db import transaction

from changes.models import Promotion
from changes.services import packages, starting
from environments.models import Lease
from opsdesk.core.models import Vote
from tests.changes import racing
from tests.changes.factories import World, again
from tests.changes.pressing import Pages, page_of, unmet_in

TRIALS = 2


@pytest.fixture
def w(transactional_db, db, live):
    world = World(live)
    world.ran_before()
    return world


def pressed_at_once(pages, *starts):
    """What each who presses Start at one moment is answered."""
    answers = []

    def press(person, promotion):
        answers.append(pages.press(person, "promotion_start", promotion))

    acts = [partial(press, person, promotion) for person, promotion in starts]
    assert racing.at_once(*acts) == ["ok"] * len(acts)
    return sorted(answers, key=lambda answer: answer.status_code)


@pytest.mark.django_db(transaction=True)
def test_s38_of_two_starts_in_one_environment_one_runs_and_the_other_is_told_who(w):
    pair = [w.ready(label, aims=racing.shared_slot(w)) for label in ("1.1", "1.2")]
    pages = Pages(w.ian, w.ed)

    begun, refused = pressed_at_once(pages, (w.ian, pair[0]), (w.ed, pair[1]))

    assert (begun.status_code, refused.status_code) == (302, 409)
    lease = Lease.objects.get(environment=w.live, ended_at=None)
    unmet = unmet_in(refused)
    assert list(unmet) == ["LEASE"]
    assert unmet["LEASE"].detail == f"{lease.holder} is at work on it: {lease.label}."
    assert sorted(again(one).state for one in pair) == ["running", "scheduled"]


@pytest.mark.django_db(transaction=True)
def test_s39_of_three_equal_starts_one_is_made(w):
    promotion = w.ready(aims=racing.shared_slot(w))
    pages = Pages(w.ian)

    answers = pressed_at_once(pages, *[(w.ian, promotion)] * 3)

    assert [answer.status_code for answer in answers] == [302, 409, 409]
    assert all("This was started here before." in page_of(a) for a in answers[1:])
    assert promotion.change.events.filter(verb="started").count() == 2
    assert Lease.objects.filter(environment=w.live).count() == 1


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


@pytest.mark.django_db(transaction=True)
def test_a_start_that_waits_for_a_block_of_its_package_is_refused_by_it(w):
    promotion = w.ready(aims=racing.shared_slot(w))
    package = promotion.package

    with ThreadPoolExecutor(1) as pool:
        with transaction.atomic():
            packages.block(package, actor=w.ed, reason="It deletes invoices.")
            began = pool.submit(
                racing.at_once, partial(starting.start, promotion, actor=w.ian)
            )
            racing.wait_for_a_lock()
        assert began.result() == [["PACKAGE"]]

    assert again(promotion).state == "scheduled"
    assert Lease.objects.filter(environment=w.live).count() == 0
