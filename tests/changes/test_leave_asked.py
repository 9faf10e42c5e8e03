"""Leave is asked for during a freeze that stands in the way, and for no other."""

from datetime import timedelta

import pytest
from django.urls import reverse

from changes.models import FreezeOverride
from changes.services import overriding
from environments.models import Environment
from opsdesk.core.errors import RuleError
from opsdesk.core.models import ApprovalRequest
from tests.changes.factories import freeze

REASON = "The invoices of this month are wrong."


@pytest.fixture(scope="module")
def company(company):
    company.planned = company.ready().change
    return company


@pytest.fixture
def change(w):
    return w.planned


def moved(occurrence, hours):
    """The same window, so many hours from now."""
    during = occurrence.during
    shift = timedelta(hours=hours)
    occurrence.during = type(during)(during.lower + shift, during.upper + shift)
    occurrence.save()
    return occurrence


def advisory(w):
    found = freeze(w.live, "Quarter")
    found.is_hard = False
    found.save()
    return found


def exempting(w):
    found = freeze(w.live, "Payroll")
    found.rule.exempt = "normal"
    found.rule.save()
    return found


WRONG = {
    "maintenance": lambda w: freeze(w.live, "Sunday", kind="maintenance"),
    "only advisory": advisory,
    "lets its kind through": exempting,
    "of another environment": lambda w: freeze(w.training, "Exams"),
    "after its latest end": lambda w: moved(freeze(w.live, "Audit"), 72),
}


@pytest.mark.parametrize("name", WRONG)
def test_leave_is_asked_for_nothing_that_is_not_in_the_way(w, change, client, name):
    wrong = WRONG[name](w)
    requests = ApprovalRequest.objects.count()
    client.force_login(w.ian)
    url = reverse("changes:override_ask", args=[change.pk, wrong.pk])

    assert client.get(url).status_code == 404
    assert client.post(url, {"reason": REASON}).status_code == 404
    with pytest.raises(RuleError) as found:
        overriding.ask_override(change, actor=w.ian, occurrence=wrong, reason=REASON)

    assert found.value.code == "not_needed"
    assert not FreezeOverride.objects.exists()
    assert ApprovalRequest.objects.count() == requests


def test_leave_is_asked_for_a_freeze_that_comes_before_its_latest_end(w, change):
    coming = moved(freeze(w.live, "Payroll"), 5)
    assert change.latest_end > coming.starts_at

    overriding.ask_override(change, actor=w.ian, occurrence=coming, reason=REASON)

    assert FreezeOverride.objects.get().occurrence == coming


def test_after_a_failover_leave_is_asked_for_the_freezes_of_production(w, change):
    Environment.objects.filter(pk=w.live.pk).update(is_serving=False)
    Environment.objects.filter(pk=w.failover.pk).update(is_serving=True)
    found = freeze(w.live, "Payroll")

    overriding.ask_override(change, actor=w.ian, occurrence=found, reason=REASON)

    assert FreezeOverride.objects.get().occurrence == found
