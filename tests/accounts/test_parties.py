import pytest

from opsdesk.accounts.models import Party
from opsdesk.accounts.services import parties, people
from opsdesk.core.errors import NotAllowedError, RuleError
from tests import factories


def test_a_department_is_added_to_the_organisation(ann, us):
    party = parties.create_party(kind="department", name=" York ", parent=us, actor=ann)

    assert (party.name, party.parent) == ("York", us)
    assert party.history.get().history_user == ann


@pytest.mark.parametrize("name", ["rob", "sam", "mia", "ada", "tim", "vic", "amy"])
def test_nobody_else_keeps_the_parties(name, request, us):
    actor = request.getfixturevalue(name)
    before = Party.objects.count()

    with pytest.raises(NotAllowedError):
        parties.create_party(kind="team", name="Ours", actor=actor)
    with pytest.raises(NotAllowedError):
        parties.edit_party(us, name="Theirs", actor=actor)
    with pytest.raises(NotAllowedError):
        parties.deactivate_party(us, actor=actor)

    us.refresh_from_db()
    assert (Party.objects.count(), us.name) == (before, "Marlowe Fabrications")


def test_a_supplier_is_part_of_nothing_and_nothing_of_a_supplier(ann, us, northgate):
    with pytest.raises(RuleError, match="cannot be part of"):
        parties.create_party(kind="supplier", name="Other", parent=us, actor=ann)
    with pytest.raises(RuleError, match="cannot be part of"):
        parties.create_party(kind="team", name="Other", parent=northgate, actor=ann)

    assert not Party.objects.filter(name="Other").exists()


def test_departments_do_not_form_a_ring(ann):
    upper = factories.make_party("Upper")
    lower = factories.make_party("Lower", parent=upper)

    with pytest.raises(RuleError, match="part of itself"):
        parties.edit_party(upper, name="Upper", parent=lower, actor=ann)

    upper.refresh_from_db()
    assert upper.parent is None


def test_the_second_editor_does_not_overwrite_the_first(ann, northgate):
    parties.edit_party(northgate, name="First", version=1, actor=ann)

    with pytest.raises(RuleError, match="Somebody else changed this"):
        parties.edit_party(northgate, name="Second", version=1, actor=ann)

    northgate.refresh_from_db()
    assert northgate.name == "First"


def test_a_party_with_people_stays(ann, vic, northgate):
    finance = factories.make_party("Finance")
    people.create_person(email="a@example.org", name="A", department=finance, actor=ann)
    people.create_person(email="b@example.org", name="B", department=finance, actor=ann)

    with pytest.raises(RuleError, match="2 people belong to Finance"):
        parties.deactivate_party(finance, actor=ann)
    with pytest.raises(RuleError, match="One person belongs to Northgate"):
        parties.deactivate_party(northgate, actor=ann)

    assert Party.objects.filter(is_active=True).count() == 2


def test_a_party_with_parts_and_the_organisation_stay(ann, us):
    upper = factories.make_party("Upper")
    factories.make_party("Lower", parent=upper)

    with pytest.raises(RuleError, match="active parts"):
        parties.deactivate_party(upper, actor=ann)
    with pytest.raises(RuleError, match="organisation itself"):
        parties.deactivate_party(us, actor=ann)

    assert not Party.objects.filter(is_active=False).exists()


def test_a_party_leaves_and_comes_back(ann):
    team = factories.make_party("Night shift", "team")

    assert not parties.deactivate_party(team, actor=ann).is_active
    with pytest.raises(RuleError, match="already deactivated"):
        parties.deactivate_party(team, actor=ann)
    assert parties.reactivate_party(team, actor=ann).is_active
    with pytest.raises(RuleError, match="not deactivated"):
        parties.reactivate_party(team, actor=ann)
