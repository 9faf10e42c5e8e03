"""S29, S36, S37, S39, S41, S42, S44: a start, what it takes, and another attempt."""

import pytest
from django.urls import reverse

from changes.models import Promotion
from changes.services import promoting, running, starting
from environments.models import Environment, Lease
from environments.services.installing import record_installation
from opsdesk.core.errors import RuleError
from tests.changes.factories import again, do_steps, fresh, to_production
from tests.changes.making import make_component
from tests.changes.pressing import facts


def test_s29_a_start_while_on_hold_is_refused_and_cancelling_works(w, nc, pages):
    pages.does(w.max, "hold", nc.change, reason="After the audit.")

    unmet = pages.refused(w.ian, nc)
    assert list(unmet) == ["HOLD"]
    assert unmet["HOLD"].detail == f"{nc.change.ref} is on hold: After the audit."

    pages.does(w.rita, "cancel", nc.change, reason="Not needed any more.")
    assert fresh(nc.change).state == "cancelled"


def test_s36_a_start_takes_the_lease_and_only_success_switches_the_version(
    w, nc, pages
):
    promotion = pages.start(w.ian, nc)

    assert promotion.lease.holder == w.ian
    assert promotion.lease.ended_at is None
    assert [gate["ok"] for gate in promotion.gates] == [True] * 21
    assert fresh(promotion.change).state == "implementing"
    pages.do_steps(w.ian, promotion)
    pages.does(w.ian, "promotion_report", promotion, sha256=promotion.sha256)
    pages.do_steps(w.ian, promotion)
    assert w.label(w.live) == "1.0"

    pages.does(w.ian, "promotion_succeed", promotion)

    promotion = again(promotion)
    assert (promotion.state, w.label(w.live)) == ("succeeded", "1.1")
    assert promotion.lease.ended_at is not None


def test_s37_another_digest_has_failed_and_nothing_counts_as_installed(w, nc, pages):
    promotion = pages.start(w.ian, nc)
    do_steps(promotion, w.ian)

    pages.does(w.ian, "promotion_report", promotion, sha256="f" * 64)

    promotion = again(promotion)
    assert (promotion.state, promotion.outcome) == ("failed", "DIGEST_MISMATCH")
    assert promotion.lease.ended_at is not None
    assert w.label(w.live) == "1.0"
    event = promotion.change.events.get(verb="failed")
    assert event.params["outcome"] == "DIGEST_MISMATCH"
    page = pages.see(w.ian, promotion.get_absolute_url())
    assert "this is not what was tested." in page


def test_s39_the_same_form_sent_three_times_starts_once(w, nc, pages):
    url, ians = reverse("changes:promotion_start", args=[nc.pk]), pages.of(w.ian)

    answers = [ians.post(url, {"form_token": "one"}) for _ in range(3)]
    before = facts()
    other = [ians.post(url, {"form_token": str(n)}) for n in range(2)]

    assert [(a.status_code, a["Location"]) for a in answers] == [
        (302, nc.get_absolute_url())
    ] * 3
    assert [a.status_code for a in other] == [409, 409]
    assert facts() == before
    assert nc.change.events.filter(verb="started").count() == 2  # dev, production
    assert Lease.objects.filter(environment=w.live).count() == 1


def test_s41_another_attempt_needs_another_promotion_approval(w, nc, pages):
    promotion = pages.start(w.ian, nc)
    running.fail(promotion, actor=w.ian, note="The printer caught fire.")

    pages.does(w.ian, "promotion_retry", promotion)

    second = Promotion.objects.get(environment=w.live, attempt=2)
    unmet = pages.refused(w.ian, second)
    assert list(unmet) == ["PROMO_APPROVAL"]
    assert unmet["PROMO_APPROVAL"].detail == "Still missing: 1 administrator."
    assert pages.vote(w.ed, second.approval).status_code == 302
    pages.start(w.ian, second)


def test_s42_what_was_installed_since_must_be_confirmed_by_an_administrator(
    w, nc, pages
):
    record_installation(
        w.live,
        make_component(w.live.landscape),
        label="1.0.1",
        source="correction",
        actor=w.eve,
    )

    unmet = pages.refused(w.ian, nc)
    assert list(unmet) == ["BASELINE"]
    assert unmet["BASELINE"].detail == (
        "ERP Production has changed since this was approved."
    )

    assert pages.press(w.ian, "promotion_confirm_baseline", nc).status_code == 403
    pages.does(w.eve, "promotion_confirm_baseline", nc)
    pages.start(w.ian, nc)


