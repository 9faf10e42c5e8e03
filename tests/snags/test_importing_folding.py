"""Rows of one ticket become one history: pure, by hand."""

from datetime import datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sla.walltime import moment_of, seconds_of
from snags.importing.folding import fold
from snags.importing.profile import parse_profile
from snags.importing.rows import Instants, RowError, RowReader

LONDON = ZoneInfo("Europe/London")
HEADER = ["no", "state", "at", "opened", "prio", "owner", "group", "who", "vendor"]
STATES = {
    "New": "new",
    "Active": "in_progress",
    "User": "waiting reporter",
    "Vendor": "waiting supplier",
    "Problem": "waiting third_party",
    "Resolved": "resolved",
    "Closed": "closed",
    "-100": "keep",
}
PROFILE = parse_profile(
    "test",
    {
        "system": "test",
        "dates": ["%Y-%m-%d %H:%M"],
        "missing": ["?", ""],
        "columns": {
            "number": "no",
            "state": {"column": "state", "values": STATES},
            "updated_at": "at",
            "opened_at": "opened",
            "priority": {"column": "prio", "values": {"1": 1, "2": 2, "3": 3}},
            "assignee": "owner",
            "group": "group",
            "caller": "who",
            "supplier": "vendor",
        },
    },
)


def history(*events, opened="2026-01-05 08:55", **cells):
    """Fold events of one Monday, each ("HH:MM", state) or with other cells."""
    reader = RowReader(PROFILE, HEADER, Instants(PROFILE.dates, "Europe/London"))
    rows = []
    for line, (at, state, *more) in enumerate(events, start=2):
        said = {"prio": "3", "who": "Caller 1", **cells, **(more[0] if more else {})}
        said |= {"no": "A", "state": state, "at": f"2026-01-05 {at}", "opened": opened}
        rows.append(reader.read(line, [said.get(name, "?") for name in HEADER]))
    return fold("A", rows, PROFILE)


def told(found):
    return [(_clock(step.at), step.verb) for step in found.steps]


def _clock(seconds):
    return None if seconds is None else f"{moment_of(seconds):%H:%M}"


def test_a_plain_life():
    found = history(
        ("09:00", "New"),
        ("09:10", "Active"),
        ("10:00", "Resolved"),
        ("12:00", "Closed"),
    )

    assert told(found) == [
        ("08:55", "raised"),
        ("09:10", "started"),
        ("10:00", "resolved"),
        ("12:00", "auto_closed"),
    ]
    assert _clock(found.resolved_at) == "10:00"
    assert _clock(found.closed_at) == "12:00"
    assert found.steps[-1].actor is None


def test_waiting_for_the_reporter_pauses_and_for_a_problem_does_not():
    found = history(
        ("09:00", "Active"),
        ("10:00", "User"),
        ("11:00", "Problem"),
        ("12:00", "Active"),
    )

    assert [(r, _clock(a), _clock(b)) for r, a, b, _ in found.pauses] == [
        ("reporter", "10:00", "11:00")
    ]
    assert [(_clock(a), _clock(b), label) for a, b, label in found.waits] == [
        ("10:00", "11:00", "User"),
        ("11:00", "12:00", "Problem"),
    ]
    assert told(found)[-3:] == [
        ("10:00", "waits"),
        ("11:00", "waits"),
        ("12:00", "resumed"),
    ]


def test_waiting_for_a_vendor_hands_over_and_back():
    found = history(
        ("09:00", "Vendor", {"vendor": "Northgate"}),
        ("10:00", "User"),
        ("11:00", "Vendor"),
    )

    assert [(name, _clock(a), _clock(b)) for name, a, b in found.handovers] == [
        ("Northgate", "09:00", "10:00"),
        ("Vendor (imported)", "11:00", None),
    ]
    assert [verb for _, verb in told(found)[1:]] == [
        "handed_over",
        "handed_back",
        "waits",
        "handed_over",
    ]
    assert found.state == "waiting supplier"
    assert found.resolved_at is None


def test_a_reopened_ticket_counts_from_its_last_resolution():
    found = history(
        ("09:00", "Active"),
        ("10:00", "Resolved"),
        ("11:00", "Active"),
        ("12:00", "Resolved"),
    )

    assert [verb for _, verb in told(found)] == [
        "raised",
        "started",
        "resolved",
        "reopened",
        "resolved",
    ]
    assert found.reopenings == 1
    assert _clock(found.resolved_at) == "12:00"
    assert [(_clock(a), _clock(b)) for a, b in found.stretches] == [
        ("10:00", "11:00"),
        ("12:00", None),
    ]


def test_closed_and_then_active_is_reopened_and_open():
    found = history(("09:00", "Resolved"), ("10:00", "Closed"), ("11:00", "Active"))

    assert (found.state, found.closed_at, found.resolved_at) == (
        "in_progress",
        None,
        None,
    )


def test_closed_without_a_resolution_is_resolved_then():
    found = history(("09:00", "New"), ("10:00", "Closed"))

    assert told(found)[1:] == [("10:00", "resolved"), ("10:00", "auto_closed")]
    assert found.notes["closed_unresolved"] == 1


def test_a_leaked_code_keeps_the_state_but_ends_the_sources_wait():
    found = history(("09:00", "User"), ("10:00", "-100"), ("11:00", "Resolved"))

    assert [(_clock(a), _clock(b)) for a, b, _ in found.waits] == [("09:00", "10:00")]
    assert [(_clock(a), _clock(b)) for _, a, b, _ in found.pauses] == [
        ("09:00", "11:00")
    ]
    assert found.notes["states_kept"] == 1


