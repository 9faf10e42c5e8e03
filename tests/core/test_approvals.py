"""Asking for approval and voting, through the engine itself (S16 to S27)."""

import pytest
from django.db import DatabaseError, connection, transaction

from opsdesk.accounts.models import Membership
from opsdesk.core import clock
from opsdesk.core.approving import standing
from opsdesk.core.errors import NotAllowedError, RuleError
from opsdesk.core.models import ApprovalPolicy, ApprovalRequest, Notification, Vote
from opsdesk.core.services import approvals
from opsdesk.core.services.approvals import SeparationError
from tests.core.voting_trials import (
    KIND,
    SHA,
    approve,
    ask,
    revoke,
    shown,
    together,
    trials,
)
from tests.factories import make_user

State = ApprovalRequest.State
RIGHT = {"revision": 1, "sha256": SHA, "excluded": {}}


@pytest.fixture
def cora(db):
    return make_user("cora", "approver_technical")


@pytest.fixture
def carl(db):
    return make_user("carl", "approver_technical")


@pytest.fixture
def asked(rob):
    """A request that needs two technical approvers."""
    return ask(rob)


def asked_as(rob, *steps):
    """A request with steps of (asked, needed, sequence)."""
    ApprovalPolicy.objects.update_or_create(
        kind=KIND,
        level="normal",
        defaults={
            "steps": [
                {"asked": asked, "needed": needed, "sequence": sequence}
                for asked, needed, sequence in steps
            ]
        },
    )
    fields = {"title": "Try it", "url": "/", "revision": 1, "sha256": SHA}
    return approvals.ask(kind=KIND, level="normal", actor=rob, excluded={}, **fields)


def refused(error, request, act, *args, **kwargs):
    """The act is refused and leaves request and votes as they were."""
    before = (shown(request), Vote.objects.count(), Notification.objects.count())
    with pytest.raises(error) as caught, transaction.atomic():
        act(request, *args, **kwargs)
    after = (shown(request), Vote.objects.count(), Notification.objects.count())
    assert after == before
    return caught.value


def stands(request, **excluded):
    return standing(request, excluded=excluded, at=clock.now())


def test_who_is_asked_is_told_and_who_asks_is_not(rob, asked, cora, carl):
    later = ask(rob)

    told = Notification.objects.filter(key=f"approval-{later.pk}")
    assert {note.recipient for note in told} == {cora, carl}
    assert later.state == State.OPEN


def test_when_one_approves_twice_the_second_is_refused_and_one_vote_counts(asked, cora):
    approve(asked, cora)

    error = refused(
        RuleError, asked, approvals.vote, actor=cora, decision="approve", **RIGHT
    )

    assert (error.status, error.code) == (409, "voted")
    assert stands(asked).missing == {asked.steps.get().pk: 1}


def test_who_is_in_both_groups_counts_for_one_step_and_one_person_is_missing(rob, bea):
    both = make_user("boris", "approver_technical", "approver_business")
    request = asked_as(rob, ("approver_technical", 1, 0), ("approver_business", 1, 0))

    request = approve(request, both)

    assert request.state == State.OPEN
    assert sum(stands(request).missing.values()) == 1


@pytest.mark.parametrize("role", ["approver_technical", "approver_business"])
def test_a_later_person_moves_who_is_in_both_groups_over(rob, role):
    both = make_user("boris", "approver_technical", "approver_business")
    later = make_user("lena", role)
    request = asked_as(rob, ("approver_technical", 1, 0), ("approver_business", 1, 0))
    approve(request, both)

    request = approve(request, later)

    assert request.state == State.GRANTED
    steps = {c.vote.user: c.step.asked for c in stands(request).votes}
    assert steps[later] == role
    assert steps[both] != role


def test_one_rejection_with_a_comment_ends_the_request_at_once(asked, cora, carl):
    approve(asked, cora)

    request = approvals.vote(
        asked, actor=carl, decision="reject", comment="Too risky.", **RIGHT
    )

    assert request.state == State.REJECTED
    assert request.ended_at is not None


@pytest.mark.parametrize("comment", ["", "  \n"])
def test_a_rejection_without_a_comment_is_refused(asked, carl, comment):
    no = {"actor": carl, "decision": "reject", "comment": comment, **RIGHT}

    assert refused(RuleError, asked, approvals.vote, **no).code == "comment_missing"


