"""Standard, emergency and statutory changes, and how a change ends (S62 to S64)."""

from datetime import timedelta
from types import SimpleNamespace

import pytest
from django.urls import reverse
from django.utils import timezone

from changes.models import ChangeDuty, ChangeRequest, ChangeTemplate, Review
from changes.services import ending, submitting, templates, voting
from opsdesk.core import clock
from opsdesk.core.errors import NotAllowedError, RuleError
from opsdesk.core.gates import GatesError
from opsdesk.core.services import duties
from snags.models import Snag
from tests.changes.companies import kept
from tests.changes.drafts import (
    fresh,
    make_asked,
    make_change,
    make_successes,
    place,
)
from tests.changes.test_revising import act, edit
from tests.factories import make_landscape, make_snag, make_user

DAY = timedelta(days=1)
CAST = {
    "sam": "support",
    "sue": "support",
    "ana": "support",
    "rob": "reporter",
    "tim": "approver_technical",
    "mia": "manager",
}
BODY = {
    "description": "The sum of the lines is rounded, not each line.",
    "reason": "Customers complain.",
    "impact": "Invoices of the day may have to be printed again.",
    "implementation_plan": "Run run.sql.",
    "test_plan": "Print ten invoices.",
    "backout_plan": "Run undo.sql and print one invoice.",
    "comms_plan": "",
}


@pytest.fixture(scope="module")
def company(undone):
    """Two normal changes by Ana, Sam and Sue went well."""
    live, people = make_landscape(), {n: make_user(n, role) for n, role in CAST.items()}
    sam, sue, ana, *_ = people.values()
    successes = make_successes(live, sam, sue, ana)
    return SimpleNamespace(live=live, successes=successes, **people)


live, successes = kept("live"), kept("successes")
sam, sue, ana, rob, tim, mia = map(kept, CAST)


def propose(live, sam, successes, **changed):
    return templates.propose(
        actor=sam,
        landscape=live.landscape,
        code="rounding",
        title="Round invoices",
        body={**BODY, **changed},
        locked=["implementation_plan", "backout_plan"],
        environments=[live, place(live, "dev_test")],
        evidence=successes,
        expires_on=clock.today() + 365 * DAY,
    )


@pytest.fixture
def proposed(live, sam, tim, mia, successes):
    return propose(live, sam, successes)


@pytest.fixture
def template(proposed, tim, mia):
    return agree(proposed, tim, mia)


def agree(template, *people):
    for person in people:
        template = ChangeTemplate.objects.get(pk=template.pk)
        voting.vote(
            template.approval,
            actor=person,
            decision="approve",
            revision=template.number,
            sha256=template.approval.sha256,
        )
    return ChangeTemplate.objects.get(pk=template.pk)


def standard(live, sam, sue, ana, template, **changed):
    return make_change(
        live, sam, sue, ana, kind="standard", template=template, **changed
    )


def test_s62_a_standard_change_of_a_template_in_force_is_approved_when_submitted(
    client, live, sam, sue, ana, template
):
    change = standard(live, sam, sue, ana, template)

    act(client, sam, change, "submit")

    change = fresh(change)
    assert (change.state, change.kind) == ("approved", "standard")
    assert change.targets.get(environment=live).is_booked


def test_s62_a_locked_field_edited_makes_it_a_normal_change(
    client, live, sam, sue, ana, template
):
    change = standard(live, sam, sue, ana, template)

    edit(client, sam, change, implementation_plan="Run something else.")
    assert fresh(change).kind == "normal"
    act(client, sam, change, "submit")

    assert fresh(change).state == "assessing"


def test_an_approved_standard_change_edited_in_substance_is_assessed_as_normal(
    client, live, sam, sue, ana, template
):
    change = standard(live, sam, sue, ana, template)
    act(client, sam, change, "submit")

    edit(client, sam, fresh(change), reason="Another reason.")

    change = fresh(change)
    assert (change.state, change.kind) == ("assessing", "normal")
    assert change.revisions.get(number=change.revision).sha256 == change.sha256


@pytest.mark.parametrize(
    "fault", [{"state": "suspended"}, {"expires_on": timezone.localdate() - DAY}]
)
def test_s62_a_suspended_or_expired_template_carries_nothing(
    client, live, sam, sue, ana, template, fault
):
    change = standard(live, sam, sue, ana, template)
    ChangeTemplate.objects.filter(pk=template.pk).update(**fault)

    answer = act(client, sam, change, "submit")

    assert answer.status_code == 409
    assert fresh(change).state == "draft"
    assert not change.revisions.exists()


def test_s63_a_standard_change_that_failed_suspends_its_template(
    client, live, sam, sue, ana, template, mia
):
    change = standard(live, sam, sue, ana, template)
    act(client, sam, change, "submit")
    ChangeRequest.objects.filter(pk=change.pk).update(state="implementing")

    act(client, mia, change, "declare_failed", reason="Neither way worked.")

    template = ChangeTemplate.objects.get(pk=template.pk)
    assert template.state == "suspended"
    assert change.ref in template.suspended_because
    assert fresh(change).state == "failed"
    snag = Snag.objects.get(caused_by_changes=change)
    assert (snag.priority, snag.environment) == (1, live)
    assert [owed.kind for owed in change.duties.all()] == ["review"]