def test_a_leaked_code_first_is_new():
    assert history(("09:00", "-100")).state == "new"


def test_rows_count_by_time_and_at_equal_times_by_the_file():
    found = history(("10:00", "Resolved"), ("09:00", "New"), ("09:00", "Active"))

    assert [verb for _, verb in told(found)] == ["raised", "started", "resolved"]


def test_assignments_and_priorities_are_told_when_they_change():
    found = history(
        ("09:00", "New", {"group": "Desk"}),
        ("09:10", "Active", {"group": "Desk", "owner": "Ann", "prio": "2"}),
        ("09:20", "Active", {"group": "Desk", "owner": "?", "prio": "2"}),
        ("09:30", "Active", {"group": "Net", "owner": "Bob", "prio": "1"}),
    )

    assert [(s.verb, s.params) for s in found.steps if s.verb == "assigned"] == [
        ("assigned", {"owner": "Desk", "team": "Desk"}),
        ("assigned", {"owner": "Ann", "team": "Desk"}),
        ("assigned", {"owner": "Bob", "team": "Net"}),
    ]
    assert [s.params for s in found.steps if s.verb == "prioritised"] == [
        {"was": 3, "now": 2},
        {"was": 2, "now": 1},
    ]
    assert (found.owner, found.team, found.priority) == ("Bob", "Net", 1)


def test_how_pressing_it_was_at_an_instant_is_known():
    found = history(
        ("09:00", "New", {"prio": "2"}),
        ("10:00", "Active", {"prio": "1"}),
        ("11:00", "Resolved", {"prio": "3"}),
    )
    hours = [datetime(2026, 1, 5, hour, tzinfo=LONDON) for hour in (8, 9, 10, 11, 12)]

    known = [found.priority_at(seconds_of(at)) for at in (*hours[1:], hours[2])]

    assert known == [2, 1, 3, 3, 1]
    assert found.priority_at(found.reported_at) == 2
    assert found.priority_at(seconds_of(hours[0])) == 3  # nothing said: the usual one


def test_opened_after_its_first_row_is_reported_with_that_row():
    found = history(("08:00", "New"), ("09:00", "Active"))

    assert _clock(found.opened_at) == "08:55"
    assert told(found)[0] == ("08:00", "raised")


def test_a_row_without_a_time_is_refused():
    reader = RowReader(PROFILE, HEADER, Instants(PROFILE.dates, "Europe/London"))
    row = reader.read(2, ["A", "New", "?", "?", "3", "?", "?", "?", "?"])

    with pytest.raises(RowError, match="a row has no time"):
        fold("A", [row], PROFILE)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("05/01/2026", "not like"),
        ("2026-13-01 10:00", "not like"),
        ("٢٠٢٦-01-05 10:00", "not like"),
        ("0001-01-01 00:00", "outside the years"),
        ("9999-12-31 23:59", "outside the years"),
        ("2026-01-05 10:00" * 9, "not like"),
    ],
)
def test_a_strange_date_is_refused(text, said):
    with pytest.raises(RowError, match=said):
        Instants(PROFILE.dates, "Europe/London").read(text)


def test_a_date_is_refused_where_it_lies_in_the_next_century_already():
    with pytest.raises(RowError, match="outside the years"):
        Instants(PROFILE.dates, "America/New_York").read("2099-12-31 23:59")


def test_a_date_of_two_readings_is_refused_and_of_one_is_not():
    instants = Instants(["%d/%m/%Y %H:%M", "%m/%d/%Y %H:%M"], "Europe/London")

    with pytest.raises(RowError, match="two different days"):
        instants.read("3/4/2026 10:00")
    assert instants.read("3/3/2026 10:00") == instants.read("03/03/2026 10:00")
    assert instants.read("13/4/2026 10:00") == seconds_of(
        datetime(2026, 4, 13, 10, tzinfo=LONDON)
    )


EVENTS = st.lists(
    st.tuples(
        st.integers(0, 23 * 60 + 59).map(lambda m: f"{m // 60:02}:{m % 60:02}"),
        st.sampled_from(list(STATES)),
    ),
    min_size=1,
    max_size=12,
)


@given(EVENTS)
def test_any_history_can_be_stored(events):
    found = history(*events)

    steps = [step.at for step in found.steps]
    assert steps == sorted(steps)
    assert found.reported_at == steps[0]
    stretches = [(a, b) for _, a, b, _ in found.pauses]
    stretches += [(a, b) for _, a, b in found.handovers]
    assert all(b is None or a <= b for a, b in stretches)
    assert sum(b is None for _, a, b, _ in found.pauses) <= 1
    assert sum(b is None for _, a, b in found.handovers) <= 1
    assert (found.resolved_at is not None) == (found.state in {"resolved", "closed"})
    assert (found.closed_at is not None) == (found.state == "closed")
    if found.closed_at is not None:
        assert found.reported_at <= found.resolved_at <= found.closed_at
    assert found.reopenings == [s.verb for s in found.steps].count("reopened")
    waits = [(a, b) for a, b, _ in found.waits if b is not None]
    assert all(a < b for a, b in waits)
    assert waits == sorted(waits)


@given(EVENTS, st.integers(0, 12))
def test_a_longer_log_only_adds_lines(events, cut):
    events = sorted(events, key=lambda event: event[0])
    shorter = history(*(events[:cut] or events[:1]))
    longer = history(*events)

    before = [(step.at, step.verb) for step in shorter.steps]
    assert [(s.at, s.verb) for s in longer.steps][: len(before)] == before
