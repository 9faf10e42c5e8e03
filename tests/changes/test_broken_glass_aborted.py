"""Glass was broken, and then nothing was applied: the change is a draft again."""

import pytest
from django.urls import reverse

from changes.models import ChangeDuty, Waiver
from changes.services import holding, promoting, running, starting, submitting
from changes.services.breaking_glass import break_glass
from opsdesk.core import clock
from opsdesk.core.errors import RuleError
from opsdesk.core.gates import GatesError
from tests import factories
from tests.changes.factories import again, fresh, say_yes

REASON = "Payroll cannot run until this is fixed."


@pytest.fixture(scope="module")
def company(company):
    """Emil broke the glass for its change, and the backup failed."""
    w = company
    w.ran_before()
    fault = factories.make_snag(w.live, w.tom, impact=1, urgency=1)
    promotion = break_glass(
        w.change(snags=[fault]),
        actor=w.emil,
        environment=w.live,
        code="PRD",
        reason=REASON,
    )
    running.abort(promotion, actor=w.emil, note="No backup.")
    w.broken = fresh(promotion.change)
    return w


@pytest.fixture
def change(w):
    return w.broken


def owed(change):
    rows = change.duties.filter(is_settled=False)
    return sorted(rows.values_list("kind", flat=True))


def test_aborted_behind_broken_glass_it_is_a_draft_and_still_judged(w, change):
    assert (change.state, change.is_break_glass) == ("draft", False)
    assert change.events.order_by("-pk").first().verb == "start_over"
    assert owed(change) == ["retro_approval", "retro_test", "retrofit", "review"]
    assert not Waiver.objects.filter(until__gt=clock.now()).exists()


def test_the_run_sheet_does_not_offer_what_would_be_refused(w, change, client):
    promotion = change.promotions.get()
    retry = reverse("changes:promotion_retry", args=[promotion.pk])
    for person in (w.emil, w.ian, w.eve):
        client.force_login(person)
        page = client.get(promotion.get_absolute_url()).content.decode()
        assert retry not in page
        assert "tries again" not in page

    assert client.post(retry).status_code == 409
    assert change.promotions.count() == 1


def test_it_starts_again_only_as_any_emergency_does(w, change):
    enid = factories.make_user("enid", "support")
    enid.memberships.update(emergency_approver=True)
    with pytest.raises(RuleError) as broken:
        break_glass(change, actor=w.emil, environment=w.live, code="PRD", reason=REASON)
    change = submitting.submit(change, actor=w.rita)
    say_yes(change, enid)
    promotion = promoting.schedule(fresh(change), actor=w.ian, environment=w.live)
    say_yes(promotion, enid)

    with pytest.raises(GatesError) as found:
        starting.start(again(promotion), actor=w.ian)

    assert "nobody has judged it" in str(broken.value)
    assert [gate.code for gate in found.value.unmet] == ["ROUTE", "SIGNOFF"]


def test_it_is_dropped_and_what_was_begun_is_judged_all_the_same(w, change):
    change = holding.cancel(change, actor=w.rita, reason="Another way was found.")
    judged = ChangeDuty.objects.get(change=change, kind="retro_approval")

    say_yes(judged, w.max)
    say_yes(judged, w.eve)

    assert fresh(change).state == "cancelled"
    assert owed(change) == ["retro_test", "retrofit", "review"]