@pytest.mark.parametrize(
    "spoilt",
    [
        {"closure": "with_issues"},
        {"closure": "backed_out"},
        {"kind": "emergency"},
        {"state": "review", "closure": "", "closed_at": None},
    ],
)
def test_a_template_rests_on_two_normal_changes_that_went_well(
    client, live, sam, successes, spoilt
):
    ChangeRequest.objects.filter(pk=successes[0].pk).update(**spoilt)

    with pytest.raises(RuleError) as found:
        templates.propose(
            actor=sam,
            landscape=live.landscape,
            code="rounding",
            title="Round invoices",
            body=BODY,
            locked=[],
            environments=[live],
            evidence=successes,
            expires_on=clock.today() + 365 * DAY,
        )

    assert found.value.code == "evidence_missing"
    assert not ChangeTemplate.objects.exists()
    client.force_login(sam)
    page = client.get(reverse("changes:template_new")).content.decode()
    assert (str(successes[0]) in page, str(successes[1]) in page) == (False, True)


def test_one_success_alone_carries_no_template(client, live, sam, successes):
    client.force_login(sam)
    form = {
        **BODY,
        "code": "rounding",
        "title": "Round invoices",
        "environments": [live.pk],
        "expires_on": "2098-01-01",
    }
    url = reverse("changes:template_new")

    one = client.post(url, {**form, "evidence": [successes[0].pk]})

    assert "Name two normal changes or more" in one.content.decode()
    assert not ChangeTemplate.objects.exists()

    client.post(url, {**form, "evidence": [change.pk for change in successes]})

    made = ChangeTemplate.objects.get()
    page = client.get(made.get_absolute_url()).content.decode()
    assert set(made.evidence.all()) == set(successes)
    assert all(f">{change.ref}</a>" in page for change in successes)


def test_who_proposed_a_template_does_not_vote_on_it(proposed, sam):
    sam.memberships.create(role="approver_technical")

    with pytest.raises(NotAllowedError):
        agree(proposed, sam)

    assert ChangeTemplate.objects.get().state == "proposed"


def test_the_next_number_replaces_the_one_before_once_it_is_agreed_to(
    live, template, sam, tim, mia, successes
):
    second = propose(live, sam, successes, test_plan="Print twenty.")
    assert ChangeTemplate.objects.get(pk=template.pk).state == "approved"

    agree(second, tim, mia)

    states = ChangeTemplate.objects.order_by("number").values_list("number", "state")
    assert list(states) == [(1, "retired"), (2, "approved")]


def test_nobody_is_asked_about_a_number_once_a_later_one_is_in_force(
    live, proposed, sam, tim, mia, successes
):
    agree(proposed, tim)
    second = agree(propose(live, sam, successes, test_plan="Print 20."), tim, mia)
    templates.suspend_template(second, because="Wrong.", actor=mia, at=clock.now())

    with pytest.raises(RuleError) as found:
        agree(proposed, mia)

    assert found.value.code == "not_open"
    states = ChangeTemplate.objects.order_by("number").values_list("number", "state")
    assert list(states) == [(1, "retired"), (2, "suspended")]


@pytest.mark.parametrize(
    ("decision", "said"), [("approve", "Approved"), ("reject", "Rejected")]
)
def test_who_proposed_a_template_hears_what_it_has_come_to(
    proposed, sam, tim, mia, decision, said
):
    agree(proposed, tim)

    voting.vote(
        proposed.approval,
        actor=mia,
        decision=decision,
        comment="Because.",
        revision=proposed.number,
        sha256=proposed.approval.sha256,
    )

    told = sam.notifications.order_by("-pk").first()
    assert told.title == f"{said}: Standard change rounding v1: Round invoices"


def test_a_suspended_template_is_in_force_again_after_another_yes(
    template, sam, tim, mia
):
    templates.suspend_template(
        template, because="It went wrong.", actor=mia, at=clock.now()
    )
    templates.propose_again(template, actor=sam)

    template = agree(template, tim, mia)

    assert (template.state, template.suspended_because) == ("approved", "")


def test_an_emergency_without_an_open_p1_snag_is_refused(live, sam, sue, ana, rob):
    change = make_change(live, sam, sue, ana, kind="emergency")

    with pytest.raises(GatesError) as refused:
        submitting.submit(change, actor=sam)

    assert [found.code for found in refused.value.unmet] == ["SNAG"]
    assert fresh(change).state == "draft"


def test_an_emergency_asks_the_emergency_approver_at_once(
    client, live, sam, sue, ana, rob
):
    snag = make_snag(live, rob, impact=1, urgency=1)
    change = make_change(live, sam, sue, ana, kind="emergency", snags=[snag])

    act(client, sam, change, "submit")

    change = fresh(change)
    assert change.state == "awaiting"
    assert change.approval.steps.get().asked == "emergency"