@pytest.mark.parametrize("wrong", [{"revision": 2}, {"sha256": "b" * 64}])
def test_a_vote_on_anything_but_what_was_asked_about_is_stale(asked, cora, wrong):
    stale = {"actor": cora, "decision": "approve", **RIGHT, **wrong}

    assert refused(RuleError, asked, approvals.vote, **stale).code == "stale"


def test_an_expired_request_takes_no_vote_and_is_not_granted(asked, cora, carl):
    approve(asked, cora)
    ApprovalRequest.objects.update(expires_at=clock.now())
    late = {"actor": carl, "decision": "approve", **RIGHT}

    assert refused(RuleError, asked, approvals.vote, **late).code == "not_open"
    assert stands(asked).is_expired
    assert approvals.judge(asked, excluded={}).state == State.EXPIRED
    assert approvals.judge(asked, excluded={}).state == State.EXPIRED


def test_a_granted_request_that_got_too_old_cannot_be_used(asked, cora, carl, ada):
    approve(asked, cora)
    approve(asked, carl)
    ApprovalRequest.objects.update(expires_at=clock.now())
    asked.refresh_from_db()

    error = refused(RuleError, asked, approvals.consume, actor=ada, now=stands(asked))

    assert error.code == "not_approved"
    assert approvals.judge(asked, excluded={}).state == State.EXPIRED


def test_a_granted_request_is_used_once(asked, cora, carl, ada):
    approve(asked, cora)
    refused(RuleError, asked, approvals.consume, actor=ada, now=stands(asked))
    approve(asked, carl)

    used = approvals.consume(asked, actor=ada, now=stands(asked))

    assert (used.state, used.consumed_by) == (State.CONSUMED, ada)
    error = refused(RuleError, asked, approvals.consume, actor=ada, now=stands(asked))
    assert error.code == "approval_used"


def test_a_vote_taken_back_opens_a_granted_request_again(asked, cora, carl):
    approve(asked, cora)
    approve(asked, carl)

    request = revoke(asked, carl)

    assert request.state == State.OPEN
    assert not stands(request).is_granted
    assert approve(request, carl).state == State.GRANTED


def test_only_ones_own_vote_is_taken_back_and_only_with_a_reason(asked, cora, carl):
    approve(asked, cora)
    why = {"reason": "Not sure.", "excluded": {}}

    refused(NotAllowedError, asked, approvals.revoke, actor=carl, **why)
    blank = {"actor": cora, "reason": " ", "excluded": {}}
    assert refused(RuleError, asked, approvals.revoke, **blank).code == "reason_missing"
    approvals.end(asked, State.SUPERSEDED)
    refused(RuleError, asked, approvals.revoke, actor=cora, **why)


def test_who_has_another_part_in_it_cannot_vote(asked, cora):
    part = {**RIGHT, "excluded": {cora.pk: "The author cannot vote."}}

    error = refused(
        SeparationError, asked, approvals.vote, actor=cora, decision="approve", **part
    )

    assert (error.status, error.code) == (403, "sod")
    assert str(error) == "The author cannot vote."


def test_a_superuser_without_the_role_cannot_vote(asked, db):
    su = make_user("su", is_superuser=True, is_staff=True)
    yes = {"actor": su, "decision": "approve", **RIGHT}

    assert refused(NotAllowedError, asked, approvals.vote, **yes).status == 403


def test_a_service_account_with_the_role_cannot_vote_and_is_not_asked(rob, cora):
    bot = make_user("bot", "approver_technical", is_service=True)
    request = ask(rob)
    yes = {"actor": bot, "decision": "approve", **RIGHT}

    refused(NotAllowedError, request, approvals.vote, **yes)
    assert not Notification.objects.filter(recipient=bot).exists()
    assert approvals.short_of(request, {}) == "1 technical approver"


