"""Who says that a duty is done or waives it: the page offers what the service does."""

import pytest
from django.db import transaction
from django.urls import reverse

from changes.models import ChangeDuty
from changes.queries.page import page_of
from changes.services import after, starting
from opsdesk.core import clock
from opsdesk.core.errors import OpsError
from opsdesk.core.models import ApprovalRequest
from tests.changes.companies import kept
from tests.changes.factories import HOUR, carry_out

PEOPLE = ("ian", "rita", "max", "eve", "cora", "tom")


@pytest.fixture(scope="module")
def company(company):
    """Its change is in production; it owes one duty of every kind."""
    company.ran_before()
    started = starting.start(company.ready(), actor=company.ian)
    company.change = carry_out(started, company.ian).change
    change, due_at = company.change, clock.now() + 24 * HOUR
    judged = ApprovalRequest.objects.get(pk=change.approval_id)
    for kind in ("review", "retro_test", "retrofit"):
        after.owe(change, kind, due_at=due_at)
    after.owe(change, "retro_approval", due_at=due_at, approval=judged)
    return company


change = kept("change")


def works(service, owed, actor, **said):
    """Does the service do it? Whatever it does is undone."""
    try:
        with transaction.atomic():
            service(ChangeDuty.objects.get(pk=owed.pk), actor=actor, **said)
            transaction.set_rollback(True)
    except OpsError:
        return False
    return True


@pytest.mark.parametrize("name", PEOPLE)
def test_a_page_offers_exactly_what_the_service_would_do(w, change, name):
    user = getattr(w, name)

    lines = page_of(user, change, clock.now()).duties

    assert {line.owed.kind for line in lines} == set(ChangeDuty.Kind)
    for line in lines:
        done = works(after.settle_duty, line.owed, user, note="Seen.")
        waived = works(after.waive_duty, line.owed, user, reason="It is off.")
        assert (line.may_settle, line.may_waive) == (done, waived), line.owed
    assert not ChangeDuty.objects.filter(is_settled=True).exists()


def test_who_owes_it_says_done_and_a_manager_waives(w, change, client):
    by_kind = {owed.kind: owed for owed in change.duties.all()}
    said = {"ian": {"retro_test", "retrofit"}, "cora": set()}
    for name, kinds in said.items():
        client.force_login(getattr(w, name))
        page = client.get(change.get_absolute_url()).content.decode()
        for kind, owed in by_kind.items():
            done = reverse("changes:duty_settle", args=[owed.pk])
            assert (done in page) == (kind in kinds)
            assert reverse("changes:duty_waive", args=[owed.pk]) not in page


def test_what_is_not_done_by_saying_so_leads_to_where_it_is(w, change, client):
    client.force_login(w.ian)
    by_kind = {
        line.owed.kind: line.url for line in page_of(w.ian, change, clock.now()).duties
    }
    approval = change.duties.get(kind="retro_approval").approval_id

    assert by_kind["retro_approval"] == reverse("changes:approval", args=[approval])
    assert by_kind["review"] == by_kind["retrofit"] == ""
    assert f"environment={w.training.pk}&kind=resync" in by_kind["training_sync"]
    for url in filter(None, by_kind.values()):
        assert client.get(url).status_code == 200


def test_who_owes_a_test_and_works_elsewhere_says_that_it_is_done(w, change, client):
    change.implementer = w.tom
    change.save(update_fields=["implementer"])
    owed = change.duties.get(kind="retro_test")
    type(owed.duty).objects.filter(pk=owed.duty_id).update(owner=w.tom)
    client.force_login(w.tom)

    url = reverse("changes:duty_settle", args=[owed.pk])
    answer = client.post(url, {"note": "Ten invoices, all well."})

    owed.refresh_from_db()
    assert (answer.status_code, owed.is_settled) == (302, True)
