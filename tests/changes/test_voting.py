"""Votes on a change, as the named person through the screen (S13 to S27, S29)."""

from datetime import timedelta
from types import SimpleNamespace

import pytest
from django.db.models import F
from django.urls import reverse

from changes.models import ChangeEvent
from changes.queries.approvals import inbox
from changes.services import asking, files, holding, packages, submitting, voting
from opsdesk.accounts.models import Membership
from opsdesk.core.models import ApprovalPolicy, ApprovalRequest, Notification, Vote
from tests.changes.companies import kept
from tests.changes.drafts import fresh, make_asked, make_change, make_tested, soon
from tests.changes.making import make_component, make_file
from tests.changes.test_revising import edit
from tests.factories import make_landscape, make_user

DAY = timedelta(days=1)
CAST = {
    "mia": "manager",
    "sam": "support",
    "sue": "support",
    "bea": "approver_business",
    "cora": "approver_technical",
    "carl": "approver_technical",
}


@pytest.fixture(scope="module")
def company(undone):
    """Mia asked for a change, Sam implements it, Sue made the package, Bea tested it.

    One of low risk needs two technical approvers, and there are two, Cora and Carl.
    """
    two = [{"asked": "approver_technical", "needed": 2, "sequence": 0}]
    ApprovalPolicy.objects.filter(kind="change", level="low").update(steps=two)
    live, people = make_landscape(), {n: make_user(n, role) for n, role in CAST.items()}
    mia, sam, sue, bea, *_ = people.values()
    change = make_asked(live, mia, sam, sue, bea)
    return SimpleNamespace(live=live, change=change, **people)


live, change = kept("live"), kept("change")
mia, sam, sue, bea, cora, carl = map(kept, CAST)


@pytest.fixture
def cleo(db):
    """Technical approver, a third one."""
    return make_user("cleo", "approver_technical")


def state():
    return (
        list(Vote.objects.order_by("pk").values_list("user", "revoked_at")),
        list(ApprovalRequest.objects.order_by("pk").values_list("state", "ended_at")),
        ChangeEvent.objects.count(),
        Notification.objects.count(),
    )


def url_of(change, name="approval_vote"):
    return reverse(f"changes:{name}", args=[change.approval_id])


def press(client, person, change, decision="approve", comment="", **shown):
    """What the vote page posts, as this person saw it."""
    client.force_login(person)
    data = {
        "decision": decision,
        "comment": comment,
        "revision": change.revision,
        "sha256": change.sha256,
        **shown,
    }
    return client.post(url_of(change), data)


def refused(client, person, change, code, *words, **said):
    """The page refuses with this code, and no row has changed."""
    before, stood = state(), fresh(change).state
    answer = press(client, person, change, **said)
    assert answer.status_code == code, answer.content[:300]
    assert all(word in answer.content.decode() for word in words)
    assert (state(), fresh(change).state) == (before, stood)


def test_s13_the_requester_cannot_approve_though_an_approver(client, change, mia):
    Membership.objects.create(user=mia, role="approver_technical")

    refused(client, mia, change, 403, "Who asked for a change cannot vote on it.")


def test_s14_the_implementer_cannot_approve(client, change, sam):
    Membership.objects.create(user=sam, role="approver_technical")

    refused(client, sam, change, 403, "Who implements a change cannot vote on it.")


def test_s15_the_author_of_the_package_cannot_approve(client, change, sue):
    Membership.objects.create(user=sue, role="approver_technical")

    refused(client, sue, change, 403, "The author of the package cannot vote on it.")


