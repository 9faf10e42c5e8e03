"""A change is drafted, submitted, tested, and people are asked."""

import pytest

from changes.services import submitting
from opsdesk.core.gates import GatesError
from tests.changes.drafts import fresh, make_asked, make_change


@pytest.fixture
def ana(db):
    from tests import factories

    return factories.make_user("ana", "support")


def test_a_submitted_change_adds_the_failover_of_production(live, sam, sue, ana):
    failover = live.landscape.environments.get(kind="failover")
    type(failover).objects.filter(pk=failover.pk).update(pairs_with=live)
    change = make_change(live, sam, sue, ana)

    submitting.submit(change, actor=sam)

    change = fresh(change)
    assert change.state == "assessing"
    assert list(change.targets.values_list("environment__kind", "is_mandatory")) == [
        ("dev_test", True),
        ("production", True),
        ("failover", True),
    ]
    assert change.revisions.get().sha256 == change.sha256


def test_what_is_missing_is_told_all_at_once_and_nothing_changes(live, sam, sue, ana):
    change = make_change(live, sam, sue, ana, backout_plan="Undo.", reason="")
    events = change.events.count()

    with pytest.raises(GatesError) as refused:
        submitting.submit(change, actor=sam)

    assert [found.code for found in refused.value.unmet] == ["FIELDS", "BACKOUT"]
    assert fresh(change).state == "draft"
    assert (change.revisions.count(), change.events.count()) == (0, events)


def test_people_are_asked_once_it_is_tested_and_slots_are_booked(
    live, sam, sue, ana, rob, tim
):
    change = fresh(make_asked(live, sam, sue, ana, rob))

    assert change.state == "awaiting"
    assert change.approval.sha256 == change.sha256
    assert change.targets.get(environment=live).is_booked
