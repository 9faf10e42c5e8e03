"""S12, S31-S53: what stands between a package and the environment it should go to."""

from datetime import timedelta

import pytest
from django.urls import reverse

from changes.models import ChangeEvent, FreezeOverride, Promotion, TestSignOff
from changes.services import packages, promoting, rolling_back, running, starting
from changes.services.overriding import ask_override
from environments.models import Environment, Installation, Lease, PromotionPath
from environments.services.installing import record_installation
from opsdesk.accounts.models import Membership
from opsdesk.core import clock
from opsdesk.core.errors import NotAllowedError, RuleError
from opsdesk.core.gates import GatesError
from tests.changes.factories import (
    World,
    again,
    carry_out,
    do_steps,
    freeze,
    fresh,
    promote,
    say_yes,
    sign,
    to_production,
)
from tests.changes.making import make_component, make_package

HOUR = timedelta(hours=1)


@pytest.fixture
def w(live):
    world = World(live)
    world.ran_before()
    return world


@pytest.fixture
def post(client):
    """Press a button of a promotion as somebody."""

    def send(person, promotion, verb, **data):
        client.force_login(person)
        url = reverse(f"changes:promotion_{verb}", args=[promotion.pk])
        return client.post(url, data)

    return send


def refused(post, person, promotion):
    """The gates that refuse a start by this person; nothing else may have changed."""
    before = (
        ChangeEvent.objects.count(),
        Lease.objects.count(),
        again(promotion).state,
    )
    answer = post(person, promotion, "start")
    after = (ChangeEvent.objects.count(), Lease.objects.count(), again(promotion).state)
    assert answer.status_code == 409
    assert before == after
    with pytest.raises(GatesError) as found:
        starting.start(again(promotion), actor=person)
    for gate in found.value.unmet:
        assert gate.detail in answer.content.decode().replace("&#x27;", "'")
    return [gate.code for gate in found.value.unmet]


def test_s12_a_package_blocked_after_its_test_does_not_start_but_dev_keeps_it(w, post):
    promotion = w.ready()
    packages.block(promotion.package, actor=w.max, reason="Prints nothing.")

    assert refused(post, w.ian, promotion) == ["PACKAGE"]
    dev = Installation.objects.get(environment=w.dev, during__upper_inf=True)
    assert dev.sha256 == promotion.sha256


def test_s31_a_package_that_was_never_in_dev_does_not_start_in_production(w, post):
    change = w.approved()
    Installation.objects.filter(environment=w.dev, label="1.1").update(sha256="1" * 64)

    promotion = to_production(w, change)

    assert refused(post, w.ian, promotion) == ["ROUTE"]


def test_s32_without_a_sign_off_it_does_not_start(w, post):
    promotion = w.ready()
    TestSignOff.objects.all().delete()

    assert refused(post, w.ian, promotion) == ["SIGNOFF"]


def test_s32_the_author_of_the_package_cannot_sign_it_off(w, client):
    change = w.tried()
    client.force_login(w.ana)

    answer = client.post(
        reverse("changes:sign_off", args=[change.pk]),
        {"environment": w.dev.pk, "area": "Finance", "verdict": "pass"},
    )

    assert answer.status_code == 403
    assert not TestSignOff.objects.exists()


def test_s33_the_latest_verdict_counts_and_any_live_failure_blocks(w, post):
    promotion = w.ready()
    sign(promotion.change, w.dev, w.tom, "fail")

    assert refused(post, w.ian, promotion) == ["SIGNOFF"]

    sign(promotion.change, w.dev, w.tom)
    assert post(w.ian, promotion, "start").status_code == 302
    assert again(promotion).state == "running"


def test_s34_it_must_have_run_in_dev_for_as_long_as_the_path_asks(w):
    promotion = w.ready()
    PromotionPath.objects.update(soak_hours=24)
    since = clock.exact() - timedelta(hours=23, minutes=59)
    w.has_run(w.dev, promotion, since)

    with pytest.raises(GatesError) as found:
        starting.start(promotion, actor=w.ian)
    assert [gate.code for gate in found.value.unmet] == ["SOAK"]
    assert "0 h 01 min to go" in found.value.unmet[0].detail
    assert found.value.unmet[0].until == since + timedelta(hours=24)

    w.has_run(w.dev, promotion, clock.exact() - timedelta(hours=24))
    assert starting.start(promotion, actor=w.ian).state == "running"


