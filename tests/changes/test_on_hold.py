"""On hold nothing but cancelling is possible (S29), not even a start."""

import pytest
from django.urls import reverse

from changes.services import holding
from tests.accounts import sign_in
from tests.changes.factories import World, again, fresh


@pytest.fixture
def w(live):
    return World(live)


def test_a_start_while_on_hold_is_refused_naming_the_hold_and_cancelling_works(
    client, w
):
    promotion = w.ready()
    change = holding.hold(promotion.change, actor=w.max, reason="After the audit.")
    sign_in(client, w.ian)

    said = client.post(reverse("changes:promotion_start", args=[promotion.pk]))

    assert said.status_code == 409
    assert "After the audit." in said.content.decode()
    assert again(promotion).state == "scheduled"
    assert again(promotion).lease is None
    assert fresh(change).state == "approved"
    holding.cancel(change, actor=w.rita, reason="Not needed any more.")
    assert fresh(change).state == "cancelled"
