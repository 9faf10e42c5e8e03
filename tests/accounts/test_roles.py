from datetime import timedelta
from itertools import product
from threading import Barrier, Thread

import pytest
from django.db import IntegrityError, connection

from opsdesk.accounts.access import access_of
from opsdesk.accounts.models import Membership, RoleRequest
from opsdesk.accounts.moves import MOVES
from opsdesk.accounts.services import roles
from opsdesk.core import clock
from opsdesk.core.errors import CONSTRAINTS, NotAllowedError, RuleError
from opsdesk.core.models import Notification
from tests import factories
from tests.accounts import fresh

Status = RoleRequest.Status
VERBS = {
    "confirm": roles.confirm_role,
    "refuse": roles.refuse_role,
    "withdraw": roles.withdraw_role,
}


@pytest.fixture
def ben(db):
    """The second access administrator."""
    return factories.make_user("ben", "access_administrator")


@pytest.fixture
def asked(ann, ben, sam):
    """Ann asks for Sam to approve."""
    return roles.grant_role(
        sam, role="approver_technical", reason="Covers for Tim", actor=ann
    )


def test_an_ordinary_role_is_given_at_once(ann, rob):
    finance = factories.make_party("Finance")

    given = roles.grant_role(rob, role="support", department=finance, actor=ann)

    assert access_of(fresh(rob)).departments("support") == {finance.pk}
    assert given.history.get().history_user == ann
    assert Notification.objects.get(recipient=rob).title == (
        "You were given a role: Support, Finance"
    )


def test_a_role_that_ran_out_runs_again(ann, rob):
    Membership.objects.filter(user=rob).update(
        starts_on="2020-01-01", ends_on="2020-02-01"
    )

    roles.grant_role(rob, role="reporter", actor=ann)

    assert access_of(fresh(rob)).roles == {"reporter"}
    assert Membership.objects.filter(user=rob).count() == 1


def test_a_role_of_weight_waits_for_a_second_person(asked, ben, sam):
    assert asked.status == Status.PENDING
    assert access_of(fresh(sam)).roles == {"support"}
    assert Notification.objects.filter(recipient=ben).exists()

    given = roles.confirm_role(asked, actor=ben)

    asked.refresh_from_db()
    assert (asked.status, asked.decided_by) == (Status.CONFIRMED, ben)
    assert given.user == sam
    assert access_of(fresh(sam)).has("approver_technical")


def test_neither_who_asked_nor_who_gains_confirms(asked, ann, ben, sam, mia):
    roles_before = access_of(fresh(sam)).roles
    Membership.objects.create(user=sam, role="access_administrator")

    for actor in (ann, fresh(sam), mia):
        with pytest.raises(NotAllowedError, match="second access administrator"):
            roles.confirm_role(asked, actor=actor)

    asked.refresh_from_db()
    assert asked.status == Status.PENDING
    assert access_of(fresh(sam)).roles == roles_before | {"access_administrator"}


def test_the_second_person_may_refuse_and_the_first_hears_of_it(asked, ann, ben, sam):
    roles.refuse_role(asked, actor=ben)

    asked.refresh_from_db()
    assert asked.status == Status.REFUSED
    assert Notification.objects.filter(recipient=ann).exists()
    assert access_of(fresh(sam)).roles == {"support"}


def test_only_who_asked_withdraws(asked, ann, ben):
    with pytest.raises(NotAllowedError):
        roles.withdraw_role(asked, actor=ben)

    roles.withdraw_role(asked, actor=ann)

    asked.refresh_from_db()
    assert asked.status == Status.WITHDRAWN


@pytest.mark.parametrize(("verb", "status"), list(product(MOVES, Status)))
def test_a_request_moves_as_the_table_says(verb, status, asked, ann, ben):
    source, target, _who = MOVES[verb]
    decided = {} if status == Status.PENDING else {"decided_at": clock.now()}
    by = {} if status in {Status.PENDING, Status.ALONE} else {"decided_by": ben}
    RoleRequest.objects.filter(pk=asked.pk).update(status=status, **decided, **by)
    actor = ann if verb == "withdraw" else ben

    if status == source:
        VERBS[verb](asked, actor=actor)
        expected = target
    else:
        with pytest.raises(RuleError, match="already been decided"):
            VERBS[verb](asked, actor=actor)
        expected = status

    asked.refresh_from_db()
    assert asked.status == expected


def test_a_request_of_somebody_who_left_the_job_is_void(asked, ann, ben, sam):
    Membership.objects.filter(user=ann).delete()

    with pytest.raises(RuleError, match="Ask for the role anew"):
        roles.confirm_role(asked, actor=ben)

    asked.refresh_from_db()
    assert asked.status == Status.PENDING
    assert access_of(fresh(sam)).roles == {"support"}


def test_alone_an_access_administrator_gives_it_and_that_is_kept(ann, sam):
    given = roles.grant_role(
        sam, role="access_administrator", reason="The second one", actor=ann
    )

    assert isinstance(given, Membership)
    assert RoleRequest.objects.get().status == Status.ALONE


def test_a_role_of_weight_needs_a_reason(ann, ben, sam):
    with pytest.raises(RuleError, match="Say why"):
        roles.grant_role(sam, role="approver_business", reason=" ", actor=ann)

    assert not RoleRequest.objects.exists()