def test_s35_a_break_counts_from_the_return_unless_an_earlier_stay_sufficed(w):
    promotion = w.ready()
    PromotionPath.objects.update(soak_hours=24)
    now = clock.exact()
    w.has_run(w.dev, promotion, now - 30 * HOUR, until=now - 10 * HOUR)
    w.has_run(w.dev, promotion, now - 9 * HOUR, keep=True)
    with pytest.raises(GatesError):
        starting.start(promotion, actor=w.ian)

    w.has_run(w.dev, promotion, now - 40 * HOUR, until=now - 10 * HOUR)
    w.has_run(w.dev, promotion, now - 9 * HOUR, keep=True)
    assert starting.start(promotion, actor=w.ian).state == "running"


def test_s36_a_start_takes_the_lease_and_only_success_switches_the_version(w, post):
    promotion = w.ready()

    assert post(w.ian, promotion, "start").status_code == 302

    promotion = again(promotion)
    assert promotion.lease.holder == w.ian
    assert promotion.lease.ended_at is None
    assert [gate["ok"] for gate in promotion.gates] == [True] * 21
    assert fresh(promotion.change).state == "implementing"
    assert w.label(w.live) == "1.0"
    promotion = carry_out(promotion, w.ian)
    assert (promotion.state, w.label(w.live)) == ("succeeded", "1.1")
    assert promotion.lease.ended_at is not None


def test_s37_another_digest_has_failed_and_nothing_counts_as_installed(w, post):
    promotion = starting.start(w.ready(), actor=w.ian)
    do_steps(promotion, w.ian)

    answer = post(w.ian, promotion, "report", sha256="f" * 64)

    promotion = again(promotion)
    assert answer.status_code == 302
    assert (promotion.state, promotion.outcome) == ("failed", "DIGEST_MISMATCH")
    assert promotion.lease.ended_at is not None
    assert w.label(w.live) == "1.0"
    event = promotion.change.events.get(verb="failed")
    assert event.params["outcome"] == "DIGEST_MISMATCH"


def test_s39_the_same_form_sent_three_times_starts_once(w, client):
    promotion = w.ready()
    client.force_login(w.ian)
    url = reverse("changes:promotion_start", args=[promotion.pk])

    answers = [client.post(url, {"form_token": "one"}) for _ in range(3)]
    other = [client.post(url, {"form_token": str(n)}) for n in range(2)]

    assert [(a.status_code, a["Location"]) for a in answers] == [
        (302, promotion.get_absolute_url())
    ] * 3
    assert [a.status_code for a in other] == [409, 409]
    assert (
        promotion.change.events.filter(verb="started").count() == 2
    )  # dev, production


def test_s40_what_has_succeeded_there_does_not_start_again(w, post):
    promotion = carry_out(starting.start(w.ready(), actor=w.ian), w.ian)

    assert "REPLAY" in refused(post, w.ian, promotion)
    with pytest.raises(RuleError) as again_:
        promoting.schedule(fresh(promotion.change), actor=w.ian, environment=w.live)
    assert again_.value.code == "replay"


def test_s41_another_attempt_needs_another_promotion_approval(w, post):
    promotion = starting.start(w.ready(), actor=w.ian)
    do_steps(promotion, w.ian)
    running.fail(promotion, actor=w.ian, note="The printer caught fire.")

    assert post(w.ian, promotion, "retry").status_code == 302

    second = Promotion.objects.get(environment=w.live, attempt=2)
    assert refused(post, w.ian, second) == ["PROMO_APPROVAL"]
    say_yes(second, w.ed)
    assert post(w.ian, second, "start").status_code == 302


def test_s42_what_was_installed_since_must_be_confirmed_by_an_administrator(w, post):
    promotion = w.ready()
    record_installation(
        w.live,
        make_component(w.live.landscape, "DB"),
        label="18",
        source="correction",
        actor=w.eve,
    )

    assert refused(post, w.ian, promotion) == ["BASELINE"]
    assert post(w.ian, promotion, "confirm_baseline").status_code == 403
    assert post(w.eve, promotion, "confirm_baseline").status_code == 302
    assert post(w.ian, promotion, "start").status_code == 302


