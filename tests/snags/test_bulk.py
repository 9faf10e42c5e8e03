"""One thing done to many snags, while others go on working on them."""

import pytest

from snags.models import Snag
from snags.services import bulk, editing, lifecycle
from tests.factories import make_snag

pytestmark = pytest.mark.django_db


def test_what_somebody_judged_meanwhile_is_kept(live, rob, sam, sue, mia):
    listed = make_snag(live, rob)
    editing.set_priority(
        Snag.objects.get(), actor=sam, impact=1, urgency=1, priority_reason=""
    )

    assert bulk.apply_all([listed], actor=mia, owner=sue).done == [listed.ref]

    snag = Snag.objects.get()
    assert (snag.impact, snag.urgency, snag.priority) == (1, 1, 1)
    assert (snag.owner, snag.status) == (sue, "triaged")


def test_what_somebody_started_meanwhile_is_taken_over(live, rob, sam, sue):
    listed = make_snag(live, rob)
    lifecycle.start(Snag.objects.get(), actor=sam)

    outcome = bulk.take_all([listed], actor=sue)

    assert (outcome.done, outcome.refused) == ([listed.ref], {})
    assert Snag.objects.get().owner == sue
