"""What was planned for a change ends with it, and waits while it is on hold."""

import pytest

from changes.queries.approvals import inbox
from changes.services import overriding, promoting, revising, voting
from opsdesk.core.models import Notification
from tests import factories
from tests.changes.drafts import content
from tests.changes.factories import again, freeze, fresh
from tests.changes.pressing import facts, page_of

WHY = "The tax office closes its gates tonight."


@pytest.fixture
def planned(w, nc):
    """Ian has planned it for production anew, and the administrators are asked."""
    promoting.cancel(nc, actor=w.ian)
    return promoting.schedule(fresh(nc.change), actor=w.ian, environment=w.live)


@pytest.fixture
def leave(w, planned):
    """A manager is asked for leave during a freeze."""
    frozen = freeze(w.live, "Payroll")
    return overriding.ask_override(
        planned.change, actor=w.ian, occurrence=frozen, reason=WHY
    )


def cancel(w, change, pages):
    pages.does(w.rita, "cancel", change, reason="Not needed any more.")


def edit(w, change, pages):
    said = content(
        w.live,
        change.package,
        w.ian,
        start=change.earliest_start,
        backout_plan="Restore the backup of the night before.",
    )
    revising.edit(change, actor=w.rita, content=said, version=change.version)


def object_to(w, change, pages):
    """Somebody else who is asked says no after all."""
    request = change.approval
    voting.vote(
        request,
        actor=factories.make_user("cleo", "approver_technical"),
        decision="reject",
        comment="Not this month.",
        revision=request.revision,
        sha256=request.sha256,
    )


@pytest.mark.parametrize(
    ("act", "state", "note"),
    [
        (cancel, "cancelled", "Not needed any more."),
        (edit, "assessing", "The change was altered."),
        (object_to, "rejected", "The change was rejected."),
    ],
)
def test_with_a_change_that_is_dropped_altered_or_rejected_all_that_was_planned_ends(
    w, planned, leave, pages, act, state, note
):
    act(w, fresh(planned.change), pages)

    planned = again(planned)
    leave.approval.refresh_from_db()
    assert fresh(planned.change).state == state
    assert (planned.state, planned.note) == ("cancelled", note)
    assert (planned.approval.state, leave.approval.state) == ("withdrawn",) * 2
    assert [inbox(person).waiting for person in (w.eve, w.max)] == [[], []]
    before = facts()
    assert pages.vote(w.eve, planned.approval).status_code == 409
    assert pages.vote(w.max, leave.approval).status_code == 409
    assert facts() == before


def test_who_would_have_done_it_is_told_when_an_edit_calls_it_off(w, planned, pages):
    edit(w, fresh(planned.change), pages)

    note = Notification.objects.get(body="The change was altered.")
    assert note.title == f"Cancelled: {planned}"
    assert (note.recipient, note.url) == (w.ian, planned.get_absolute_url())


def test_while_it_is_on_hold_nobody_is_asked_for_anything(w, nc, planned, pages):
    frozen = freeze(w.live, "Payroll")
    pages.does(w.max, "hold", nc.change, reason="After the audit.")
    before = facts()

    asked = pages.press(w.ian, "promotion_ask", planned)
    other = pages.press(
        w.ian, "promotion_new", nc.change, environment=w.failover.pk, kind="deploy"
    )
    leave = pages.press(w.ian, "override_ask", nc.change, frozen, reason=WHY)

    answers = [asked, other, leave]
    assert all("on hold: After the audit." in page_of(answer) for answer in answers)
    assert asked.status_code == 409
    assert facts() == before