@pytest.mark.parametrize("part", ["drafted", "filled", "sealed"])
def test_who_had_a_hand_in_a_package_of_another_author_cannot_approve(
    client, live, mia, sam, sue, bea, part
):
    dee = make_user("dee", "support", "approver_technical")
    hands = {"drafted": sue, "filled": sue, "sealed": sue, part: dee}
    package = packages.draft(
        actor=hands["drafted"],
        component=make_component(live.landscape),
        label="2.0",
        package_class="patch",
        author=sue,
    )
    files.upload(package, actor=hands["filled"], uploads=[make_file()])
    package = packages.seal(package, actor=hands["sealed"])
    change = make_asked(live, mia, sam, sue, bea, package=package, start=soon(48))

    refused(client, dee, change, 403, "put the package together cannot vote on it.")


@pytest.mark.parametrize("part", ["drafted", "edited"])
def test_who_wrote_the_draft_for_somebody_else_cannot_approve(
    client, live, mia, sam, sue, bea, part
):
    dee = make_user("dee", "support", "approver_technical")
    writer = dee if part == "drafted" else sue
    change = make_change(
        live, writer, sam, sue, requester=mia, label="2.0", start=soon(48)
    )
    editor = dee if part == "edited" else sue
    edit(client, editor, change, title="Round every invoice")
    change = submitting.submit(change, actor=mia)
    make_tested(change, live, bea)
    change = asking.request_approval(change, actor=mia, conflicts_accepted="Known.")

    refused(client, dee, change, 403, "Who wrote the draft cannot vote on it.")


def test_s16_a_second_approval_by_the_same_person_is_refused(client, change, cora):
    assert press(client, cora, change).status_code == 302

    refused(client, cora, change, 409, "You have voted on this.")

    assert Vote.objects.count() == 1
    assert fresh(change).state == "awaiting"


def test_s17_who_is_in_both_required_groups_counts_for_one_step_only(
    client, live, mia, sam, sue, bea
):
    boris = make_user("boris", "approver_technical", "approver_business")
    change = make_asked(
        live, mia, sam, sue, bea, risk_manual="medium", label="2.0", start=soon(48)
    )

    assert press(client, boris, change).status_code == 302

    assert fresh(change).state == "awaiting"
    page = client.get(url_of(change, "approval")).content.decode()
    assert "Still needed: 1 business approver" in page


def test_s18_one_rejection_ends_it_at_once_and_releases_the_slots(
    client, change, cora, carl, mia
):
    press(client, cora, change)

    answer = press(client, carl, change, "reject", "The back-out plan is too thin.")

    assert answer.status_code == 302
    assert fresh(change).state == "rejected"
    assert not change.targets.filter(is_booked=True).exists()
    told = Notification.objects.get(recipient=mia, title__startswith="Rejected")
    assert told.body == "The back-out plan is too thin."


def test_what_i_voted_on_is_among_the_done_though_others_are_waited_for(
    client, change, cora
):
    press(client, cora, change)

    found = inbox(cora)

    assert found.waiting == []
    assert [line.request.state for line in found.done] == ["open"]


def test_the_inbox_costs_the_same_for_many_requests(
    client, live, mia, sam, cora, request, same_queries
):
    sue, bea = (request.getfixturevalue(name) for name in ("sue", "bea"))

    def add(count):
        for _ in range(count):
            day = 1 + ApprovalRequest.objects.count()
            start = soon(24 * day)
            make_asked(live, mia, sam, sue, bea, label=f"2.{day}", start=start)

    client.force_login(cora)
    same_queries(reverse("changes:approvals"), add, budget=14)


def test_s18_a_rejection_without_a_comment_is_not_taken(client, change, carl):
    refused(client, carl, change, 422, "Say why you reject it.", decision="reject")


def test_s22_a_vote_on_a_page_from_before_an_edit_is_stale(client, change, cora, mia):
    edit(client, mia, change, backout_plan="Restore the backup of last night.")
    assert fresh(change).revision == 2

    refused(client, cora, change, 409, "This changed since you read it.")


def test_any_other_digest_than_the_one_asked_about_is_stale(client, change, cora):
    refused(client, cora, change, 409, "This changed", sha256="a" * 64)


