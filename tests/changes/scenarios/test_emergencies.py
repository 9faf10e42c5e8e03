"""S58-S61: emergencies pass gates and owe for it; broken glass is judged afterwards."""

import pytest

from changes.models import ChangeDuty, ChangeRequest, Promotion, Waiver
from changes.queries.ballot import ballot
from changes.services import promoting, running, submitting, voting
from changes.services.breaking_glass import break_glass
from opsdesk.core import clock
from opsdesk.core.models import Notification
from tests.changes.drafts import HOUR
from tests.changes.factories import again, carry_out, fresh, say_yes
from tests.changes.making import make_component, make_draft, make_package
from tests.changes.pressing import facts, page_of, stop_the_clock
from tests.changes.racing import shared_slot
from tests.factories import make_snag

REASON = "Payroll cannot run until this is fixed."
UNTESTED = ("ROUTE", "SIGNOFF")


@pytest.fixture
def fault(w, db):
    """An open P1 snag."""
    return make_snag(w.live, w.tom, impact=1, urgency=1)


@pytest.fixture
def urgent(w, fault):
    """An emergency change Emil has agreed to, scheduled and approved by him too."""
    part = make_component(w.live.landscape)
    package = make_package(part, w.ana, "1.2", content=b"select 2;\n")
    change = w.change(
        package=package, kind="emergency", snags=[fault], aims=shared_slot(w)
    )
    change = submitting.submit(change, actor=w.rita)
    say_yes(change, w.emil)
    promotion = promoting.schedule(fresh(change), actor=w.ian, environment=w.live)
    say_yes(promotion, w.emil)
    return again(promotion)


def waive(w, pages, promotion, *gates):
    for gate in gates:
        pages.does(w.ian, "promotion_waive", promotion, gate=gate, reason=REASON)


def test_s58_an_emergency_starts_untested_once_each_gate_is_waived(w, urgent, pages):
    assert list(pages.refused(w.ian, urgent)) == ["ROUTE", "SIGNOFF"]
    before = facts()
    short = pages.press(w.ian, "promotion_waive", urgent, gate="ROUTE", reason="Now!")
    assert short.status_code == 422
    assert facts() == before

    waive(w, pages, urgent, *UNTESTED)
    urgent = pages.start(w.ian, urgent)

    waived = {gate["code"] for gate in urgent.gates if gate["waived"]}
    assert waived == {"ROUTE", "SIGNOFF"}
    said = Waiver.objects.values_list("gate", "reason", "by")
    assert sorted(said) == [(gate, REASON, w.ian.pk) for gate in UNTESTED]
    kinds = sorted(urgent.change.duties.values_list("kind", flat=True))
    assert kinds == ["retro_test", "retrofit", "review"]


def test_an_emergency_books_no_slot_over_one_that_keeps_others_out(w, nc, fault, pages):
    part = make_component(w.live.landscape)
    package = make_package(part, w.ana, "1.2", content=b"select 2;\n")
    change = w.change(package=package, kind="emergency", snags=[fault])
    before = facts()

    page = pages.see(w.rita, change.get_absolute_url())
    answer = pages.press(w.rita, "submit", change)

    taken = f"{nc.change.ref} has booked {w.live} from"
    assert taken in page
    assert f'href="{nc.change.get_absolute_url()}"' in page
    assert (answer.status_code, taken in page_of(answer)) == (409, True)
    assert facts() == before

    change.targets.update(is_exclusive=False)
    pages.does(w.rita, "submit", change)

    assert fresh(change).state == "awaiting"


def test_s59_an_emergency_with_a_blocked_package_is_refused_like_any_other(
    w, urgent, pages
):
    waive(w, pages, urgent, *UNTESTED)
    pages.does(w.max, "package_block", urgent.package, reason="It prints nothing.")

    assert list(pages.refused(w.ian, urgent)) == ["PACKAGE"]

    before = facts()
    for gate in ("PACKAGE", "DIGEST"):
        answer = pages.press(w.ian, "promotion_waive", urgent, gate=gate, reason=REASON)
        assert answer.status_code == 422
    assert facts() == before


