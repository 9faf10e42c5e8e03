"""Open snags nobody is there for: seen by who deactivates, owed by the managers."""

import pytest
from django.urls import reverse

from opsdesk.accounts import leaving
from opsdesk.accounts.services import parties, people
from opsdesk.core.models import Duty, Notification
from opsdesk.core.services import duties
from snags.models import Snag
from snags.services import editing, lifecycle, orphans, sweep, talk
from tests.accounts import sign_in
from tests.factories import NINE, make_contract, make_party, make_snag, make_user

pytestmark = pytest.mark.django_db


@pytest.fixture
def owned(live, rob, sue):
    """Two open snags of Sue's and one she has finished."""
    snags = [make_snag(live, rob, title=f"Printer {n}") for n in range(3)]
    for snag in snags:
        lifecycle.triage(snag, actor=sue, owner=sue, impact=2, urgency=2)
    done = {"resolution": "no_fault", "resolution_note": "Works."}
    lifecycle.resolve(snags[2], actor=sue, **done)
    return snags


@pytest.fixture
def left(owned, sue, ann):
    """Sue has left."""
    return people.deactivate_person(sue, actor=ann)


def told(person):
    return list(
        Notification.objects.filter(recipient=person).values_list("title", flat=True)
    )


def owed(person):
    return Duty.objects.open().filter(owner=person, kind__endswith="_left")


def test_the_page_says_what_a_person_holds_before_and_after(client, owned, sue, ann):
    duties.owe(kind="task", title="Test the backup", owner=sue, due_at=NINE)
    sign_in(client, ann)
    where = reverse("accounts:person", args=[sue.pk])

    before = client.get(where).content.decode()
    people.deactivate_person(sue, actor=ann)
    after = client.get(where).content.decode()

    assert "Before you deactivate: nobody would answer for" in before
    assert "2 open snags of theirs" in before
    assert "1 duty" in before
    assert f"?view=open&amp;owner={sue.pk}" in before
    assert "Still to be given to others:" in after


def test_whoever_deactivates_is_told_what_is_left(client, owned, sue, ann):
    sign_in(client, ann)

    shown = client.post(
        reverse("accounts:deactivate", args=[sue.pk]), {"form_token": "t"}, follow=True
    )

    assert (
        "Still to be given to others: 2 open snags of theirs" in shown.content.decode()
    )
    sue.refresh_from_db()
    assert not sue.is_active


def test_a_person_who_holds_nothing_is_no_worry(client, ann, rob):
    sign_in(client, ann)

    page = client.get(reverse("accounts:person", args=[rob.pk])).content.decode()

    assert leaving.held_by(rob) == []
    assert "nobody would answer" not in page


def test_managers_owe_an_owner_for_what_somebody_left_behind(left, mia, sam, owned):
    assert orphans.raise_duties() == 1

    duty = owed(mia).get()
    assert duty.title == "2 open snags belong to Sue, who left: give them an owner"
    assert duty.url == f"/snags/?view=open&owner={left.pk}"
    assert duty.title in told(mia)
    assert not owed(sam).exists()


def test_once_for_all_sweeps_and_reworded_until_the_gap_is_closed(
    left, mia, sam, owned
):
    orphans.raise_duties()
    assert orphans.raise_duties() == 0
    editing.assign(owned[0], owner=sam, actor=mia)

    assert orphans.raise_duties() == 1
    assert owed(mia).get().title == (
        "1 open snag belongs to Sue, who left: give it an owner"
    )
    editing.assign(owned[1], owner=sam, actor=mia)
    assert orphans.raise_duties() == 1
    assert not owed(mia).exists()
    assert len([title for title in told(mia) if "who left" in title]) == 1


