"""What an edit does to an approval, through the screens (S19 to S21, S27 to S30)."""

from datetime import timedelta
from types import SimpleNamespace

import pytest
from django.urls import reverse
from django.utils import timezone

from changes.forms.changes import ChangeForm, start_of
from changes.models import ChangeComment, ChangeRequest
from changes.services import voting
from opsdesk.core.models import Notification
from tests.changes.companies import kept
from tests.changes.drafts import HOUR, fresh, make_asked, make_change, soon
from tests.factories import make_landscape, make_user

CAST = {
    "sam": "support",
    "sue": "support",
    "ana": "support",
    "rob": "reporter",
    "cora": "approver_technical",
}


@pytest.fixture(scope="module")
def company(undone):
    """Sam asked for a change, Sue implements it, Ana made the package, Rob tested it;
    Cora is asked to agree."""
    live, people = make_landscape(), {n: make_user(n, role) for n, role in CAST.items()}
    sam, sue, ana, rob, _ = people.values()
    change = fresh(make_asked(live, sam, sue, ana, rob))
    return SimpleNamespace(live=live, change=change, **people)


live, change = kept("live"), kept("change")
sam, sue, ana, rob, cora = map(kept, CAST)


@pytest.fixture
def approved(change, cora):
    return approve(change, cora)


def approve(change, person):
    voting.vote(
        change.approval,
        actor=person,
        decision="approve",
        revision=change.revision,
        sha256=change.sha256,
    )
    return fresh(change)


def posted(change, user, **changed):
    """What the form sends when only these fields are touched."""
    start = start_of(change)
    form = ChangeForm(
        user=user, landscape=change.landscape, change=change, initial=start
    )
    data = {}
    for name in form.fields:
        value = form[name].value()
        if isinstance(value, list):
            data[name] = [getattr(one, "pk", one) for one in value]
        elif hasattr(value, "strftime") and hasattr(value, "hour"):
            data[name] = value.strftime("%Y-%m-%dT%H:%M")
        elif value is not None and value is not False:
            data[name] = value
    return {**data, **changed}


def edit(client, person, change, **changed):
    client.force_login(person)
    url = reverse("changes:edit", args=[change.pk])
    answer = client.post(url, posted(change, person, **changed))
    assert answer.status_code in {302, 422}
    return answer


def act(client, person, change, verb, **said):
    client.force_login(person)
    return client.post(reverse(f"changes:{verb}", args=[change.pk]), said)


def local(at):
    return timezone.localtime(at).strftime("%Y-%m-%dT%H:%M")


def test_s19_an_edit_of_the_backout_plan_asks_anew_and_shows_who_voted_what_differs(
    client, change, sam, cora
):
    change.approval.steps.update(needed=2)
    change = approve(change, cora)

    edit(client, sam, change, backout_plan="Restore last night's backup, then check.")

    change = fresh(change)
    assert (change.state, change.revision) == ("assessing", 2)
    assert change.approval.state == "superseded"
    assert not change.targets.filter(is_booked=True).exists()
    shown = client.get(change.get_absolute_url()).content.decode()
    assert "Superseded, revision 1" in shown
    assert "<b>Cora</b> approved" in shown
    told = Notification.objects.get(recipient=cora, title__startswith="Changed since")
    client.force_login(cora)
    page = client.get(told.url).content.decode()
    assert "Restore last night" in page
    assert "Run undo.sql and print one invoice." in page


def test_s20_comments_and_links_leave_an_approval_as_it_is(client, approved, sam, live):
    act(client, sam, approved, "comment", body="Please hurry.")
    edit(client, sam, approved, documents="Manual, page 12")

    change = fresh(approved)
    assert (change.state, change.revision) == ("approved", 1)
    assert change.approval.state == "granted"
    assert change.documents == "Manual, page 12"
    assert ChangeComment.objects.get().body == "Please hurry."


def test_s21_a_slot_that_moves_inside_the_envelope_leaves_the_approval(
    client, approved, sam, live
):
    aim = approved.targets.get(environment=live)
    start = aim.slot.lower + 2 * HOUR

    edit(client, sam, approved, **{f"start_{live.pk}": local(start)})

    change = fresh(approved)
    assert (change.state, change.revision) == ("approved", 1)
    assert change.targets.get(environment=live).slot.lower == start
    assert change.targets.get(environment=live).is_booked


