import re

import pytest
from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from django.core.management import CommandError, call_command
from django.db import IntegrityError, transaction
from django.urls import reverse

from opsdesk.accounts.access import access_of
from opsdesk.accounts.models import Membership, Party, RoleRequest, User
from opsdesk.accounts.services import people, roles, tokens
from opsdesk.core.errors import CONSTRAINTS, NotAllowedError, RuleError
from opsdesk.core.models import Message
from tests import factories
from tests.accounts import fresh, sign_in


def make(actor, **given):
    values = {"email": "new@example.org", "name": "Nia New", **given}
    return people.create_person(actor=actor, **values)


def test_a_person_whom_nobody_ever_saved_by_hand_has_a_page(client, ann, sam):
    User.history.all().delete()
    sign_in(client, ann)

    assert client.get(reverse("accounts:person", args=[sam.pk])).status_code == 200


def test_a_new_person_is_invited_and_may_do_nothing_yet(ann, settings):
    settings.SITE_URL = "https://ops.example.org"

    person = make(ann, email=" New@Example.org ", name=" Nia New ")

    assert (person.email, person.name) == ("new@example.org", "Nia New")
    assert not person.has_usable_password()
    assert access_of(person).roles == frozenset()
    mail = Message.objects.get()
    assert mail.to == "new@example.org"
    assert "https://ops.example.org/account/password/reset/key/" in mail.body
    assert person.history.get().history_user == ann


def test_a_service_account_is_not_invited(ann):
    person = make(ann, is_service=True)

    assert person.is_service
    assert not Message.objects.exists()


@pytest.mark.parametrize("name", ["rob", "sam", "mia", "ada", "tim", "vic", "amy"])
def test_nobody_else_makes_people(name, request):
    actor = request.getfixturevalue(name)
    before = User.objects.count()

    with pytest.raises(NotAllowedError):
        make(actor)

    assert User.objects.count() == before


def test_an_access_administrator_of_one_department_makes_nobody(db):
    finance = factories.make_party("Finance")
    local = factories.make_user("lea", "access_administrator", scope=finance)

    with pytest.raises(NotAllowedError):
        make(local)

    assert not User.objects.filter(name="Nia New").exists()


def test_an_address_belongs_to_one_person_however_it_is_written(ann, rob):
    with pytest.raises(IntegrityError) as refused, transaction.atomic():
        make(ann, email="ROB@example.org")

    assert refused.value.__cause__.diag.constraint_name in CONSTRAINTS
    assert User.objects.count() == 2


def test_a_person_sits_in_a_department_and_a_team_not_in_a_supplier(ann, northgate):
    with pytest.raises(RuleError, match="not an active department"):
        make(ann, department=northgate)

    assert not User.objects.filter(name="Nia New").exists()


def test_a_new_address_signs_the_person_out_and_tells_both_mailboxes(ann, rob, client):
    client.force_login(rob)
    EmailAddress.objects.create(user=rob, email=rob.email, verified=True)

    people.edit_person(
        rob, email="rob@new.example.org", name="Robert", version=1, actor=ann
    )

    rob.refresh_from_db()
    assert (rob.email, rob.name, rob.version) == ("rob@new.example.org", "Robert", 2)
    assert not EmailAddress.objects.filter(user=rob).exists()
    assert {mail.to for mail in Message.objects.all()} == {
        "rob@example.org",
        "rob@new.example.org",
    }


def test_the_second_editor_does_not_overwrite_the_first(ann, rob):
    people.edit_person(rob, email=rob.email, name="First", version=1, actor=ann)

    with pytest.raises(RuleError, match="Somebody else changed this"):
        people.edit_person(rob, email=rob.email, name="Second", version=1, actor=ann)

    rob.refresh_from_db()
    assert rob.name == "First"


def test_an_approvers_address_and_second_factor_cannot_be_taken_over(ann, tim):
    Authenticator.objects.create(user=tim, type="totp", data={"secret": "x"})

    with pytest.raises(RuleError, match="takes two people"):
        people.edit_person(tim, email="mine@example.org", name="Tim", actor=ann)
    with pytest.raises(RuleError, match="takes two people"):
        people.reset_second_factor(tim, actor=ann)

    tim.refresh_from_db()
    assert tim.email == "tim@example.org"
    assert Authenticator.objects.filter(user=tim).exists()


def test_a_lost_phone_is_replaced_and_the_person_is_told(ann, sam):
    Authenticator.objects.create(user=sam, type="totp", data={"secret": "x"})

    people.reset_second_factor(sam, actor=ann)

    assert not Authenticator.objects.filter(user=sam).exists()
    assert Message.objects.get().to == sam.email
    with pytest.raises(RuleError, match="has no second factor"):
        people.reset_second_factor(sam, actor=ann)
    with pytest.raises(RuleError, match="another access administrator"):
        people.reset_second_factor(ann, actor=ann)


def test_leaving_ends_sessions_and_tokens_at_once(ann, sam, client):
    client.post("/account/login/", {"login": sam.email, "password": factories.PASSWORD})
    token, _ = tokens.issue_token(
        sam, name="script", scopes=["snags:read"], days=7, actor=sam
    )
    key = client.session.session_key
    assert client.session.exists(key)

    people.deactivate_person(sam, actor=ann)

    token.refresh_from_db()
    assert token.revoked_at is not None
    assert not client.session.exists(key)
    assert client.get("/profile/").status_code == 302