def test_a_manager_owes_only_for_the_departments_they_look_after(live, sue, ann):
    finance, stores = make_party("Finance"), make_party("Stores")
    of = {
        place: make_user(f"m{place.pk}", "manager", scope=place)
        for place in (finance, stores)
    }
    ron = make_user("ron", "reporter", department=finance)
    snag = make_snag(live, ron)
    lifecycle.triage(snag, actor=sue, owner=sue, impact=2, urgency=2)
    people.deactivate_person(sue, actor=ann)

    orphans.raise_duties()

    assert owed(of[finance]).count() == 1
    assert not owed(of[stores]).exists()


def test_who_is_no_manager_any_more_owes_nothing(left, mia):
    orphans.raise_duties()
    mia.memberships.all().delete()

    assert orphans.raise_duties() == 1
    assert not owed(mia).exists()


def test_many_who_left_are_named_in_one_duty(live, rob, mia, ann):
    for name in ("abe", "ben", "cat", "dan", "eve"):
        person = make_user(name, "support")
        snag = make_snag(live, rob)
        lifecycle.triage(snag, actor=person, owner=person, impact=2, urgency=2)
        people.deactivate_person(person, actor=ann)

    orphans.raise_duties()

    assert owed(mia).get().title == (
        "5 open snags belong to Abe, Ben, Cat and 2 more, who left: give them an owner"
    )


def test_what_the_owner_would_hear_the_managers_hear(live, left, owned, mia, rob, amy):
    make_contract(live.landscape, p3_response=60)
    snag = make_snag(live, rob, at=NINE, title="Late")
    Snag.objects.filter(pk=snag.pk).update(owner=left)
    sweep.fire_due_clocks()
    talk.comment(owned[0], body="Still?", actor=rob)
    lifecycle.reopen(owned[2], actor=rob, body="It does not.")

    heard = told(mia)
    assert f"{snag.ref} has used 75 % of its response time: Late" in heard
    assert any("Rob wrote about “Printer 0”" in title for title in heard)
    assert f"{owned[2].ref} needs an owner: Printer 2" in heard
    assert told(left) == []
    assert told(amy) == []


def test_the_worklist_says_beside_the_name_who_left(client, left, mia):
    client.force_login(mia)

    page = client.get(f"/snags/?view=open&owner={left.pk}").content.decode()

    assert "Sue (left)" in page
    assert "Printer 0" in page


@pytest.fixture
def waiting(live, rob, sam, northgate):
    snag = make_snag(live, rob, title="Ours")
    lifecycle.triage(snag, actor=sam, owner=sam, impact=2, urgency=2)
    return lifecycle.hand_over(snag, supplier=northgate, actor=sam)


def test_the_last_contact_of_a_supplier_who_leaves_is_noticed(
    waiting, vic, ann, mia, northgate
):
    other = make_user("val", "supplier", supplier=northgate)
    assert leaving.held_by(vic) == []
    people.deactivate_person(other, actor=ann)
    assert [held.text for held in leaving.held_by(vic)] == [
        "1 open snag that waits for a supplier with no other contact"
    ]

    people.deactivate_person(vic, actor=ann)
    orphans.raise_duties()

    duty = owed(mia).get()
    assert duty.title == (
        "1 open snag waits for Northgate ERP Partners, where nobody is left:"
        " take it back"
    )
    assert duty.url == f"/snags/?view=open&supplier={northgate.pk}"
    lifecycle.hand_back(waiting, actor=mia)
    orphans.raise_duties()
    assert not owed(mia).exists()


def test_a_supplier_that_is_deactivated_with_the_ball_is_noticed(
    client, waiting, ann, mia, northgate
):
    sign_in(client, ann)
    page = client.get(reverse("accounts:party_edit", args=[northgate.pk]))
    assert "1 open snag that waits for it" in page.content.decode()

    parties.deactivate_party(northgate, actor=ann)
    orphans.raise_duties()

    assert "where nobody is left" in owed(mia).get().title


def test_a_supplier_without_contacts_of_its_own_is_no_gap(waiting, mia):
    orphans.raise_duties()

    assert not owed(mia).exists()
