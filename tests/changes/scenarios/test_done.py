"""S03, S40, S46-S48, S63: NC has succeeded in production; what follows, and back."""

import pytest
from django.db import transaction

from changes.models import ChangeTemplate, Promotion
from environments.queries.installed import history
from tests.changes.drafts import HOUR
from tests.changes.factories import again, carry_out, fresh, promote
from tests.changes.pressing import facts


@pytest.fixture(scope="module")
def ended(built, pages):
    """Ian has carried NC out on its run sheet, once for all tests here."""
    world, promotion = built
    with transaction.atomic():
        yield pages.carry_out(world.ian, pages.start(world.ian, promotion))
        transaction.set_rollback(True)


@pytest.fixture
def done(ended, db):
    return again(ended)


def test_s03_the_old_version_ends_at_the_instant_the_promoted_one_begins(
    w, done, pages
):
    new, old = history(w.live)

    assert (old.label, new.label) == ("1.0", "1.1")
    assert old.during.upper == new.during.lower
    assert new.during.upper is None
    page = pages.see(w.ian, w.live.get_absolute_url())
    assert "1.0" in page
    assert "1.1" in page


def test_s40_what_has_succeeded_there_does_not_start_again(w, done, pages):
    before = facts()

    started = pages.press(w.ian, "promotion_start", done)
    where = {"environment": w.live.pk, "kind": "deploy"}
    planned = pages.press(w.ian, "promotion_new", done.change, **where)

    assert started.status_code == 409
    assert "This was started here before." in started.content.decode()
    assert planned.status_code == 409
    assert "It was promoted to ERP Production before." in planned.content.decode()
    assert facts() == before


def test_s46_success_in_production_leaves_each_sync_owed_once(w, done):
    owed = {row.kind: row for row in done.change.duties.select_related("duty")}
    assert sorted(owed) == ["failover_sync", "training_sync"]
    at = done.finished_at
    assert owed["failover_sync"].duty.due_at == at + 24 * HOUR
    assert owed["training_sync"].duty.due_at == at + 7 * 24 * HOUR

    for place in (w.failover, w.training):
        promote(done.change, place, w.ian, "resync")

    assert done.change.duties.count() == 2
    assert not done.change.duties.filter(is_settled=False).exists()
    assert fresh(done.change).state == "verifying"


def test_s47_a_roll_back_in_time_brings_back_what_ran_before(w, done, pages):
    promote(fresh(done.change), w.failover, w.ian, "resync")

    pages.does(w.ian, "promotion_roll_back", done)

    back = Promotion.objects.get(undoes=done)
    assert back.state == "running"
    pages.carry_out(w.ian, back)
    change = fresh(done.change)
    assert (w.label(w.live), again(done).state) == ("1.0", "rolled_back")
    assert change.state == "backed_out"
    assert change.duties.filter(kind="review", is_settled=False).count() == 1
    sync = change.duties.get(kind="failover_sync", is_settled=False)
    assert sync.sha256 == "0" * 64
    failover = Promotion.objects.get(environment=w.failover, kind="resync")
    pages.does(w.ian, "promotion_roll_back", failover)
    carry_out(Promotion.objects.get(undoes=failover), w.ian)
    sync.refresh_from_db()
    assert (sync.is_settled, w.label(w.failover)) == (True, "1.0")


def test_s48_after_the_back_out_plan_has_lapsed_a_new_change_is_needed(w, done, pages):
    type(done.change).objects.update(backout_hours=0)
    done.target.slot = None
    done.target.save()
    before = facts()

    answer = pages.press(w.ian, "promotion_roll_back", done)

    assert answer.status_code == 409
    page = answer.content.decode()
    assert "The approved back-out plan held until" in page
    assert "from then on going back is a new change." in page
    assert facts() == before


def test_s63_a_standard_change_that_is_backed_out_suspends_its_template(w, done, pages):
    template = ChangeTemplate.objects.create(
        landscape=w.live.landscape,
        code="ROUND",
        title="Round invoices",
        state="approved",
        expires_on="2099-01-01",
        proposed_by=w.rita,
    )
    rows = type(done.change).objects.filter(pk=done.change_id)
    rows.update(kind="standard", template=template)

    pages.does(w.ian, "promotion_roll_back", done)
    pages.carry_out(w.ian, Promotion.objects.get(undoes=done))

    template.refresh_from_db()
    assert (template.state, fresh(done.change).state) == ("suspended", "backed_out")
    assert done.change.ref in template.suspended_because