def test_the_vote_of_somebody_who_left_or_lost_the_role_stops_counting(
    asked, cora, carl, ada
):
    approve(asked, cora)
    approve(asked, carl)
    carl.is_active = False
    carl.save()

    assert [c.counts for c in stands(asked).votes] == [True, False]
    assert approvals.judge(asked, excluded={}).state == State.OPEN
    carl.is_active = True
    carl.save()
    assert approvals.judge(asked, excluded={}).state == State.GRANTED
    Membership.objects.filter(user=cora).delete()
    assert stands(asked).votes[0].why_not == "Cora is not asked any more."
    refused(RuleError, asked, approvals.consume, actor=ada, now=stands(asked))


def test_the_vote_of_somebody_who_became_the_implementer_stops_counting(
    asked, cora, carl, ada
):
    approve(asked, cora)
    approve(asked, carl)
    excluded = {carl.pk: "Who implements a change cannot vote on it."}

    now = standing(asked, excluded=excluded, at=clock.now())
    refused(RuleError, asked, approvals.consume, actor=ada, now=now)
    assert approvals.judge(asked, excluded=excluded).state == State.OPEN


def test_too_few_people_are_named_when_asking(rob, cora, carl, mia):
    request = asked_as(rob, ("approver_technical", 2, 0), ("manager", 1, 0))

    assert approvals.short_of(request, {}) == ""
    short = approvals.short_of(request, {cora.pk: "No.", mia.pk: "No."})
    assert short == "1 technical approver and 1 manager"


def test_one_person_in_two_groups_does_not_make_up_for_two(rob):
    make_user("boris", "approver_technical", "manager")
    request = asked_as(rob, ("approver_technical", 1, 0), ("manager", 1, 0))

    assert approvals.short_of(request, {}) == "1 manager"


def test_a_later_step_waits_for_its_turn(rob, cora, mia):
    request = asked_as(rob, ("approver_technical", 1, 0), ("manager", 1, 1))
    early = {"actor": mia, "decision": "approve", **RIGHT}

    assert refused(RuleError, request, approvals.vote, **early).code == "not_your_turn"
    approve(request, cora)
    assert approve(request, mia).state == State.GRANTED


def test_nobody_is_asked_before_somebody_decided_who_must_agree(rob):
    with pytest.raises(RuleError):
        approvals.ask(
            kind="unknown",
            level="normal",
            title="Try it",
            url="/",
            revision=1,
            sha256=SHA,
            actor=rob,
            excluded={},
        )
    assert not ApprovalRequest.objects.exists()


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE core_vote SET decision = 'reject', comment = 'No.' WHERE id = %s",
        "UPDATE core_vote SET user_id = user_id, at = at WHERE id = %s",
        "UPDATE core_vote SET revoked_at = now(), revoke_reason = 'x',"
        " comment = 'other' WHERE id = %s",
        "DELETE FROM core_vote WHERE id = %s",
    ],
)
def test_a_vote_cannot_be_changed_by_sql(asked, cora, statement):
    approve(asked, cora)
    vote = Vote.objects.get()

    with (
        pytest.raises(DatabaseError, match="not changed"),
        transaction.atomic(),
        connection.cursor() as cursor,
    ):
        cursor.execute(statement, [vote.pk])

    kept = Vote.objects.get()
    assert (kept.user, kept.decision, kept.comment) == (cora, "approve", "")


def test_a_vote_taken_back_stays_taken_back(asked, cora):
    approve(asked, cora)
    revoke(asked, cora)

    with pytest.raises(DatabaseError), transaction.atomic():
        Vote.objects.update(revoked_at=None, revoke_reason="")

    assert Vote.objects.get().revoked_at is not None


@pytest.mark.django_db(transaction=True)
def test_of_two_who_reject_and_approve_together_the_rejection_ends_it(rob, cora, carl):
    request = approve(ask(rob, needed=2), cora)
    no = {"actor": carl, "decision": "reject", "comment": "No.", **RIGHT}
    other = make_user("cleo", "approver_technical")

    raised = together(
        lambda: approvals.vote(request, **no), lambda: approve(request, other)
    )

    assert raised[0] is None
    assert shown(request)[0] == State.REJECTED


@pytest.mark.django_db(transaction=True)
def test_all_who_vote_at_one_moment_are_counted_and_nobody_waits_for_ever(db):
    found = trials(5)

    assert [(kind, o.wrong, o.deadlocks) for kind, o in found.items()] == [
        ("together", [], []),
        ("against revoke", [], []),
    ]
    assert all(outcome.right == 5 for outcome in found.values())
