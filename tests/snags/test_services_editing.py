"""What changes a snag without moving it, called directly; and what people say on it."""

from datetime import date, timedelta

import pytest
from django.utils import timezone

from opsdesk.core import clock
from opsdesk.core.errors import NotAllowedError, RuleError, StaleError
from opsdesk.core.models import Duty
from snags.days import morning_of
from snags.models import Effort, Snag, SnagComment, SnagEvent, Snaglist
from snags.services import editing, lifecycle, talk
from snags.wording import sentence
from tests.factories import NINE, make_contract, make_snag

pytestmark = pytest.mark.django_db
DONE = {"resolution": "no_fault", "resolution_note": "Seen."}


@pytest.fixture
def snag(live, rob, sam):
    make_contract(live.landscape, p3_response=60, p3_resolution=480, p1_resolution=60)
    return lifecycle.start(make_snag(live, rob, at=NINE), actor=sam)


def facts():
    return (
        list(Snag.objects.order_by("pk").defer("search").values_list()),
        SnagEvent.objects.count(),
        SnagComment.objects.count(),
        Effort.objects.count(),
        Duty.objects.open().count(),
    )


def refused(call, error=RuleError, match=None):
    before = facts()
    with pytest.raises(error, match=match):
        call()
    assert facts() == before


@pytest.mark.parametrize("name", ["rob", "amy", "vic"])
def test_only_workers_change_a_snag(snag, live, request, name):
    who = {"actor": request.getfixturevalue(name)}
    tomorrow = clock.now().date() + timedelta(days=1)
    spent = {"minutes": 5, "kind": "fix", "spent_on": clock.now().date()}
    words = {"version": None, "title": "x"}
    for call in (
        lambda: editing.edit_text(snag, **who, **words),
        lambda: editing.set_properties(snag, **who, cause="data"),
        lambda: editing.assign(snag, owner=snag.owner, **who),
        lambda: editing.set_priority(snag, impact=1, urgency=1, **who),
        lambda: editing.move_to_list(snag, snaglist=snag.snaglist, **who),
        lambda: editing.note_workaround(
            snag, workaround="x", review_on=tomorrow, **who
        ),
        lambda: editing.set_follow_up(snag, follow_up_on=tomorrow, **who),
        lambda: editing.share(snag, is_shared=True, **who),
        lambda: talk.add_effort(snag, **spent, **who),
        lambda: talk.acknowledge(snag, **who),
    ):
        refused(call, NotAllowedError)


def test_an_older_version_of_a_text_is_refused_with_the_newer_one(snag, sam, sue):
    read = snag.version
    editing.edit_text(snag, actor=sue, version=read, title="Sue's")

    with pytest.raises(StaleError) as stale:
        editing.edit_text(snag, actor=sam, version=read, title="Sam's")

    assert stale.value.theirs.title == "Sue's"
    assert Snag.objects.get().title == "Sue's"


def test_an_older_version_of_properties_or_a_workaround_is_refused(snag, sam, sue):
    read = snag.version
    editing.set_properties(snag, actor=sue, version=read, addition="A second tray.")
    note = {"workaround": "Use the other one.", "review_on": date(2099, 1, 1)}

    with pytest.raises(StaleError) as stale:
        editing.set_properties(snag, actor=sam, version=read, addition="A new tray.")
    with pytest.raises(StaleError):
        editing.note_workaround(snag, actor=sam, version=read, **note)

    assert stale.value.theirs.addition == "A second tray."
    kept = Snag.objects.get()
    assert (kept.addition, kept.workaround) == ("A second tray.", "")
    assert kept.version == read + 1
    assert not snag.events.filter(verb="worked_around").exists()


def test_properties_change_only_where_they_differ(snag, sam):
    editing.set_properties(snag, actor=sam, cause="data", step="Bank file")
    events = snag.events.count()

    editing.set_properties(snag, actor=sam, cause="data", step="Bank file")

    assert snag.events.count() == events
    assert snag.events.get(verb="described").params == {"fields": ["step", "cause"]}
    with pytest.raises(TypeError):
        editing.set_properties(snag, actor=sam, status="closed")


