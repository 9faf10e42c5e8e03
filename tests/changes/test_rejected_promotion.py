"""A promotion somebody objects to is over; another attempt asks anew."""

import pytest
from django.urls import reverse

from changes.models import ChangeEvent
from changes.services import promoting
from opsdesk.core.models import ApprovalRequest
from tests.changes.factories import World, again, fresh


@pytest.fixture
def w(live):
    world = World(live)
    world.ran_before()
    return world


@pytest.fixture
def promotion(w):
    """Ian has planned it for production, and the administrators are asked."""
    return promoting.schedule(w.approved(), actor=w.ian, environment=w.live)


def reject(client, person, promotion, comment="Not before the stock count."):
    client.force_login(person)
    request = promotion.approval
    return client.post(
        reverse("changes:approval_vote", args=[request.pk]),
        {
            "decision": "reject",
            "comment": comment,
            "revision": request.revision,
            "sha256": request.sha256,
        },
    )


def test_a_rejected_promotion_is_cancelled_with_the_reason(client, w, promotion):
    assert reject(client, w.eve, promotion).status_code == 302

    row = again(promotion)
    assert (row.state, row.note) == ("cancelled", "Not before the stock count.")
    event = ChangeEvent.objects.get(verb="promotion_cancelled")
    assert (event.actor, event.params["note"]) == (w.eve, row.note)
    assert fresh(promotion.change).state == "approved"


def test_after_a_rejection_another_attempt_is_asked_about_anew(client, w, promotion):
    reject(client, w.eve, promotion)

    second = promoting.schedule(
        fresh(promotion.change), actor=w.ian, environment=w.live
    )

    assert (second.attempt, second.approval.state) == (2, "open")


def test_a_rejection_without_a_reason_leaves_the_promotion_planned(
    client, w, promotion
):
    events = ChangeEvent.objects.count()

    assert reject(client, w.eve, promotion, comment="").status_code == 422

    assert again(promotion).state == "scheduled"
    assert ChangeEvent.objects.count() == events
    assert ApprovalRequest.objects.get(pk=promotion.approval_id).state == "open"
