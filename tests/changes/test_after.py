"""What a change leaves owed, broken glass by mistake, and what people try first."""

import pytest
from django.urls import reverse

from changes.models import ChangeDuty, Promotion, TestSignOff, UserTest
from changes.services import after, starting, testing
from changes.services.breaking_glass import break_glass
from opsdesk.core import clock
from opsdesk.core.errors import NotAllowedError, RuleError
from opsdesk.core.gates import GatesError
from tests import factories
from tests.changes.factories import (
    HOUR,
    carry_out,
    fresh,
    promote,
)

REASON = "Payroll cannot run until this is fixed."


@pytest.fixture(scope="module")
def company(company):
    company.ran_before()
    return company


@pytest.fixture
def fault(w):
    """An open P1 snag."""
    return factories.make_snag(w.live, w.tom, impact=1, urgency=1)


def break_it(w, fault, label="1.1"):
    change = w.change(label, snags=[fault])
    return break_glass(
        change, actor=w.emil, environment=w.live, code="PRD", reason=REASON
    )


@pytest.mark.parametrize(
    "wrong",
    [{"code": "TRN"}, {"reason": "Because."}, {"actor": "ian"}],
    ids=["another code", "no reason", "not asked"],
)
def test_glass_is_not_broken_by_mistake(w, fault, wrong):
    asked = {"actor": "emil", "code": "PRD", "reason": REASON, **wrong}
    change = w.change(snags=[fault])

    with pytest.raises((RuleError, NotAllowedError)):
        break_glass(
            change, **{**asked, "actor": getattr(w, asked["actor"])}, environment=w.live
        )

    assert fresh(change).state == "draft"
    assert not Promotion.objects.exists()


def test_glass_is_not_broken_where_that_is_switched_off(w, fault, settings):
    settings.BREAK_GLASS = False

    with pytest.raises(RuleError):
        break_it(w, fault)

    assert not Promotion.objects.exists()


def test_glass_is_not_broken_without_a_p1_snag(w):
    with pytest.raises(RuleError) as found:
        break_glass(
            w.change(), actor=w.emil, environment=w.live, code="PRD", reason=REASON
        )

    assert "P1" in str(found.value)


def test_s69_a_failover_left_behind_stops_the_next_change_to_production(w):
    first = carry_out(starting.start(w.ready(), actor=w.ian), w.ian)
    owed = first.change.duties.get(kind="failover_sync").duty
    type(owed).objects.filter(pk=owed.pk).update(due_at=clock.now() - HOUR)
    first.target.__class__.objects.update(is_booked=False)
    second = w.ready("1.2")

    with pytest.raises(GatesError) as found:
        starting.start(second, actor=w.ian)

    gate = found.value.unmet[0]
    assert (gate.code, gate.is_waivable) == ("FAILOVER", True)


def test_who_owes_something_does_not_waive_it(w):
    promotion = carry_out(starting.start(w.ready(), actor=w.ian), w.ian)
    owed = promotion.change.duties.get(kind="failover_sync")
    type(owed.duty).objects.filter(pk=owed.duty_id).update(owner=w.max)

    with pytest.raises(NotAllowedError):
        after.waive_duty(owed, actor=w.ian, reason="It is switched off.")
    with pytest.raises(NotAllowedError):
        after.waive_duty(
            ChangeDuty.objects.get(pk=owed.pk), actor=w.max, reason="It is off."
        )
    after.waive_duty(owed, actor=w.eve, reason="It is switched off.")

    owed.refresh_from_db()
    assert (owed.is_settled, owed.waived_by) == (True, w.eve)
    assert fresh(promotion.change).state == "verifying"


def test_success_in_production_resolves_what_it_was_made_for(w):
    fault = factories.make_snag(w.live, w.tom)
    promotion = starting.start(w.ready(snags=[fault]), actor=w.ian)

    carry_out(promotion, w.ian)

    fault.refresh_from_db()
    assert (fault.status, fault.resolution) == ("resolved", "change")


def test_a_business_user_sees_what_to_try_once_it_is_there_and_signs_it_off(w, client):
    change = w.submitted()
    testing.assign_test(
        change,
        actor=w.ian,
        environment=w.dev,
        area="Finance",
        assigned_to=w.tom,
        due_at=clock.now() + 24 * HOUR,
        script="Print ten invoices.",
    )
    client.force_login(w.tom)
    mine = reverse("changes:my_tests")
    assert "Not there yet" in client.get(mine).content.decode()
    url = reverse("changes:sign_off", args=[change.pk])
    said = {"environment": w.dev.pk, "area": "Finance", "verdict": "pass"}
    assert client.post(url, said).status_code == 409
    assert not TestSignOff.objects.exists()

    promote(change, w.dev, w.ian)
    assert "Ready" in client.get(mine).content.decode()
    assert client.post(url, said).status_code == 302

    verdict = TestSignOff.objects.get()
    assert (verdict.tester, verdict.sha256) == (w.tom, fresh(change).package.sha256)
    assert UserTest.objects.get().duty.done_at is not None
    assert "Nothing to try" in client.get(mine).content.decode()


def test_a_pass_with_conditions_needs_the_word_of_a_manager(w):
    change = w.tried()
    said = testing.sign_off(
        change,
        actor=w.tom,
        environment=w.dev,
        area="Finance",
        verdict="conditional",
        conditions="The logo is green.",
    )
    from changes.queries.evidence import tested

    assert not tested(w.dev, change.package, 1).is_enough
    with pytest.raises(NotAllowedError):
        testing.accept_conditions(said, actor=w.ian)
    testing.accept_conditions(said, actor=w.max)
    assert tested(w.dev, change.package, 1).is_enough


def test_a_verdict_that_is_taken_back_does_not_count(w):
    change = w.tried()
    said = testing.sign_off(
        change, actor=w.tom, environment=w.dev, area="Finance", verdict="pass"
    )

    with pytest.raises(NotAllowedError):
        testing.revoke(said, actor=w.rita, reason="I think it fails.")
    testing.revoke(said, actor=w.tom, reason="I looked at the wrong invoice.")

    from changes.queries.evidence import tested

    assert tested(w.dev, change.package, 1).missing == 1
