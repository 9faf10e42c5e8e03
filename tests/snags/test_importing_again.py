"""What a longer log of the same tickets makes of what was imported before."""

from datetime import UTC, datetime

import pytest
from django.core.management import CommandError

from opsdesk.core import clock
from snags.models import (
    Clock,
    ClockEvent,
    ClockRevision,
    GoLive,
    ImportProfile,
    Snag,
)
from snags.services import clocks, replay, sweep
from snags.services.clocks import Cause
from tests.factories import make_contract
from tests.snags.test_importing import import_log

HEADER = "id,state,changed,prio"
NEW = "1,New,2026-01-05 09:00,3"
ASKED = "1,Info,2026-01-05 10:00,3"
ANSWERED = "1,Active,2026-01-08 10:00,3"
LONG = 60 * 50_000  # minutes: due long after any test

pytestmark = pytest.mark.django_db


@pytest.fixture
def told(tmp_path, us, live):
    """Import a log of these lines under a profile that fits them."""
    states = {"new": "new", "info": "waiting reporter", "active": "in_progress"}
    ImportProfile.objects.create(
        name="lines",
        mapping={
            "system": "lines",
            "dates": ["%Y-%m-%d %H:%M"],
            "columns": {
                "number": "id",
                "state": {"column": "state", "values": states},
                "updated_at": "changed",
                "priority": {"column": "prio", "values": {"1": 1, "3": 3}},
            },
        },
    )

    def tell(*lines):
        path = tmp_path / "lines.csv"
        path.write_text("\n".join((HEADER, *lines)), encoding="utf-8")
        return import_log(path, profile="lines", timezone="UTC")

    return tell


def test_an_imported_snag_looks_risky_when_a_live_one_would(told, live):
    make_contract(live.landscape, p3_resolution=LONG)
    told(NEW, ASKED, ANSWERED)
    snag = Snag.objects.get()
    imported = snag.next_due_at, snag.at_risk_from

    clocks.recompute(snag, Cause("forced", clock.now()))

    snag.refresh_from_db()
    assert imported == (snag.next_due_at, snag.at_risk_from)
    assert snag.at_risk_from is not None


def test_a_promise_the_longer_log_shows_was_none_is_owed_by_nobody(told, live):
    make_contract(live.landscape, p3_resolution=LONG)
    told(NEW)
    assert Clock.objects.get().state == "running"

    assert told(NEW, "1,Active,2026-01-05 10:00,1")["updated"] == 1

    dropped = Clock.objects.get()
    assert (dropped.state, dropped.next_event_at) == ("cancelled", None)
    assert Snag.objects.get().next_due_at is None
    assert list(dropped.revisions.values_list("cause", flat=True)) == ["imported"] * 2
    assert replay.drifted(ClockRevision.objects.order_by("pk")) == []


def test_a_breach_the_longer_log_shows_was_none_is_void_and_may_be_told_again(
    told, live
):
    make_contract(live.landscape, p3_resolution=60 * 4)
    told(NEW)
    first = ClockEvent.objects.get(level="breach")
    assert first.due_at == datetime(2026, 1, 5, 13, tzinfo=UTC)

    told(NEW, ASKED)

    assert Clock.objects.get().breached_at is None
    first.refresh_from_db()
    assert (first.voided_at is None, first.void_cause) == (False, "late_evidence")

    told(NEW, ASKED, ANSWERED)

    due = datetime(2026, 1, 8, 13, tzinfo=UTC)
    assert Clock.objects.get().breached_at == due
    assert ClockEvent.objects.get(level="breach", voided_at=None).due_at == due
    assert sweep.fire_due_clocks() == 0


def test_what_has_not_happened_yet_is_held_back(told):
    report = told(NEW, "2,New,2098-01-05 09:00,3")

    assert report["created"] == 1
    said = "it tells of times to come: look at --timezone"
    assert report["held_back"] == {said: 1}


def test_a_log_of_nothing_but_the_future_changes_nothing(told):
    with pytest.raises(CommandError, match="No ticket of this file"):
        told("2,New,2098-01-05 09:00,3")

    assert not GoLive.objects.filter(name="Imported from lines").exists()


def test_whoever_read_the_texts_before_a_longer_log_keeps_both(told, live):
    told(NEW)
    before = Snag.objects.get().version

    told(NEW, ANSWERED)

    assert Snag.objects.get().version == before + 1
