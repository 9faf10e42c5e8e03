"""Leave during a freeze, and what becomes of it when the freeze is edited."""

from datetime import timedelta

import pytest
from django.urls import reverse

from changes.models import ChangeEvent
from changes.services import overriding, starting
from changes.wording import told
from environments.models import Occurrence
from environments.services.windows import cancel_window, edit_window
from opsdesk.core.gates import GatesError
from opsdesk.core.models import Notification
from tests.changes.companies import kept
from tests.changes.factories import again, say_yes
from tests.environments.planning import local, make_window

REASON = "The tax office closes its gates tonight."


@pytest.fixture(scope="module")
def company(company):
    company.ran_before()
    company.promotion = company.ready()
    return company


promotion = kept("promotion")


@pytest.fixture
def freeze(w, promotion):
    """On since an hour, for two more."""
    return make_window(w.live, w.eve, start=local(-1))


@pytest.fixture
def leave(w, promotion, freeze):
    """Max has let it through."""
    given = overriding.ask_override(
        promotion.change,
        actor=w.ian,
        occurrence=freeze.occurrences.get(),
        reason=REASON,
    )
    say_yes(given, w.max)
    return given


def edit(w, freeze, **changed):
    freeze.refresh_from_db()
    facts = {
        "name": freeze.name,
        "environments": [w.live],
        "starts_local": local(-1),
        "minutes": freeze.minutes,
        "time_zone": "UTC",
    }
    return edit_window(
        freeze, actor=w.eve, version=freeze.version, **{**facts, **changed}
    )


def state(leave):
    leave.approval.refresh_from_db()
    return leave.approval.state


def test_leave_holds_on_when_the_freeze_is_made_shorter_or_named_anew(
    w, promotion, freeze, leave
):
    edit(w, freeze, minutes=120, name="Books close", starts_local=local(-0.5))

    assert Occurrence.objects.get(cancelled_at=None) == leave.occurrence
    assert overriding.end_outgrown() == 0
    starting.start(promotion, actor=w.ian)

    leave.refresh_from_db()
    assert (leave.used_by, state(leave)) == (promotion, "consumed")


def test_who_granted_the_leave_does_not_start_what_it_lets_through(
    w, promotion, freeze, leave
):
    w.max.memberships.create(role="administrator")

    with pytest.raises(GatesError) as found:
        starting.start(promotion, actor=w.max)

    assert [gate.code for gate in found.value.unmet] == ["SOD"]
    assert (again(promotion).state, state(leave)) == ("scheduled", "granted")


def test_leave_is_asked_for_again_when_the_freeze_is_made_longer(
    w, promotion, freeze, leave
):
    edit(w, freeze, minutes=240)

    with pytest.raises(GatesError) as found:
        starting.start(promotion, actor=w.ian)
    assert [gate.code for gate in found.value.unmet] == ["FREEZE"]
    assert again(promotion).state == "scheduled"

    assert (overriding.end_outgrown(), overriding.end_outgrown()) == (1, 0)

    assert state(leave) == "superseded"
    note = Notification.objects.get(title__startswith="Ask for leave again")
    assert (note.recipient, note.url) == (w.ian, promotion.change.get_absolute_url())
    event = ChangeEvent.objects.get(verb="override_outgrown")
    assert told(event).text.endswith(
        "needs leave again: Month-end close was moved or made longer"
    )
    anew = overriding.ask_override(
        promotion.change,
        actor=w.ian,
        occurrence=freeze.occurrences.latest("pk"),
        reason=REASON,
    )
    say_yes(anew, w.max)
    assert starting.start(promotion, actor=w.ian).state == "running"


def test_leave_for_a_freeze_to_come_holds_on_only_while_the_freeze_lies_within(
    w, promotion
):
    freeze = make_window(w.live, w.eve, start=local(5))
    leave = overriding.ask_override(
        promotion.change,
        actor=w.ian,
        occurrence=freeze.occurrences.get(),
        reason=REASON,
    )

    edit(w, freeze, starts_local=local(6), minutes=60)
    assert (overriding.end_outgrown(), state(leave)) == (0, "open")

    edit(w, freeze, starts_local=local(6), minutes=90)
    assert (overriding.end_outgrown(), state(leave)) == (1, "superseded")


def test_leave_for_one_day_of_a_freeze_is_not_ended_by_the_next_day_of_it(w, promotion):
    freeze = make_window(
        w.live, w.eve, start=local(-1), minutes=1440, rrule="FREQ=DAILY;COUNT=3"
    )
    first = freeze.occurrences.earliest("during")
    leave = overriding.ask_override(
        promotion.change, actor=w.ian, occurrence=first, reason=REASON
    )
    last = freeze.occurrences.latest("during")
    assert last.starts_at - first.starts_at < timedelta(days=2)

    assert (overriding.end_outgrown(), state(leave)) == (0, "open")


def test_nobody_is_told_to_ask_again_for_a_freeze_that_is_called_off(w, freeze, leave):
    cancel_window(freeze, actor=w.eve, reason="Books closed early.")

    assert (overriding.end_outgrown(), state(leave)) == (0, "granted")


def test_who_gives_leave_reads_why_and_the_run_sheet_how_it_stands(
    w, promotion, freeze, client
):
    occurrence = freeze.occurrences.get()
    asking = reverse("changes:override_ask", args=[promotion.change_id, occurrence.pk])

    def read(person, url):
        client.force_login(person)
        return client.get(url).content.decode()

    assert asking in read(w.ian, promotion.get_absolute_url())

    leave = overriding.ask_override(
        promotion.change, actor=w.ian, occurrence=occurrence, reason=REASON
    )
    ballot = reverse("changes:approval", args=[leave.approval_id])
    assert f"{occurrence}: {REASON}" in read(w.max, ballot)
    sheet = read(w.ian, promotion.get_absolute_url())
    assert f'<a href="{ballot}">Leave: waiting for votes</a>' in sheet
    assert asking not in sheet

    say_yes(leave, w.max)
    sheet = read(w.ian, promotion.get_absolute_url())
    assert f'<a href="{ballot}">Leave: granted</a>' in sheet