def test_votes_nobody_used_in_time_expire_and_the_change_is_assessed_again(
    client, change, cora, carl, mia
):
    press(client, cora, change)
    press(client, carl, change)
    ApprovalRequest.objects.update(expires_at=F("requested_at"))

    assert voting.expire_due() == 1
    assert voting.expire_due() == 0

    assert fresh(change).state == "assessing"
    assert ApprovalRequest.objects.get().state == "expired"
    assert Notification.objects.filter(
        recipient=mia, title__contains="in time"
    ).exists()


def test_s25_a_granted_change_whose_vote_is_taken_back_awaits_approval_again(
    client, change, cora, carl, mia
):
    press(client, cora, change)
    press(client, carl, change)
    assert fresh(change).state == "approved"

    client.post(url_of(change, "approval_revoke"), {"reason": "I misread the plan."})

    assert fresh(change).state == "awaiting"
    told = Notification.objects.filter(recipient=mia, title__contains="taken back")
    assert told.count() == 1


def test_s26_a_superuser_without_a_role_cannot_approve(client, change):
    su = make_user("su", is_superuser=True, is_staff=True)

    refused(client, su, change, 403)
    assert client.get("/admin/").status_code == 404  # and there is no other way in


def test_s26_a_superuser_who_works_here_but_is_not_asked_cannot_approve(client, change):
    su = make_user("su", "support", is_superuser=True, is_staff=True)

    refused(client, su, change, 403, "You are not among those asked.")


def test_s27_managers_are_told_when_too_few_people_could_approve(
    live, mia, sam, sue, bea, carl
):
    Membership.objects.filter(user=carl).delete()
    make_asked(live, mia, sam, sue, bea, label="2.0", start=soon(48))

    told = Notification.objects.get(recipient=mia, title__contains="not enough people")
    assert "1 technical approver" in told.body


def test_s29_nobody_votes_while_a_change_is_on_hold_but_it_can_be_cancelled(
    client, change, cora, mia
):
    holding.hold(change, actor=mia, reason="The auditors are here.")

    refused(client, cora, change, 409, "The auditors are here.")

    assert holding.cancel(change, actor=mia, reason="Dropped.").state == "cancelled"


def test_a_vote_is_taken_back_again_once_the_change_goes_on(client, change, cora, mia):
    press(client, cora, change)
    page, back = url_of(change, "approval"), url_of(change, "approval_revoke")
    assert back in client.get(page).content.decode()

    held = holding.hold(change, actor=mia, reason="The auditors are here.")
    assert back not in client.get(page).content.decode()
    assert client.post(back, {"reason": "I was wrong."}).status_code == 409

    holding.release(held, actor=mia)
    assert back in client.get(page).content.decode()


def test_a_veto_still_counts_after_it_was_granted(client, change, cora, carl, cleo):
    press(client, cora, change)
    press(client, carl, change)

    press(client, cleo, change, "reject", "It clashes with the audit.")

    assert fresh(change).state == "rejected"


def test_the_inbox_holds_what_waits_for_me_what_i_asked_for_and_what_is_over(
    client, change, cora, carl, mia, tim
):
    assert [line.request for line in inbox(cora).waiting] == [change.approval]
    assert inbox(mia).waiting == []
    assert [line.request for line in inbox(mia).requested] == [change.approval]

    press(client, cora, change)
    assert inbox(cora).waiting == []
    press(client, carl, change)

    assert [line.request.state for line in inbox(cora).done] == ["granted"]
    assert inbox(tim).waiting == []


def test_who_is_still_waited_for_is_reminded_once_a_day(change, cora, carl, client):
    press(client, cora, change)
    assert voting.remind_due() == 0
    ApprovalRequest.objects.update(requested_at=F("requested_at") - DAY)

    assert voting.remind_due() == 1
    assert voting.remind_due() == 0

    told = Notification.objects.filter(title__startswith="Still waiting")
    assert [note.recipient for note in told] == [carl]
