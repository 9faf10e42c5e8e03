"""Who tests what, when they are told, and whose word does not count."""

import pytest

from changes.forms.testing import AssignForm
from changes.models import TestSignOff, UserTest
from changes.queries import evidence
from changes.services import files, packages, submitting, testing
from opsdesk.core import clock
from opsdesk.core.errors import RuleError
from opsdesk.core.models import Duty
from opsdesk.core.services.approvals import SeparationError
from tests.changes.drafts import HOUR, make_change
from tests.changes.factories import World, fresh, promote, sign
from tests.changes.making import make_component, make_draft, make_file
from tests.factories import make_user

MAKERS = ("ana", "sean", "mona")


@pytest.fixture
def w(live):
    return World(live)


@pytest.fixture
def made(w):
    """In dev/test: Ana's package, which Sean filled and Mona, a manager too, sealed."""
    w.sean = make_user("sean", "support")
    w.mona = make_user("mona", "support", "manager")
    package = make_draft(make_component(w.live.landscape), w.ana)
    files.upload(package, actor=w.sean, uploads=[make_file()])
    package = packages.seal(package, actor=w.mona)
    change = make_change(w.live, w.rita, w.ian, w.ana, package=package)
    change = submitting.submit(change, actor=w.rita)
    promote(change, w.dev, w.ian)
    return fresh(change)


def ask(w, change, person, area="Finance"):
    return testing.assign_test(
        change,
        actor=w.ian,
        environment=w.dev,
        area=area,
        assigned_to=person,
        due_at=clock.now() + 24 * HOUR,
    )


@pytest.mark.parametrize("name", MAKERS)
def test_nobody_who_put_a_package_together_tests_it(w, made, name):
    maker = getattr(w, name)

    with pytest.raises(RuleError) as asked:
        ask(w, made, maker)
    with pytest.raises(SeparationError):
        testing.sign_off(
            made, actor=maker, environment=w.dev, area="Finance", verdict="pass"
        )

    assert asked.value.code == "sod"
    assert not UserTest.objects.exists()
    assert not Duty.objects.filter(owner=maker).exists()
    assert not TestSignOff.objects.exists()


def test_who_sealed_a_package_does_not_accept_its_conditions(w, made):
    said = testing.sign_off(
        made,
        actor=w.tom,
        environment=w.dev,
        area="Finance",
        verdict="conditional",
        conditions="The logo is green.",
    )

    with pytest.raises(SeparationError):
        testing.accept_conditions(said, actor=w.mona)

    said.refresh_from_db()
    assert said.conditions_accepted_by is None


@pytest.mark.parametrize("name", MAKERS)
def test_the_word_of_who_put_a_package_together_is_no_evidence(w, made, name):
    sign(made, w.dev, getattr(w, name))
    assert evidence.tested(w.dev, made.package, 1).missing == 1

    sign(made, w.dev, w.tom, area="Sales")

    assert [said.tester for said in evidence.tested(w.dev, made.package, 1).passed] == [
        w.tom
    ]


def test_those_who_put_it_together_are_not_offered_as_testers(w, made):
    offered = set(AssignForm(change=made).fields["assigned_to"].queryset)

    assert w.tom in offered
    assert offered.isdisjoint({w.ana, w.sean, w.mona})
