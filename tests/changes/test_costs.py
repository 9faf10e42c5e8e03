"""What a start and the board cost: counted statements, however much there is."""

import pytest
from django.urls import reverse

from changes.gates import PROMOTION_GATES
from changes.models import ChangeTarget, Promotion
from changes.services import promoting, starting
from environments.models import Environment
from opsdesk.accounts.models import User
from opsdesk.core import clock
from opsdesk.core.gates import GatesError
from tests.changes.drafts import HOUR, make_asked
from tests.changes.factories import carry_out, fresh, say_yes, to_production

pytestmark = pytest.mark.django_db
MOST = 40


@pytest.fixture(scope="module")
def company(company):
    company.ran_before()
    return company


def as_read(promotion):
    """As a request finds it: nothing of it is known yet."""
    return Promotion.objects.get(pk=promotion.pk)


def test_a_start_with_every_gate_costs_little(w, django_assert_max_num_queries):
    promotion, ian = as_read(w.ready()), User.objects.get(pk=w.ian.pk)

    with django_assert_max_num_queries(MOST):
        starting.start(promotion, actor=ian)

    assert as_read(promotion).state == "running"


def test_a_refused_start_costs_less_and_names_every_gate(
    w, django_assert_max_num_queries
):
    promotion, ian = as_read(w.ready()), User.objects.get(pk=w.ian.pk)
    Environment.objects.filter(pk=w.live.pk).update(status="quarantined")

    with django_assert_max_num_queries(22), pytest.raises(GatesError) as found:
        starting.start(promotion, actor=ian)

    assert [each.code for each in found.value.unmet] == ["ENV"]
    assert len(found.value.findings) == len(PROMOTION_GATES.codes)
    assert as_read(promotion).state == "scheduled"


def test_the_board_costs_the_same_for_many_changes_with_approvals(
    w, client, same_queries
):
    client.force_login(w.eve)
    carry_out(starting.start(w.ready("2.0"), actor=w.ian), w.ian)

    def more(count):
        for _ in range(count):
            ChangeTarget.objects.update(slot=None)
            number = Promotion.objects.count() + 10
            people = w.live, w.rita, w.ian, w.ana, w.tom
            asked = make_asked(*people, label=f"2.{number}", start=clock.now() - HOUR)
            say_yes(asked, w.cora)
            to_production(w, fresh(asked))
            promoting.schedule(
                w.submitted(f"3.{number}"), actor=w.ian, environment=w.dev
            )

    same_queries(reverse("changes:board"), more, budget=15)