def test_leaving_withdraws_what_was_asked_for_the_person(ann, sam):
    factories.make_user("ben", "access_administrator")
    asked = roles.grant_role(
        sam, role="approver_technical", reason="Needed", actor=fresh(ann)
    )

    people.deactivate_person(sam, actor=ann)

    asked.refresh_from_db()
    assert asked.status == RoleRequest.Status.WITHDRAWN


def test_nobody_deactivates_themselves_or_somebody_twice(ann, rob):
    with pytest.raises(RuleError, match="Ask another"):
        people.deactivate_person(ann, actor=ann)
    people.deactivate_person(rob, actor=ann)

    with pytest.raises(RuleError, match="already deactivated"):
        people.deactivate_person(rob, actor=ann)

    ann.refresh_from_db()
    assert ann.is_active


def test_the_last_lasting_access_administrator_stays(ann):
    ben = factories.make_user("ben", "access_administrator")
    Membership.objects.filter(user=ann).update(ends_on="2099-01-01")

    with pytest.raises(RuleError, match="last access administrator"):
        people.deactivate_person(ben, actor=fresh(ann))

    ben.refresh_from_db()
    assert ben.is_active


def test_somebody_who_comes_back_has_no_role_of_weight(ann, tim):
    Membership.objects.create(user=tim, role="support")
    people.deactivate_person(tim, actor=ann)

    people.reactivate_person(tim, actor=ann)

    assert access_of(fresh(tim)).roles == {"support"}
    with pytest.raises(RuleError, match="not deactivated"):
        people.reactivate_person(tim, actor=ann)


def test_an_invitation_is_repeated_until_the_first_sign_in(ann, rob):
    people.invite_again(rob, actor=ann)
    assert Message.objects.get().to == rob.email
    User.objects.filter(pk=rob.pk).update(last_login="2026-03-02T09:00Z")

    with pytest.raises(RuleError, match="has signed in before"):
        people.invite_again(rob, actor=ann)

    assert Message.objects.count() == 1


def test_a_new_password_ends_the_tokens(sam):
    token, _ = tokens.issue_token(
        sam, name="script", scopes=["snags:read"], days=7, actor=sam
    )

    people.set_password(sam, password="another horse")

    token.refresh_from_db()
    sam.refresh_from_db()
    assert token.revoked_at is not None
    assert sam.check_password("another horse")


def test_an_empty_installation_gets_its_first_access_administrator(db, capsys):
    call_command("create_admin", "first@example.org", "Ida First")

    person = User.objects.get()
    assert access_of(person).roles == {"access_administrator"}
    assert re.search(
        r"http\S+/account/password/reset/key/\S+-\S+/", capsys.readouterr().out
    )


def test_a_second_one_is_made_from_the_server_room_only_on_request(ann, capsys):
    with pytest.raises(CommandError, match="already has an access administrator"):
        call_command("create_admin", "second@example.org", "Sid Second")
    with pytest.raises(CommandError, match="not an e-mail address"):
        call_command("create_admin", "second", "Sid Second")
    assert User.objects.count() == 1

    call_command("create_admin", "second@example.org", "Sid Second", "--another")

    assert User.objects.count() == 2


CONSTRAINED = {
    "one_user_per_email": lambda: User.objects.bulk_create(
        [User(email="Rob@example.org", name="Other")]
    ),
    "user_name_is_not_empty": lambda: User.objects.update(name=""),
    "one_organisation": lambda: Party.objects.bulk_create(
        [Party(kind="organisation", name=name) for name in ("A", "B")]
    ),
    "party_name_is_not_empty": lambda: Party.objects.bulk_create(
        [Party(kind="team", name="")]
    ),
    "accounts_party_name_key": lambda: Party.objects.bulk_create(
        [Party(kind="team", name="Twice"), Party(kind="team", name="Twice")]
    ),
    "accounts_user_email_key": lambda: User.objects.bulk_create(
        [User(email="rob@example.org", name="Other")]
    ),
    "membership_supplier_iff_contact": lambda: Membership.objects.update(
        role="supplier"
    ),
    "membership_ends_after_start": lambda: Membership.objects.update(
        starts_on="2026-02-02", ends_on="2026-02-01"
    ),
    "membership_starts_on_is_sane": lambda: Membership.objects.update(
        starts_on="1999-01-01"
    ),
    "membership_ends_on_is_sane": lambda: Membership.objects.update(
        ends_on="2100-01-01"
    ),
}


@pytest.mark.parametrize("name", CONSTRAINED)
def test_the_database_refuses(name, rob):
    with pytest.raises(IntegrityError) as refused, transaction.atomic():
        CONSTRAINED[name]()

    assert refused.value.__cause__.diag.constraint_name == name
    assert name in CONSTRAINTS


def test_a_role_is_held_once_per_scope(rob):
    with pytest.raises(IntegrityError, match="one_membership_per_role_and_scope"):
        Membership.objects.bulk_create([Membership(user=rob, role="reporter")])


def test_no_party_is_part_of_itself(us):
    with pytest.raises(IntegrityError, match="party_is_not_its_own_parent"):
        Party.objects.filter(pk=us.pk).update(parent=us)