def test_nobody_confirms_their_own_role_for_want_of_others(ann, ben):
    with pytest.raises(RuleError, match="it is their own role"):
        roles.grant_role(ben, role="approver_business", reason="Why not", actor=ann)

    assert not RoleRequest.objects.exists()


def test_nobody_gives_themselves_anything(ann):
    with pytest.raises(NotAllowedError, match="your own roles"):
        roles.grant_role(ann, role="reporter", actor=ann)

    assert access_of(fresh(ann)).roles == {"access_administrator"}


@pytest.mark.parametrize("name", ["rob", "sam", "mia", "ada", "tim", "vic", "amy"])
def test_nobody_else_gives_or_ends_roles(name, request, rob):
    actor = request.getfixturevalue(name)
    other = factories.make_user("zoe", "reporter")
    membership = other.memberships.get()

    with pytest.raises(NotAllowedError):
        roles.grant_role(other, role="manager", actor=actor)
    with pytest.raises(NotAllowedError):
        roles.end_role(membership, actor=actor)

    assert access_of(fresh(other)).roles == {"reporter"}


def test_what_makes_no_sense_is_refused_in_words(ann, rob, vic, northgate, us):
    day = clock.today()
    service = factories.make_user("bot", is_service=True)
    gone = factories.make_user("gus", is_active=False)
    nonsense = [
        (rob, {"role": "reporter"}, "already holds"),
        (rob, {"role": "supplier"}, "Name the supplier"),
        (rob, {"role": "support", "supplier": northgate}, "Name the supplier"),
        (rob, {"role": "supplier", "supplier": us}, "not an active supplier"),
        (rob, {"role": "supplier", "supplier": northgate}, "works for a supplier"),
        (vic, {"role": "support"}, "works for a supplier"),
        (rob, {"role": "support", "department": northgate}, "not an active department"),
        (rob, {"role": "auditor", "department": us}, "not limited to a department"),
        (rob, {"role": "manager", "emergency_approver": True}, "Only an approver"),
        (rob, {"role": "manager", "ends_on": day - timedelta(days=1)}, "already over"),
        (service, {"role": "manager"}, "service account"),
        (gone, {"role": "manager"}, "reactivate"),
    ]
    before = set(Membership.objects.values_list("pk", flat=True))

    for person, given, sentence in nonsense:
        with pytest.raises(RuleError, match=sentence):
            roles.grant_role(person, **given, actor=ann)

    assert set(Membership.objects.values_list("pk", flat=True)) == before


def test_a_role_ends_at_once_and_can_be_given_again(ann, rob):
    membership = rob.memberships.get()

    assert roles.end_role(membership, actor=ann) is None

    assert access_of(fresh(rob)).roles == frozenset()
    assert Membership.history.filter(user_id=rob.pk).latest().history_user == ann
    with pytest.raises(RuleError, match="already been ended"):
        roles.end_role(membership, actor=ann)
    roles.grant_role(rob, role="reporter", actor=ann)
    assert access_of(fresh(rob)).roles == {"reporter"}


def test_a_role_can_end_on_a_day_to_come(ann, rob):
    last = clock.today() + timedelta(days=7)

    row = roles.end_role(rob.memberships.get(), ends_on=last, actor=ann)

    assert row.ends_on == last
    assert access_of(fresh(rob)).roles == {"reporter"}


def test_the_last_access_administrator_cannot_stop(ann):
    with pytest.raises(RuleError, match="last access administrator"):
        roles.end_role(ann.memberships.get(), actor=ann)

    assert access_of(fresh(ann)).roles == {"access_administrator"}


@pytest.mark.django_db(transaction=True)
def test_two_who_remove_each_other_take_turns():
    pair = [factories.make_user(name, "access_administrator") for name in ("a", "b")]
    barrier = Barrier(2)
    refused = []

    def remove(actor, other):
        try:
            barrier.wait()
            roles.end_role(other.memberships.get(), actor=fresh(actor))
        except (RuleError, NotAllowedError) as error:
            refused.append(error)
        finally:
            connection.close()

    threads = [Thread(target=remove, args=pair), Thread(target=remove, args=pair[::-1])]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert len(refused) == 1
    assert Membership.objects.filter(role="access_administrator").count() == 1


REFUSED = {
    "role_request_is_not_for_oneself": lambda row: {"asked_by": row.user},
    "role_request_takes_a_second_person": lambda row: {
        "status": "confirmed",
        "decided_by": row.asked_by,
        "decided_at": clock.now(),
    },
    "role_request_is_decided_or_pending": lambda row: {"status": "confirmed"},
    "role_request_reason_is_not_empty": lambda row: {"reason": ""},
    "role_request_starts_on_is_sane": lambda row: {"starts_on": "1999-12-31"},
    "role_request_ends_on_is_sane": lambda row: {"ends_on": "2100-01-01"},
}


@pytest.mark.parametrize("name", REFUSED)
def test_the_database_keeps_the_second_pair_of_eyes(name, asked):
    with pytest.raises(IntegrityError) as refused:
        RoleRequest.objects.filter(pk=asked.pk).update(**REFUSED[name](asked))

    assert refused.value.__cause__.diag.constraint_name == name
    assert name in CONSTRAINTS


def test_a_role_is_asked_for_once_at_a_time(asked, ann, sam):
    with pytest.raises(IntegrityError, match="one_pending_request_per_role_and_scope"):
        roles.grant_role(sam, role="approver_technical", reason="Again", actor=ann)
