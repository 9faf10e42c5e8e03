"""The verbs that move a snag, called directly: done, refused, and done again."""

from datetime import timedelta

import pytest

from opsdesk.core import clock
from opsdesk.core.errors import NotAllowedError, RuleError
from opsdesk.core.models import Duty
from snags.models import Clock, Snag, SnagComment, SnagEvent
from snags.services import composing, lifecycle
from snags.wording import sentence
from tests.factories import NINE, make_contract, make_party, make_snag, make_user

pytestmark = pytest.mark.django_db
DONE = {"resolution": "configuration", "resolution_note": "Tray swapped."}


@pytest.fixture
def snag(live, rob):
    make_contract(live.landscape, p3_response=60, p3_resolution=480)
    return make_snag(live, rob, at=NINE)


@pytest.fixture
def taken(snag, sam):
    return lifecycle.start(snag, actor=sam)


def facts(snag):
    """Everything a refused verb must leave as it was."""
    row = Snag.objects.filter(pk=snag.pk).values().get()
    row.pop("search")
    clocks = list(Clock.objects.filter(snag=snag).order_by("pk").values())
    return row, clocks, SnagEvent.objects.count(), SnagComment.objects.count()


def refused(snag, call, error=RuleError, match=None):
    before = facts(snag)
    with pytest.raises(error, match=match):
        call()
    assert facts(snag) == before


def verbs(of, ending):
    return [v for v in of.events.values_list("verb", flat=True) if v in ending]


def test_triage_says_whose_and_how_pressing(snag, sam, sue):
    after = lifecycle.triage(
        snag, actor=sam, owner=sue, impact=1, urgency=1, cause="defect"
    )

    assert (after.status, after.owner, after.priority, after.cause) == (
        "triaged",
        sue,
        1,
        "defect",
    )
    assert sue.notifications.filter(title__contains="is yours").count() == 1


def test_triage_again_changes_the_judgement_and_tells_nobody_twice(snag, sam, sue):
    lifecycle.triage(snag, actor=sam, owner=sue, impact=2, urgency=2)
    lifecycle.triage(snag, actor=sam, owner=sue, impact=2, urgency=2)

    assert verbs(snag, {"triaged"}) == ["triaged", "triaged"]
    assert sue.notifications.count() == 1


def test_triage_refuses_owners_who_do_not_work_here(snag, sam, rob, amy):
    gone = make_user("gone", "support", is_active=False)
    for owner in (rob, amy, gone):
        refused(
            snag,
            lambda owner=owner: lifecycle.triage(
                snag, actor=sam, owner=owner, impact=2, urgency=2
            ),
            match="cannot work on this snag",
        )


def test_triage_refuses_a_priority_without_a_reason(snag, sam):
    refused(
        snag,
        lambda: lifecycle.triage(
            snag, actor=sam, owner=sam, impact=3, urgency=3, priority=1
        ),
        match="say why it is P1",
    )


def test_a_time_before_the_report_or_after_now_is_refused(snag, sam):
    for at in (NINE - timedelta(seconds=1), clock.now() + timedelta(minutes=1)):
        refused(
            snag,
            lambda at=at: lifecycle.start(snag, actor=sam, at=at),
            match="between when it was reported and now",
        )


@pytest.mark.parametrize("name", ["rob", "amy", "ada", "vic"])
def test_only_workers_work(snag, request, name):
    person = request.getfixturevalue(name)
    for call in (
        lambda: lifecycle.start(snag, actor=person),
        lambda: lifecycle.wait(snag, actor=person, waiting_for="change"),
        lambda: lifecycle.resolve(snag, actor=person, **DONE),
        lambda: lifecycle.reject(snag, actor=person, **DONE),
        lambda: lifecycle.merge(snag, into=snag, actor=person),
    ):
        refused(snag, call, NotAllowedError)


def test_waiting_for_a_change_pauses_and_for_a_third_party_does_not(taken, sam):
    lifecycle.wait(taken, actor=sam, waiting_for="third_party")
    assert taken.clocks.get(kind="resolution").state == "running"
    lifecycle.resume(taken, actor=sam)
    lifecycle.wait(taken, actor=sam, waiting_for="change")

    assert taken.clocks.get(kind="resolution").state == "paused"
    assert taken.clocks.get(kind="response").state == "running"


def test_waiting_with_a_follow_up_owes_it_and_going_on_drops_it(taken, sam):
    soon = clock.now() + timedelta(days=2)
    lifecycle.wait(taken, actor=sam, waiting_for="change", follow_up_at=soon)
    assert Duty.objects.open().get().due_at == soon

    lifecycle.resume(taken, actor=sam)

    assert not Duty.objects.open().exists()