def test_s43_a_vote_of_somebody_who_left_the_role_does_not_count_any_more(w):
    promotion = w.ready()
    Membership.objects.filter(user=w.cora).delete()

    with pytest.raises(GatesError) as found:
        starting.start(promotion, actor=w.ian)

    gate = found.value.unmet[0]
    assert gate.code == "APPROVAL"
    assert "Cora is not asked any more." in gate.detail


def test_s44_the_failover_never_runs_ahead_of_production(w, post):
    change = w.approved()

    for kind in ("deploy", "resync"):
        promotion = promoting.schedule(
            change, actor=w.ian, environment=w.failover, kind=kind
        )
        assert "ROUTE" in refused(post, w.ian, promotion)


def test_s45_what_the_package_requires_must_be_installed_there(w, post):
    promotion = w.ready()
    needed = make_package(make_component(w.live.landscape, "LIB"), w.ana, "7")
    promotion.package.requires.add(needed)

    assert refused(post, w.ian, promotion) == ["DEPENDS"]


def test_s46_success_in_production_leaves_each_sync_owed_once(w):
    promotion = carry_out(starting.start(w.ready(), actor=w.ian), w.ian)

    change = fresh(promotion.change)
    owed = {row.kind: row for row in change.duties.select_related("duty")}
    assert sorted(owed) == ["failover_sync", "training_sync"]
    at = promotion.finished_at
    assert abs(owed["failover_sync"].duty.due_at - at - 24 * HOUR) < HOUR / 60
    assert abs(owed["training_sync"].duty.due_at - at - 7 * 24 * HOUR) < HOUR / 60

    promote(change, w.failover, w.ian, "resync")
    promote(change, w.training, w.ian, "resync")
    assert not change.duties.filter(is_settled=False).exists()
    assert fresh(change).state == "verifying"


def test_s47_a_roll_back_in_time_brings_back_what_ran_before(w, post):
    promotion = carry_out(starting.start(w.ready(), actor=w.ian), w.ian)
    promote(fresh(promotion.change), w.failover, w.ian, "resync")

    assert post(w.ian, promotion, "roll_back").status_code == 302

    back = Promotion.objects.get(undoes=promotion)
    assert back.state == "running"
    carry_out(back, w.ian)
    change = fresh(promotion.change)
    assert (w.label(w.live), again(promotion).state) == ("1.0", "rolled_back")
    assert change.state == "backed_out"
    assert change.duties.filter(kind="review", is_settled=False).count() == 1
    sync = change.duties.get(kind="failover_sync", is_settled=False)
    assert sync.sha256 == "0" * 64
    failover = Promotion.objects.get(environment=w.failover, kind="resync")
    carry_out(rolling_back.roll_back(failover, actor=w.ian), w.ian)
    sync.refresh_from_db()
    assert (sync.is_settled, w.label(w.failover)) == (True, "1.0")


def test_s48_after_the_back_out_plan_has_lapsed_a_new_change_is_needed(w, post):
    promotion = carry_out(starting.start(w.ready(), actor=w.ian), w.ian)
    type(promotion.change).objects.update(backout_hours=0)
    promotion.target.slot = None
    promotion.target.save()

    answer = post(w.ian, promotion, "roll_back")

    assert answer.status_code == 409
    assert "The approved back-out plan held until" in answer.content.decode()
    assert not Promotion.objects.filter(kind="rollback").exists()
    with pytest.raises(GatesError) as found:
        rolling_back.roll_back(again(promotion), actor=w.ian)
    assert found.value.unmet[0].clear == "Raise a new change."


def test_s49_a_hard_freeze_stops_production_by_name_and_dev_goes_on(w, post):
    promotion = w.ready()
    found = freeze(w.live, "Month-end close")

    assert refused(post, w.ian, promotion) == ["FREEZE"]
    with pytest.raises(GatesError) as gates:
        starting.start(promotion, actor=w.ian)
    gate = gates.value.unmet[0]
    assert "Month-end close" in gate.detail
    assert gate.until == found.ends_at
    assert promote(w.submitted("1.2"), w.dev, w.ian).state == "succeeded"


def test_s50_a_freeze_beats_a_maintenance_window(w, post):
    promotion = w.ready()
    Environment.objects.filter(pk=w.live.pk).update(needs_window=True)
    freeze(w.live, "Sunday night", kind="maintenance", minutes=90)
    freeze(w.live, "Payroll")

    assert refused(post, w.ian, promotion) == ["FREEZE"]