def test_a_statutory_change_names_its_law_and_counts_the_days(
    client, live, sam, sue, ana
):
    change = make_change(live, sam, sue, ana, kind="statutory")
    assert act(client, sam, change, "submit").status_code == 409

    day = clock.today() + 10 * DAY
    edit(client, sam, fresh(change), authority="VAT Act", legal_on=day.isoformat())
    act(client, sam, change, "submit")

    assert fresh(change).state == "assessing"
    client.force_login(sam)
    page = client.get(change.get_absolute_url()).content.decode()
    assert "in 10 days" in page


def in_review(live, sam, sue, ana, rob, **changed):
    change = make_asked(live, sam, sue, ana, rob)
    ChangeRequest.objects.filter(pk=change.pk).update(state="review", **changed)
    return fresh(change)


def test_s64_the_implementer_neither_reviews_nor_closes_their_own_change(
    client, live, sam, sue, ana, rob
):
    sue.memberships.create(role="manager")
    change = in_review(live, sam, sue, ana, rob)

    review = act(client, sue, change, "review", outcome="successful", outage_minutes=0)
    close = act(client, sue, change, "close", closure="successful")

    assert (review.status_code, close.status_code) == (403, 403)
    assert fresh(change).state == "review"
    assert not Review.objects.exists()


def test_a_change_that_owes_something_is_not_closed(
    client, live, sam, sue, ana, rob, mia
):
    change = in_review(live, sam, sue, ana, rob)
    duty = duties.owe(kind="change", title="Sync", owner=sue, due_at=clock.now() + DAY)
    owed = ChangeDuty.objects.create(
        change=change, kind="failover_sync", environment=live, duty=duty
    )

    assert act(client, mia, change, "close", closure="successful").status_code == 409
    assert fresh(change).state == "review"
    ChangeDuty.objects.filter(pk=owed.pk).update(is_settled=True)
    act(client, mia, change, "close", closure="successful")

    change = fresh(change)
    assert (change.state, change.closure) == ("closed", "successful")


def test_a_high_risk_is_reviewed_before_it_is_closed(
    client, live, sam, sue, ana, rob, mia
):
    change = in_review(live, sam, sue, ana, rob, risk="high")
    duty = duties.owe(
        kind="change", title="Review", owner=mia, due_at=clock.now() + DAY
    )
    ChangeDuty.objects.create(change=change, kind="review", duty=duty)
    with pytest.raises(RuleError, match="still owed"):
        ending.close(change, actor=mia, closure="successful")

    said = {"outcome": "with_issues", "outage_minutes": 12, "lessons": "Warn earlier."}
    act(client, mia, change, "review", **said)
    act(client, mia, change, "close", closure="with_issues")

    assert fresh(change).state == "closed"
    assert Review.objects.get().outage_minutes == 12
    duty.refresh_from_db()
    assert duty.done_by == mia


def test_what_was_backed_out_is_not_closed_as_if_it_went_well(
    client, live, sam, sue, ana, rob, mia
):
    change = in_review(live, sam, sue, ana, rob)
    change.events.create(verb="back_out", at=clock.now())
    act(client, mia, change, "review", outcome="backed_out", outage_minutes=0)

    for closure in ("successful", "with_issues"):
        assert act(client, mia, change, "close", closure=closure).status_code == 409
        assert fresh(change).state == "review"

    act(client, mia, change, "close", closure="backed_out")
    assert fresh(change).closure == "backed_out"


def test_only_who_implemented_it_or_owns_the_environment_confirms(
    client, live, sam, sue, ana, rob
):
    change = make_asked(live, sam, sue, ana, rob)
    ChangeRequest.objects.filter(pk=change.pk).update(state="verifying")

    assert act(client, sam, change, "confirm").status_code == 403
    assert fresh(change).state == "verifying"
    act(client, sue, change, "confirm")

    assert fresh(change).state == "review"


def test_a_snag_becomes_a_change_that_its_reporter_asked_for(
    client, live, sam, sue, ana, rob
):
    snag = make_snag(live, rob)
    client.force_login(sam)
    url = f"{reverse('changes:new')}?snag={snag.pk}"
    page = client.get(url)
    assert page.status_code == 200
    assert snag.title in page.content.decode()

    data = {"version": 0, "title": snag.title, "kind": "normal", "snags": snag.ref}
    client.post(url, {**data, "outage_minutes": 0, "backout_hours": 48})

    change = ChangeRequest.objects.latest("pk")
    assert (change.requester, change.state) == (rob, "draft")
    assert list(change.snags.all()) == [snag]
    client.force_login(rob)
    assert client.get(change.get_absolute_url()).status_code == 200


def test_the_list_and_the_page_cost_the_same_however_many_there_are(
    client, live, sam, sue, ana, same_queries
):
    client.force_login(sam)
    numbers = iter(range(100))

    def add(count):
        for _ in range(count):
            make_change(live, sam, sue, ana, label=f"2.{next(numbers)}")

    same_queries(reverse("changes:list"), add, budget=9)