def test_somebody_else_answers_for_it(snag, sam, sue):
    editing.assign(snag, owner=sue, actor=sam)
    events = snag.events.count()
    editing.assign(snag, owner=sue, actor=sam)

    assert Snag.objects.get().owner == sue
    assert snag.events.count() == events
    assert sue.notifications.filter(title__contains="is yours").count() == 1


def test_owners_are_workers_of_triaged_open_snags(live, snag, sam, rob):
    new = make_snag(live, rob)
    refused(lambda: editing.assign(snag, owner=rob, actor=sam), match="cannot work")
    refused(lambda: editing.assign(new, owner=sam, actor=sam), match="Triage it first")
    lifecycle.resolve(snag, actor=sam, **DONE)
    refused(lambda: editing.assign(snag, owner=sam, actor=sam), match="finished")


def test_another_priority_is_another_promise_from_the_start(snag, sam):
    editing.set_priority(
        snag, actor=sam, impact=2, urgency=2, priority=1, priority_reason="Payroll."
    )

    clock_row = snag.clocks.get(kind="resolution")
    assert clock_row.due_at == NINE + timedelta(hours=1)
    assert snag.clocks.get(kind="response").state == "cancelled"
    editing.set_priority(snag, actor=sam, impact=2, urgency=2)
    assert Snag.objects.get().priority_reason == ""


def test_another_impact_or_urgency_is_a_line_of_its_own_and_moves_no_clock(snag, sam):
    due = snag.clocks.get(kind="resolution").due_at

    editing.set_priority(snag, actor=sam, impact=3, urgency=1)

    line = snag.events.get(verb="judged")
    assert (line.params, line.actor) == ({"impact": 3, "urgency": 1}, sam)
    said = sentence(line.verb, line.params).text
    assert said == "judged it again: impact low, urgency high"
    assert snag.clocks.get(kind="resolution").due_at == due
    assert not snag.events.filter(verb="prioritised").exists()


def test_judging_it_as_it_is_changes_nothing(snag, sam):
    before = Snag.objects.values().get(), snag.events.count(), snag.history.count()

    editing.set_priority(snag, actor=sam, impact=2, urgency=2)

    after = Snag.objects.values().get(), snag.events.count(), snag.history.count()
    assert after == before


def test_a_priority_needs_a_reason_and_an_open_snag(snag, sam):
    wish = {"impact": 2, "urgency": 2, "priority": 1}
    refused(
        lambda: editing.set_priority(snag, actor=sam, **wish), match="say why it is P1"
    )
    lifecycle.resolve(snag, actor=sam, **DONE)
    refused(
        lambda: editing.set_priority(snag, actor=sam, impact=1, urgency=1),
        match="finished",
    )


def test_a_snag_moves_to_an_open_list_once(snag, sam):
    golive = snag.snaglist.golive
    wave = Snaglist.objects.create(golive=golive, name="Wave 2")
    closed = Snaglist.objects.create(golive=golive, name="Old", is_open=False)

    editing.move_to_list(snag, snaglist=wave, actor=sam)
    editing.move_to_list(snag, snaglist=wave, actor=sam)

    moved = snag.events.get(verb="moved_list")
    assert moved.params == {"was": "General", "now": "Wave 2"}
    refused(
        lambda: editing.move_to_list(snag, snaglist=closed, actor=sam),
        match="takes no new snags",
    )


def test_a_workaround_keeps_it_open_and_is_looked_at_again(snag, sam):
    day = clock.now().date() + timedelta(days=3)
    for text in ("Tray one.", "Tray two."):
        editing.note_workaround(snag, workaround=text, review_on=day, actor=sam)

    after = Snag.objects.get()
    assert (after.status, after.workaround) == ("in_progress", "Tray two.")
    assert Duty.objects.open().get() == after.workaround_review
    refused(
        lambda: editing.note_workaround(
            snag, workaround="x", review_on=clock.now().date(), actor=sam
        ),
        match="after today",
    )
    lifecycle.resolve(snag, actor=sam, **DONE)
    assert not Duty.objects.open().exists()