def test_s51_at_the_very_end_of_a_freeze_it_may_start(w):
    promotion = w.ready()
    found = freeze(w.live, "Payroll")
    from changes.queries.gates import findings

    def unmet(at):
        return [
            gate.code
            for gate in findings(promotion, w.ian, at)
            if gate.code == "FREEZE" and not gate.is_met
        ]

    assert unmet(found.ends_at - timedelta(microseconds=1)) == ["FREEZE"]
    assert unmet(found.ends_at) == []


def test_s52_leave_for_one_freeze_is_not_leave_for_another(w):
    promotion = w.ready()
    first, second = freeze(w.live, "Payroll"), freeze(w.live, "Audit")
    reason = "The tax office closes its gates tonight."
    leave = ask_override(promotion.change, actor=w.ian, occurrence=first, reason=reason)
    say_yes(leave, w.max)

    with pytest.raises(GatesError) as found:
        starting.start(promotion, actor=w.ian)
    assert [gate.detail for gate in found.value.unmet] == ["Audit is on."]

    other = ask_override(
        promotion.change, actor=w.ian, occurrence=second, reason=reason
    )
    say_yes(other, w.max)
    starting.start(promotion, actor=w.ian)
    assert FreezeOverride.objects.filter(used_by=promotion).count() == 2


def test_s52_leave_needs_a_reason_of_twenty_characters(w, client):
    promotion = w.ready()
    found = freeze(w.live, "Payroll")
    client.force_login(w.ian)
    url = reverse("changes:override_ask", args=[promotion.change_id, found.pk])

    assert client.post(url, {"reason": "Because."}).status_code == 422
    assert not FreezeOverride.objects.exists()


def test_s53_a_window_that_ends_too_soon_does_not_suffice(w, post):
    promotion = w.ready()
    Environment.objects.filter(pk=w.live.pk).update(needs_window=True)
    freeze(w.live, "Sunday night", kind="maintenance", minutes=20)

    assert refused(post, w.ian, promotion) == ["WINDOW"]


def test_a_superuser_without_a_role_starts_nothing(w, post):
    promotion = w.ready()

    assert post(w.su, promotion, "start").status_code == 403
    assert again(promotion).state == "scheduled"


def test_who_voted_on_it_does_not_start_it(w, post):
    promotion = w.ready()

    assert refused(post, w.eve, promotion) == ["SOD"]


def test_steps_are_done_in_order_and_a_backup_says_where_it_is(w):
    Environment.objects.filter(pk=w.live.pk).update(needs_backup=True)
    promotion = starting.start(w.ready(), actor=w.ian)
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


def test_what_has_applied_nothing_is_aborted_and_the_environment_is_free(w, post):
    promotion = starting.start(w.ready(), actor=w.ian)

    assert post(w.ian, promotion, "abort").status_code == 302

    promotion = again(promotion)
    assert promotion.state == "aborted"
    assert promotion.lease.ended_at is not None


def test_a_change_whose_every_start_was_aborted_is_approved_as_before(w, post):
    promotion = starting.start(w.ready(), actor=w.ian)
    assert fresh(promotion.change).state == "implementing"

    assert post(w.ian, promotion, "abort").status_code == 302

    change = fresh(promotion.change)
    assert change.state == "approved"
    assert change.approval.state == "granted"
    assert ChangeEvent.objects.filter(change=change, verb="stand_down").count() == 1
    again_there = to_production(w, change)
    assert starting.start(again_there, actor=w.ian).state == "running"
    assert fresh(change).state == "implementing"


def test_a_change_that_was_applied_once_is_not_approved_again_by_an_abort(w):
    promotion = starting.start(w.ready(), actor=w.ian)
    do_steps(promotion, w.ian)
    running.fail(promotion, actor=w.ian, note="The table was locked.")
    second = starting.start(to_production(w, fresh(promotion.change)), actor=w.ian)

    running.abort(second, actor=w.ian)

    assert fresh(promotion.change).state == "implementing"
    assert not ChangeEvent.objects.filter(verb="stand_down").exists()


def test_what_has_applied_something_is_not_aborted(w, post):
    promotion = starting.start(w.ready(), actor=w.ian)
    do_steps(promotion, w.ian)

    assert post(w.ian, promotion, "abort").status_code == 422
    assert again(promotion).state == "running"


def test_somebody_without_a_part_in_it_runs_nothing(w):
    with pytest.raises(NotAllowedError):
        starting.start(w.ready(), actor=w.emil)
