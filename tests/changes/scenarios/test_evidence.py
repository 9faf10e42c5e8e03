"""S12, S23, S31-S35, S43, S45: what must be true of a package before it starts."""

from datetime import timedelta

from django.db.models import F

from changes.models import TestSignOff
from changes.services.voting import expire_due
from environments.models import Installation, PromotionPath
from opsdesk.core import clock
from opsdesk.core.models import ApprovalRequest
from tests.changes.drafts import HOUR
from tests.changes.factories import again, fresh
from tests.changes.making import make_component, make_package
from tests.changes.pressing import facts, page_of, stop_the_clock
from tests.factories import make_user

MINUTE = timedelta(minutes=1)


def test_s12_a_package_blocked_after_its_test_does_not_start_but_dev_keeps_it(
    w, nc, pages
):
    seen = {"note": "It prints nothing.", "blocks": "on"}
    assert pages.say(w.tom, nc.change, w.dev, "fail", **seen).status_code == 302
    assert pages.say(w.emil, nc.change, w.dev, "pass").status_code == 302

    block = nc.package.blocks.get()
    why = f"Finance fails in {w.dev}: It prints nothing."
    assert (block.by, block.reason) == (w.tom, why)
    unmet = pages.refused(w.ian, nc)
    assert list(unmet) == ["PACKAGE"]
    assert unmet["PACKAGE"].detail == "APP 1.1 is blocked."
    dev = Installation.objects.get(environment=w.dev, during__upper_inf=True)
    assert dev.sha256 == nc.sha256


def test_only_who_fails_a_package_blocks_it_and_says_why(w, nc, pages):
    before = facts()

    passed = pages.say(w.tom, nc.change, w.dev, "pass", note="Fine.", blocks="on")
    unsaid = pages.say(w.tom, nc.change, w.dev, "fail", blocks="on")
    stranger = pages.press(w.cora, "package_block", nc.package, reason="I say so.")

    assert "Only what fails is blocked." in page_of(passed)
    assert "Say why it is to be blocked." in page_of(unsaid)
    assert stranger.status_code == 403
    assert facts() == before


def test_s23_a_start_on_votes_that_are_too_old_is_refused_and_the_request_expires(
    w, nc, pages
):
    request = nc.change.approval
    ApprovalRequest.objects.filter(pk=request.pk).update(expires_at=F("requested_at"))

    unmet = pages.refused(w.ian, nc)

    assert list(unmet) == ["APPROVAL"]
    assert unmet["APPROVAL"].detail == "The approval has expired."
    assert expire_due() == 1
    request.refresh_from_db()
    assert (request.state, fresh(nc.change).state) == ("expired", "assessing")


def test_s31_a_package_that_was_never_in_dev_does_not_start_in_production(w, nc, pages):
    Installation.objects.filter(environment=w.dev).update(sha256="1" * 64)

    unmet = pages.refused(w.ian, nc)

    assert list(unmet) == ["ROUTE"]
    assert unmet["ROUTE"].detail == "This package was never in ERP Dev / Test."


def test_s32_without_a_sign_off_it_does_not_start(w, nc, pages):
    TestSignOff.objects.all().delete()

    unmet = pages.refused(w.ian, nc)

    assert list(unmet) == ["SIGNOFF"]
    assert unmet["SIGNOFF"].detail == "1 more must pass it in ERP Dev / Test."


def test_s32_the_author_of_the_package_cannot_sign_it_off(w, nc, pages):
    TestSignOff.objects.all().delete()
    before = facts()

    answer = pages.say(w.ana, nc.change, w.dev, "pass")

    assert answer.status_code == 403
    assert facts() == before


def test_s33_the_latest_verdict_counts_and_any_live_failure_blocks(w, nc, pages):
    assert pages.say(w.tom, nc.change, w.dev, "fail").status_code == 302

    unmet = pages.refused(w.ian, nc)
    assert list(unmet) == ["SIGNOFF"]
    assert unmet["SIGNOFF"].detail == (
        "It failed the test of Finance in ERP Dev / Test."
    )

    assert pages.say(w.tom, nc.change, w.dev, "pass").status_code == 302
    pages.start(w.ian, nc)


def test_s34_it_must_have_run_in_dev_for_as_long_as_the_path_asks(w, nc, pages):
    PromotionPath.objects.update(soak_hours=24)
    now = clock.exact()
    w.has_run(w.dev, nc, now - 24 * HOUR)

    stop_the_clock(now - MINUTE)
    unmet = pages.refused(w.ian, nc)
    assert list(unmet) == ["SOAK"]
    assert unmet["SOAK"].detail == (
        "It must run in ERP Dev / Test for 24 h; 0 h 01 min to go."
    )

    stop_the_clock(now)
    pages.start(w.ian, nc)


def test_s35_a_break_counts_from_the_return_unless_an_earlier_stay_sufficed(
    w, nc, pages
):
    PromotionPath.objects.update(soak_hours=24)
    now = clock.exact()
    w.has_run(w.dev, nc, now - 33 * HOUR, until=now - 10 * HOUR)
    w.has_run(w.dev, nc, now - 9 * HOUR, keep=True)
    stop_the_clock(now)

    unmet = pages.refused(w.ian, nc)
    assert list(unmet) == ["SOAK"]
    assert unmet["SOAK"].detail.endswith("15 h 00 min to go.")

    w.has_run(w.dev, nc, now - 34 * HOUR, until=now - 10 * HOUR)
    w.has_run(w.dev, nc, now - 9 * HOUR, keep=True)
    pages.start(w.ian, nc)


def test_s43_a_vote_of_somebody_who_left_the_role_does_not_count_any_more(w, nc, pages):
    w.cora.memberships.all().delete()
    make_user("colin", "approver_technical")

    unmet = pages.refused(w.ian, nc)

    assert list(unmet) == ["APPROVAL"]
    assert unmet["APPROVAL"].detail == (
        "Cora is not asked any more. Still missing: 1 technical approver."
    )
    page = pages.see(w.ian, nc.change.get_absolute_url())
    assert "Cora is not asked any more." in page


def test_s45_what_the_package_requires_must_be_installed_there(w, nc, pages):
    needed = make_package(make_component(w.live.landscape, "LIB"), w.ana, "7")
    nc.package.requires.add(needed)

    unmet = pages.refused(w.ian, nc)

    assert list(unmet) == ["DEPENDS"]
    assert unmet["DEPENDS"] == (
        "It requires LIB 7, not installed in ERP Production.",
        "Promote LIB 7 first.",
    )


def test_s26_a_superuser_without_a_role_starts_nothing(w, nc, pages):
    before = facts()

    assert pages.press(w.su, "promotion_start", nc).status_code == 403

    assert facts() == before
    assert again(nc).state == "scheduled"
