"""What a history of events leaves behind, worked out by hand in London office hours."""

from datetime import datetime
from zoneinfo import ZoneInfo

import pytest

from sla.calendars import Hours
from tests.sla.replay import Event, replay_ticket

LONDON = ZoneInfo("Europe/London")
OFFICE = Hours.parse("Mon-Fri 09:00-17:00", "Europe/London")
MONDAY = "2026-01-12T09:00"


def london(text):
    return datetime.fromisoformat(text).replace(tzinfo=LONDON)


def test_e5_the_time_a_snag_was_resolved_counts_as_a_pause():
    history = replay(
        {"resolution_minutes": 480},
        ("2026-01-12T09:00", "created", "open"),
        ("2026-01-12T15:00", "status", "resolved"),
        ("2026-01-14T10:00", "status", "open"),
    )

    assert history.reading("resolution").due_at == london("2026-01-14T12:00")
    assert history.stopped_at is None


@pytest.mark.parametrize(
    ("mode", "start", "stopped"),
    [
        ("resume", "2026-01-12T09:00", None),
        ("new_cycle", "2026-01-14T10:00", None),
        ("never", "2026-01-12T09:00", "2026-01-12T15:00"),
    ],
)
def test_reopening_follows_the_policy(mode, start, stopped):
    history = replay(
        {"resolution_minutes": 480, "reopen_mode": mode},
        ("2026-01-12T09:00", "created", "open"),
        ("2026-01-12T15:00", "status", "resolved"),
        ("2026-01-14T10:00", "status", "open"),
    )

    terms = history.terms("resolution")

    assert terms.start == london(start)
    assert terms.stopped_at == (stopped and london(stopped))


def test_events_at_the_same_instant_give_one_history_in_any_order():
    events = [
        ("2026-01-12T09:00", "created", "open"),
        ("2026-01-12T10:00", "status", "waiting"),
        ("2026-01-12T10:00", "status", "resolved"),
        ("2026-01-12T10:00", "response", None),
    ]

    one, other = replay(POLICY, *events), replay(POLICY, *events[::-1])

    assert one == other
    assert one.stopped_at == london("2026-01-12T10:00")


def test_a_snag_created_waiting_or_resolved_starts_so():
    waiting = replay(POLICY, ("2026-01-12T09:00", "created", "waiting"))
    resolved = replay(POLICY, ("2026-01-12T09:00", "created", "resolved"))

    assert waiting.reading("resolution").due_at is None
    assert waiting.facts()["sla_status"] == "paused"
    assert resolved.facts()["sla_status"] == "fulfilled"


def test_a_history_needs_its_beginning_and_known_events():
    with pytest.raises(ValueError, match="created"):
        replay(POLICY, ("2026-01-12T09:00", "status", "open"))
    with pytest.raises(ValueError, match="created"):
        replay_ticket(POLICY, [], OFFICE)
    with pytest.raises(ValueError, match="guess"):
        Event(london(MONDAY), "guess")


def test_an_amended_calendar_keeps_what_was_used_and_a_corrected_one_does_not():
    always = Hours.parse("24x7", "Europe/London")
    start, change = london("2026-01-13T16:00"), london("2026-01-14T00:00")
    created = Event(start, "created", "open")
    amended = Event(change, "policy", hours=always, amends_from=change)
    corrected = Event(change, "policy", hours=always)

    kept = replay_ticket({"resolution_minutes": 240}, [created, amended], OFFICE)
    redone = replay_ticket({"resolution_minutes": 240}, [created, corrected], OFFICE)

    assert kept.reading("resolution").due_at == london("2026-01-14T03:00")
    assert redone.reading("resolution").due_at == london("2026-01-13T20:00")


def test_a_snag_without_a_promise_has_no_verdict():
    history = replay_ticket({}, [Event(london(MONDAY), "created", "open")], OFFICE)

    assert history.verdict() is None
    assert history.facts()["response_deadline"] is None
    assert history.facts()["resolution_late"] is False


POLICY = {
    "response_minutes": 60,
    "resolution_minutes": 480,
    "pause_statuses": ["waiting"],
    "stop_statuses": ["resolved", "closed"],
}


def replay(policy, *events):
    return replay_ticket(
        POLICY | policy,
        [Event(london(at), kind, status) for at, kind, status in events],
        OFFICE,
    )