def test_a_follow_up_lies_ahead_on_an_open_snag(snag, sam):
    refused(
        lambda: editing.set_follow_up(snag, actor=sam, follow_up_on=clock.now().date()),
        match="after today",
    )
    events = snag.events.count()
    editing.set_follow_up(snag, actor=sam, follow_up_on=None)
    assert snag.events.count() == events


def test_sensitive_data_stay_private(snag, sam):
    editing.share(snag, actor=sam, is_shared=True)
    editing.share(snag, actor=sam, is_shared=False)
    editing.set_properties(snag, actor=sam, sensitivity="personal")

    refused(
        lambda: editing.share(snag, actor=sam, is_shared=True), match="sensitive data"
    )
    assert [e.verb for e in snag.events.filter(verb__contains="shared")] == [
        "shared",
        "unshared",
    ]


def test_time_is_noted_for_today_or_before(snag, sam):
    today = clock.now().date()
    talk.add_effort(snag, actor=sam, minutes=30, kind="fix", spent_on=today)

    assert Effort.objects.get().person == sam
    refused(
        lambda: talk.add_effort(
            snag,
            actor=sam,
            minutes=30,
            kind="fix",
            spent_on=today + timedelta(days=1),
        ),
        match="in the future",
    )


def test_seen_is_told_once(snag, sam, rob):
    talk.acknowledge(snag, actor=sam)

    assert snag.clocks.get(kind="response").state == "stopped"
    assert rob.notifications.filter(title__contains="has seen").count() == 1
    refused(lambda: talk.acknowledge(snag, actor=sam), match="answered already")


def test_a_supplier_is_addressed_only_once_one_is_involved(snag, sam, rob, northgate):
    words = {"body": "Hm.", "audience": "supplier"}
    refused(
        lambda: talk.comment(snag, actor=sam, **words), match="No supplier is involved"
    )
    refused(lambda: talk.comment(snag, actor=rob, **words), NotAllowedError)
    lifecycle.hand_over(snag, supplier=northgate, actor=sam)

    assert talk.comment(snag, actor=sam, **words).supplier == northgate


def test_each_word_is_told_to_those_it_is_for(snag, sam, sue, rob, vic, northgate):
    lifecycle.hand_over(snag, supplier=northgate, actor=sam)

    def told(audience):
        said = talk.comment(snag, body="Hm.", actor=sue, audience=audience)
        key = f"comment-{said.pk}"
        return {
            person
            for person in (sam, sue, rob, vic)
            if person.notifications.filter(key=key).exists()
        }

    assert told("everyone") == {sam, rob, vic}
    assert told("supplier") == {sam, vic}
    assert told("internal") == {sam}


def test_words_are_counted_on_the_snag(snag, sam, rob):
    talk.comment(snag, body="One.", actor=sam)
    talk.comment(snag, body="Two.", actor=rob)

    assert Snag.objects.get().comment_count == 2
    assert list(snag.comments.values_list("is_response", flat=True)) == [True, False]


def test_what_turns_out_to_be_sensitive_is_no_longer_open_to_everybody(snag, sam):
    editing.share(snag, actor=sam, is_shared=True)

    editing.set_properties(snag, actor=sam, sensitivity="personal")

    after = Snag.objects.get()
    assert (after.sensitivity, after.is_shared) == ("personal", False)
    assert after.events.filter(verb="unshared").count() == 1


@pytest.mark.parametrize("zone", ["Pacific/Kiritimati", "Pacific/Niue"])
def test_a_day_is_the_day_where_one_is(snag, sam, zone):
    """These two are 25 hours apart: in one of them it is never Greenwich's day."""
    with timezone.override(zone):
        today = timezone.localdate(clock.now())
        tomorrow = today + timedelta(days=1)
        spent = {"minutes": 5, "kind": "fix", "actor": sam}
        talk.add_effort(snag, spent_on=today, **spent)
        refused(lambda: talk.add_effort(snag, spent_on=tomorrow, **spent))
        refused(lambda: editing.set_follow_up(snag, actor=sam, follow_up_on=today))

        after = editing.set_follow_up(snag, actor=sam, follow_up_on=tomorrow)

        assert after.follow_up.due_at == morning_of(tomorrow)