def test_waiting_needs_a_question_and_never_a_supplier(taken, sam):
    refused(
        taken,
        lambda: lifecycle.wait(taken, actor=sam, waiting_for="reporter"),
        match="Say what you need to know",
    )
    refused(
        taken,
        lambda: lifecycle.wait(taken, actor=sam, waiting_for="supplier"),
        match="Hand it over",
    )


def test_a_stranger_s_answer_does_not_end_the_wait(taken, sam, sue, rob):
    lifecycle.wait(taken, actor=sam, waiting_for="reporter", body="Which?")

    lifecycle.answer(taken, body="I ask too.", actor=sue)
    assert Snag.objects.get().status == "waiting"
    lifecycle.answer(taken, body="This.", actor=rob)
    assert Snag.objects.get().status == "in_progress"


def test_the_reporter_ends_only_the_wait_for_themselves(taken, sam, rob):
    lifecycle.wait(taken, actor=sam, waiting_for="change")

    refused(taken, lambda: lifecycle.resume(taken, actor=rob), NotAllowedError)


def test_a_hand_over_keeps_owner_and_business_clock(taken, sam, vic, northgate):
    after = lifecycle.hand_over(taken, supplier=northgate, actor=sam, reference="N-1")

    assert (after.owner, after.handed_to, after.waiting_for) == (
        sam,
        northgate,
        "supplier",
    )
    assert taken.clocks.get(kind="resolution").state == "running"
    assert vic.notifications.filter(title__contains="is with you").count() == 1
    refused(
        taken,
        lambda: lifecycle.hand_over(taken, supplier=northgate, actor=sam),
        match="has it already",
    )


def test_only_active_suppliers_are_handed_anything(taken, sam):
    team = make_party("Team", "team")
    closed = make_party("Gone Ltd", "supplier", is_active=False)
    for party in (team, closed):
        refused(
            taken,
            lambda party=party: lifecycle.hand_over(taken, supplier=party, actor=sam),
            match="is not a supplier",
        )


def test_the_ball_goes_from_supplier_to_supplier(taken, sam, northgate):
    acme = make_party("Acme", "supplier")
    lifecycle.hand_over(taken, supplier=northgate, actor=sam)

    lifecycle.hand_over(taken, supplier=acme, actor=sam)

    open_rows = taken.handovers.filter(to_at__isnull=True)
    assert [row.supplier for row in open_rows] == [acme]
    assert taken.handovers.count() == 2


def test_handing_back_what_nobody_has_is_refused(taken, sam):
    lifecycle.wait(taken, actor=sam, waiting_for="change")

    refused(
        taken,
        lambda: lifecycle.hand_back(taken, actor=sam),
        match="No supplier has it",
    )


def test_only_who_has_the_ball_acknowledges_it(taken, sam, vic, northgate):
    refused(taken, lambda: lifecycle.accept(taken, actor=vic), NotAllowedError)
    lifecycle.hand_over(taken, supplier=northgate, actor=sam)
    refused(taken, lambda: lifecycle.accept(taken, actor=sam), NotAllowedError)

    lifecycle.accept(taken, actor=vic)

    refused(taken, lambda: lifecycle.accept(taken, actor=vic), match="already")
    assert sam.notifications.filter(title__contains="has it").count() == 1


def test_resolving_stops_clocks_ends_duties_and_asks(taken, sam, rob, northgate):
    lifecycle.hand_over(
        taken,
        supplier=northgate,
        actor=sam,
        follow_up_at=clock.now() + timedelta(days=1),
    )

    after = lifecycle.resolve(taken, actor=sam, **DONE)

    assert set(taken.clocks.values_list("state", flat=True)) == {"stopped"}
    assert (after.handed_to, after.waiting_for, after.follow_up) == (None, "", None)
    assert after.auto_close_at > after.resolved_at
    assert not Duty.objects.open().exists()
    assert rob.notifications.filter(title__contains="is resolved").count() == 1
    assert taken.events.get(verb="resolved").params["note"] == "Tray swapped."


def test_reopening_keeps_the_words_it_was_resolved_with(taken, sam, rob):
    lifecycle.resolve(taken, actor=sam, **DONE)

    after = lifecycle.reopen(taken, actor=rob, body="Still twice.")

    assert (after.resolution, after.resolution_note, after.reopen_count) == ("", "", 1)
    assert taken.events.get(verb="resolved").params["note"] == "Tray swapped."
    assert taken.clocks.get(kind="resolution").state == "running"