def test_s44_the_failover_never_runs_ahead_of_production(w, nc, pages):
    for kind in ("deploy", "resync"):
        promotion = promoting.schedule(
            nc.change, actor=w.ian, environment=w.failover, kind=kind
        )

        unmet = pages.refused(w.ian, promotion)

        assert unmet["ROUTE"] == (
            "ERP Failover never runs ahead of ERP Production.",
            "Promote it to ERP Production first.",
        )


def test_a_resync_into_production_is_a_promotion_like_any_other(w, nc, pages):
    promoting.cancel(nc, actor=w.ian)
    pages.does(w.ian, "promotion_new", nc.change, environment=w.live.pk, kind="resync")
    resync = nc.change.promotions.get(kind="resync")

    assert list(pages.refused(w.ian, resync)) == ["PROMO_APPROVAL"]

    pages.vote(w.eve, resync.approval)
    record_installation(
        w.live,
        make_component(w.live.landscape),
        label="1.0.1",
        source="correction",
        actor=w.eve,
    )
    assert list(pages.refused(w.ian, resync)) == ["BASELINE"]


def test_a_resync_planned_for_a_standby_is_none_once_people_work_there(w, nc, pages):
    resync = promoting.schedule(
        nc.change, actor=w.ian, environment=w.failover, kind="resync"
    )
    Environment.objects.filter(pk=w.live.pk).update(is_serving=False)
    Environment.objects.filter(pk=w.failover.pk).update(is_serving=True)

    assert "PROMO_APPROVAL" in pages.refused(w.ian, resync)


def test_who_voted_on_it_does_not_start_it(w, nc, pages):
    unmet = pages.refused(w.eve, nc)

    assert list(unmet) == ["SOD"]
    assert unmet["SOD"].detail == "You voted on this, so somebody else must start it."


def test_steps_are_done_in_order_and_a_backup_says_where_it_is(w, nc):
    Environment.objects.filter(pk=w.live.pk).update(needs_backup=True)
    promoting.cancel(nc, actor=w.ian)
    promotion = starting.start(to_production(w, fresh(nc.change)), actor=w.ian)
    kinds = [step.kind for step in promotion.steps.order_by("ordinal")]
    assert kinds == ["precheck", "backup", "apply", "postcheck"]

    with pytest.raises(RuleError):
        running.do_step(promotion, actor=w.ian, ordinal=2)
    running.do_step(promotion, actor=w.ian, ordinal=1)
    with pytest.raises(RuleError) as found:
        running.do_step(promotion, actor=w.ian, ordinal=2)
    assert found.value.code == "evidence_missing"
    with pytest.raises(RuleError):
        running.report(promotion, actor=w.ian, sha256=promotion.sha256)
    assert promotion.steps.filter(done_at__isnull=False).count() == 1


def test_a_change_whose_every_start_was_aborted_is_approved_as_before(w, nc, pages):
    promotion = pages.start(w.ian, nc)
    assert fresh(promotion.change).state == "implementing"

    pages.does(w.ian, "promotion_abort", promotion)

    promotion = again(promotion)
    assert promotion.state == "aborted"
    assert promotion.lease.ended_at is not None
    change = fresh(promotion.change)
    assert change.state == "approved"
    assert change.approval.state == "granted"
    assert change.events.filter(verb="stand_down").count() == 1
    pages.start(w.ian, to_production(w, change))
    assert fresh(change).state == "implementing"


def test_a_change_that_was_applied_once_is_not_approved_again_by_an_abort(w, nc):
    promotion = starting.start(nc, actor=w.ian)
    do_steps(promotion, w.ian)
    running.fail(promotion, actor=w.ian, note="The table was locked.")
    second = starting.start(to_production(w, fresh(promotion.change)), actor=w.ian)

    running.abort(second, actor=w.ian)

    change = fresh(promotion.change)
    assert change.state == "implementing"
    assert not change.events.filter(verb="stand_down").exists()


def test_what_has_applied_something_is_not_aborted(w, nc, pages):
    promotion = starting.start(nc, actor=w.ian)
    do_steps(promotion, w.ian)
    before = facts()

    assert pages.press(w.ian, "promotion_abort", promotion).status_code == 409

    assert facts() == before


def test_what_is_only_tried_is_rolled_back_while_it_is_assessed(w, nc, pages):
    change = w.tried("1.2")
    tried = change.promotions.get()
    assert (change.state, w.label(w.dev)) == ("assessing", "1.2")

    pages.does(w.ian, "promotion_roll_back", tried)
    pages.carry_out(w.ian, Promotion.objects.get(undoes=tried))

    assert (again(tried).state, w.label(w.dev)) == ("rolled_back", "1.1")
    assert fresh(change).state == "assessing"


def test_somebody_without_a_part_in_it_runs_nothing(w, nc, pages):
    before = facts()

    assert pages.press(w.emil, "promotion_start", nc).status_code == 403

    assert facts() == before
