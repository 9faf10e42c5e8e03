"""A promotion somebody objects to is over; another attempt asks anew."""

import pytest

from changes.services import promoting
from tests.changes.factories import again, fresh
from tests.changes.pressing import facts

WHY = "Not before the stock count."


@pytest.fixture
def asked(w, nc):
    """Ian has planned it for production anew, and the administrators are asked."""
    promoting.cancel(nc, actor=w.ian)
    return promoting.schedule(fresh(nc.change), actor=w.ian, environment=w.live)


def test_a_rejected_promotion_is_cancelled_with_the_reason(w, asked, pages):
    assert pages.vote(w.eve, asked.approval, "reject", WHY).status_code == 302

    row = again(asked)
    assert (row.state, row.note) == ("cancelled", WHY)
    event = asked.change.events.filter(verb="promotion_cancelled").latest("pk")
    assert (event.actor, event.params["note"]) == (w.eve, WHY)
    assert fresh(asked.change).state == "approved"


def test_after_a_rejection_another_attempt_is_asked_about_anew(w, asked, pages):
    pages.vote(w.eve, asked.approval, "reject", WHY)

    pages.does(
        w.ian, "promotion_new", asked.change, environment=w.live.pk, kind="deploy"
    )

    latest = asked.change.promotions.latest("attempt")
    assert (latest.attempt, latest.approval.state) == (asked.attempt + 1, "open")


def test_a_rejection_without_a_reason_leaves_the_promotion_planned(w, asked, pages):
    before = facts()

    assert pages.vote(w.eve, asked.approval, "reject").status_code == 422

    assert facts() == before