def test_reopening_says_why_and_not_what_was_merged(live, taken, sam, rob):
    lifecycle.resolve(taken, actor=sam, **DONE)
    refused(
        taken,
        lambda: lifecycle.reopen(taken, actor=rob, body=""),
        match="Say what is still wrong",
    )
    twin = make_snag(live, rob)
    lifecycle.merge(twin, into=taken, actor=sam)
    refused(
        twin,
        lambda: lifecycle.reopen(twin, actor=rob, body="No."),
        match="write on the original",
    )


def test_a_refusal_needs_a_reason_that_counts(taken, sam):
    refused(
        taken,
        lambda: lifecycle.reject(
            taken, actor=sam, resolution="answered", resolution_note="x"
        ),
        match="not a reason",
    )
    refused(
        taken,
        lambda: lifecycle.reject(
            taken, actor=sam, resolution="no_fault", resolution_note=""
        ),
        match="the reporter will read it",
    )


def test_rejecting_cancels_the_promise_to_resolve(taken, sam, rob):
    after = lifecycle.reject(
        taken, actor=sam, resolution="deferred", resolution_note="Next year."
    )

    assert (after.status, after.next_due_at) == ("closed", None)
    states = dict(taken.clocks.values_list("kind", "state"))
    assert states == {"response": "stopped", "resolution": "cancelled"}
    assert rob.notifications.filter(title__contains="was closed").count() == 1


def test_merging_into_itself_or_a_merged_one_is_refused(live, taken, sam, rob):
    twin, third = make_snag(live, rob), make_snag(live, rob)
    refused(
        taken,
        lambda: lifecycle.merge(taken, into=taken, actor=sam),
        match="into itself",
    )
    lifecycle.merge(twin, into=taken, actor=sam)

    refused(
        third,
        lambda: lifecycle.merge(third, into=twin, actor=sam),
        match="was merged itself",
    )
    told = taken.events.get(verb="absorbed")
    text = f"merged {twin.ref} into this one"
    assert sentence(told.verb, told.params).text == text


def test_silence_closes_once_and_only_when_it_is_time(live, taken, sam):
    lifecycle.resolve(taken, actor=sam, **DONE)
    assert lifecycle.close_unanswered() == 0
    resolved = Snag.objects.filter(pk=taken.pk)
    resolved.update(auto_close_at=clock.now() - timedelta(seconds=1))

    assert lifecycle.close_unanswered() == 1
    assert lifecycle.close_unanswered() == 0
    assert Snag.objects.get().status == "closed"
    assert taken.events.filter(verb="auto_closed").count() == 1


def test_one_message_resolves_and_is_told_once(taken, sam, rob):
    composing.send(taken, body="Tray swapped.", actor=sam, do="configuration")

    assert Snag.objects.get().resolution_note == "Tray swapped."
    assert rob.notifications.exclude(title__contains="received").count() == 1


def test_a_message_does_all_of_it_or_nothing(taken, sam):
    for do, audience in (("wait", "internal"), ("magic", "everyone")):
        refused(
            taken,
            lambda do=do, audience=audience: composing.send(
                taken, body="x", actor=sam, do=do, audience=audience
            ),
        )


@pytest.mark.parametrize("verb", ["wait", "hand_over"])
def test_a_follow_up_lies_ahead(taken, sam, northgate, verb):
    more = {"wait": {"waiting_for": "change"}, "hand_over": {"supplier": northgate}}
    act = getattr(lifecycle, verb)
    past = {"follow_up_at": clock.now() - timedelta(days=1), **more[verb]}
    refused(taken, lambda: act(taken, actor=sam, **past), match="to come")


def test_triage_again_keeps_what_it_does_not_name(live, rob, sam, northgate):
    team = make_party("Finance desk", "team")
    seen = {"owner": sam, "impact": 2, "urgency": 2, "actor": sam}
    snag = lifecycle.triage(make_snag(live, rob), team=team, cause="data", **seen)

    again = lifecycle.triage(snag, **seen)

    assert (again.team, again.cause) == (team, "data")
    assert lifecycle.triage(snag, cause="", **seen).cause == ""


def test_an_internal_note_of_the_reporter_is_no_answer(live, sam):
    snag = lifecycle.start(make_snag(live, sam), actor=sam)
    lifecycle.wait(snag, actor=sam, waiting_for="reporter", body="Which?")

    lifecycle.answer(snag, body="To self.", actor=sam, audience="internal")
    assert Snag.objects.get().status == Snag.Status.WAITING
    lifecycle.answer(snag, body="The blue one.", actor=sam)
    assert Snag.objects.get().status == Snag.Status.IN_PROGRESS