def test_s59_an_emergency_that_installs_another_digest_has_failed_like_any_other(
    w, urgent, pages
):
    waive(w, pages, urgent, *UNTESTED)
    pages.start(w.ian, urgent)
    pages.do_steps(w.ian, urgent)

    pages.does(w.ian, "promotion_report", urgent, sha256="f" * 64)

    urgent = again(urgent)
    assert (urgent.state, urgent.outcome) == ("failed", "DIGEST_MISMATCH")
    assert w.label(w.live) == "1.0"


def test_s59_an_emergency_of_an_unsealed_package_is_not_submitted(w, fault, pages):
    package = make_draft(make_component(w.live.landscape), w.ana, "1.3")
    change = w.change(kind="emergency", snags=[fault], package=package)
    before = facts()

    answer = pages.press(w.rita, "submit", change)

    assert answer.status_code == 409
    assert facts() == before


def glass(w, pages, change, **said):
    data = {"environment": w.live.pk, "code": "PRD", "reason": REASON, **said}
    return pages.press(w.emil, "break_glass", change, **data)


@pytest.fixture
def broken(w, fault):
    """Emil broke the glass, and it worked."""
    change = w.change("1.2", snags=[fault])
    promotion = break_glass(
        change, actor=w.emil, environment=w.live, code="PRD", reason=REASON
    )
    return carry_out(promotion, w.emil)


def test_s60_broken_glass_starts_at_once_and_all_who_were_skipped_are_told(
    w, fault, pages
):
    change = w.change("1.2", snags=[fault])

    assert glass(w, pages, change).status_code == 302

    promotion = Promotion.objects.get(change=change)
    assert (promotion.state, fresh(change).state) == ("running", "implementing")
    told = Notification.objects.filter(key__startswith=f"break-glass-{promotion.pk}")
    names = set(told.values_list("recipient__name", flat=True))
    assert {"Cora", "Carl", "Max", "Eve", "Ed"} <= names
    owed = ChangeDuty.objects.get(kind="retro_approval")
    assert ballot(w.max, owed.approval).why_asked == f"{w.live}: {REASON}"
    assert abs(owed.duty.due_at - clock.now() - 24 * HOUR) < HOUR / 60


def test_s60_nothing_is_closed_before_broken_glass_is_judged(w, broken, pages):
    ChangeRequest.objects.filter(pk=broken.change_id).update(state="review")
    before = facts()

    answer = pages.press(w.max, "close", broken.change, closure="successful")

    assert answer.status_code == 409
    assert "Approval after the fact" in answer.content.decode()
    assert facts() == before
    owed = ChangeDuty.objects.get(kind="retro_approval")
    assert pages.vote(w.emil, owed.approval).status_code == 403
    for person in (w.max, w.eve):
        assert pages.vote(person, owed.approval).status_code == 302
    owed.refresh_from_db()
    assert owed.is_settled


def test_s60_broken_glass_nobody_judged_in_time_is_asked_about_anew(w, broken, pages):
    first = ChangeDuty.objects.get(kind="retro_approval").approval
    stop_the_clock(first.expires_at)

    voting.expire_due()

    first.refresh_from_db()
    owed = ChangeDuty.objects.get(kind="retro_approval")
    assert (first.state, owed.approval.state, owed.is_settled) == (
        "expired",
        "open",
        False,
    )
    assert pages.vote(w.max, owed.approval).status_code == 302
    assert pages.vote(w.eve, owed.approval).status_code == 302
    owed.refresh_from_db()
    assert owed.is_settled


def test_s60_glass_is_broken_once_more_for_what_was_aborted_and_judged(w, fault, pages):
    change = w.change("1.2", snags=[fault])
    assert glass(w, pages, change).status_code == 302
    running.abort(change.promotions.get(), actor=w.emil)
    owed = ChangeDuty.objects.get(kind="retro_approval")
    say_yes(owed, w.max)
    say_yes(owed, w.eve)

    assert glass(w, pages, change).status_code == 302

    assert change.promotions.get(state="running").attempt == 2


def test_s61_unjudged_broken_glass_stops_the_next_there(w, broken, pages):
    other = make_snag(w.live, w.tom, title="P1", impact=1, urgency=1)
    change = w.change("1.3", snags=[other])
    before = facts()

    answer = glass(w, pages, change)

    assert answer.status_code == 409
    assert "broken in ERP Production before and nobody has judged it" in (
        answer.content.decode()
    )
    assert facts() == before
