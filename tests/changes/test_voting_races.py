"""S24 and its kin: votes of one moment are all counted, and the change moves once."""

from functools import partial

import pytest
from django.test import Client
from django.urls import reverse

from changes.models import ChangeEvent
from changes.services import voting
from opsdesk.core.models import ApprovalPolicy, Notification, Vote
from tests.changes.drafts import fresh, make_asked
from tests.core.voting_trials import together
from tests.factories import make_user


@pytest.fixture
def three(transactional_db, db):
    """Technical approvers, of whom a change of low risk needs two."""
    steps = [{"asked": "approver_technical", "needed": 2, "sequence": 0}]
    ApprovalPolicy.objects.filter(kind="change", level="low").update(steps=steps)
    return [make_user(name, "approver_technical") for name in ("cora", "carl", "cleo")]


@pytest.fixture
def change(three, live, mia, sam, sue, bea):
    """Mia asked for it, Sam implements it, Sue made the package, Bea tested it."""
    return make_asked(live, mia, sam, sue, bea)


@pytest.mark.django_db(transaction=True)
def test_s24_of_three_who_approve_together_all_count_and_it_is_approved_once(
    change, three, mia
):
    said = {"decision": "approve", "revision": change.revision, "sha256": change.sha256}
    browsers = [Client(), Client(), Client()]
    for browser, person in zip(browsers, three, strict=True):
        browser.force_login(person)
    answers, url = [], reverse("changes:approval_vote", args=[change.approval_id])

    def approve(browser):
        answers.append(browser.post(url, said).status_code)

    assert together(*(partial(approve, b) for b in browsers)) == [None, None, None]

    assert answers == [302, 302, 302]
    assert fresh(change).state == "approved"
    assert Vote.objects.count() == 3
    assert ChangeEvent.objects.filter(verb="grant").count() == 1
    told = Notification.objects.filter(recipient=mia, title__startswith="Approved")
    assert told.count() == 1


@pytest.mark.django_db(transaction=True)
def test_a_vote_and_a_vote_taken_back_together_leave_one_right_outcome(change, three):
    cora, carl, _ = three
    said = {"decision": "approve", "revision": change.revision, "sha256": change.sha256}
    voting.vote(change.approval, actor=cora, **said)

    raised = together(
        partial(voting.vote, change.approval, actor=carl, **said),
        partial(voting.revoke, change.approval, actor=cora, reason="Not sure."),
    )

    assert raised == [None, None]
    assert fresh(change).state == "awaiting"
    assert Vote.objects.filter(revoked_at__isnull=True).count() == 1