def test_s21_a_slot_that_moves_outside_the_envelope_asks_anew(
    client, approved, sam, live
):
    start = approved.latest_end + 2 * HOUR

    edit(client, sam, approved, **{f"start_{live.pk}": local(start)})

    change = fresh(approved)
    assert (change.state, change.revision) == ("assessing", 2)
    assert change.latest_end == start + HOUR


def test_a_new_implementer_who_voted_makes_the_approval_open_again(
    client, approved, sam, cora
):
    make_user("dora", "approver_technical")
    cora.memberships.create(role="support")

    edit(client, sam, approved, implementer=cora.pk)

    change = fresh(approved)
    assert (change.state, change.revision) == ("awaiting", 1)
    assert change.approval.state == "open"


def test_the_second_editor_keeps_both_texts(client, change, sam, sue):
    stale = posted(change, sue, reason="Mine.")
    edit(client, sam, change, reason="Theirs.")

    client.force_login(sue)
    answer = client.post(reverse("changes:edit", args=[change.pk]), stale)

    assert answer.status_code == 422
    assert "Theirs." in answer.content.decode()
    assert "Mine." in answer.content.decode()
    assert fresh(change).reason == "Theirs."


def test_s28_a_draft_is_cancelled_by_who_asked_for_it(client, live, sam, sue, ana):
    change = make_change(live, sam, sue, ana, label="1.2")

    act(client, sam, change, "cancel", reason="Not needed.")

    assert fresh(change).state == "cancelled"


def test_s28_what_is_being_implemented_is_not_cancelled(client, approved, sam):
    ChangeRequest.objects.filter(pk=approved.pk).update(state="implementing")

    answer = act(client, sam, approved, "cancel", reason="Not needed.")

    assert answer.status_code == 409
    assert fresh(approved).state == "implementing"


def test_cancelling_frees_the_slot_and_withdraws_the_question(client, change, sam):
    act(client, sam, change, "cancel", reason="Not needed.")

    change = fresh(change)
    assert change.approval.state == "withdrawn"
    assert not change.targets.filter(is_booked=True).exists()


def test_on_hold_nothing_but_cancelling_is_possible(client, change, sam, mia):
    act(client, mia, change, "hold", reason="Auditors are here.")
    before = change.events.count()

    answer = edit(client, sam, fresh(change), reason="Another.")

    assert answer.status_code == 422
    assert "on hold" in answer.content.decode()
    assert (fresh(change).reason, change.events.count()) == (change.reason, before)
    act(client, mia, change, "cancel", reason="Not needed.")
    assert fresh(change).state == "cancelled"


def test_released_it_goes_on_where_it_stood(client, approved, mia):
    act(client, mia, approved, "hold", reason="Auditors are here.")
    act(client, mia, approved, "release")

    change = fresh(approved)
    assert (change.state, change.held_at) == ("approved", None)
    assert change.approval.state == "granted"


def test_s30_a_high_risk_needs_technical_business_and_manager(live, sam, sue, ana, rob):
    high = {"risk_manual": "high", "label": "1.2", "start": soon(48)}
    change = make_asked(live, sam, sue, ana, rob, **high)

    change = fresh(change)
    assert (change.risk_calculated, change.risk) == ("low", "high")
    assert set(change.approval.steps.values_list("asked", flat=True)) == {
        "approver_technical",
        "approver_business",
        "manager",
    }


def test_s30_a_calculated_risk_is_not_talked_down(live, sam, sue, ana):
    change = make_change(
        live,
        sam,
        sue,
        ana,
        label="1.2",
        is_rehearsed=False,
        outage_minutes=90,
        risk_manual="low",
    )

    assert fresh(change).risk == "medium"


def test_a_revision_can_be_read_again_word_for_word(client, change, sam):
    edit(client, sam, change, reason="Another reason.")
    client.force_login(sam)

    old = client.get(reverse("changes:revision", args=[change.pk, 1])).content.decode()

    assert "Customers complain." in old
    assert "Another reason." not in old


def test_a_change_after_its_envelope_is_refused_by_the_form(client, change, sam):
    end = change.earliest_start - timedelta(hours=1)

    answer = edit(client, sam, change, latest_end=local(end))

    assert answer.status_code == 422
    assert fresh(change).latest_end == change.latest_end
