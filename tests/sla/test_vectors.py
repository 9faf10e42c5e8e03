"""Cases taken from other systems' own tests, run against the engine.

OPSDESK_SLA_VECTORS=PATH runs another file of the same shape; it needs no database.
"""

import json
import os
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from sla import calendars, terms
from sla.calendars import CalendarError, Hours
from sla.walltime import moment_of, seconds_of
from tests.sla.replay import Event, replay_ticket

DEFAULT = Path(__file__).parent.parent / "data" / "sla_vectors.json"
CASES = json.loads(Path(os.environ.get("OPSDESK_SLA_VECTORS", DEFAULT)).read_text())
REFUSED = "refused"


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["id"])
def test_a_case_of_another_system_comes_out_as_opsdesk_decided(case):
    got = answers(case)

    expected = {key: typed(key, value) for key, value in case["expected"].items()}
    assert expected, "A case must expect something."
    unknown = set(expected) - set(got)
    assert not unknown, f"The engine has no answer called {sorted(unknown)}."
    shown = {key: got[key] for key in expected}
    if case["opsdesk"]:
        assert shown == expected
    else:
        assert shown != expected


def test_a_case_of_an_unknown_kind_is_not_passed_over():
    case = CASES[0] | {"kind": "guess"}

    with pytest.raises(ValueError, match="guess"):
        answers(case)


def answers(case):
    if case["kind"] == "ticket":
        return replayed(case)
    if case["kind"] == "elapsed":
        return {"elapsed_seconds": elapsed(case)}
    if case["kind"] == "deadline":
        return {"deadline": deadline(case)}
    raise ValueError(f"There is no kind of case called {case['kind']!r}.")


def elapsed(case):
    start, end = instant(case["start"]), instant(case["end"])
    return terms.active_s(calendar(case), start, end, pauses(case))


def deadline(case):
    start, backward = instant(case["start"]), case.get("direction") == "backward"
    if case.get("direction") not in (None, "forward", "backward"):
        raise ValueError(f"There is no direction called {case['direction']!r}.")
    if "op" in case:
        step = {"next_open": next_active, "prev_close": prev_active}[case["op"]]
        return moment_of(step(calendar(case), start, pauses(case)))
    if "target_business_days" in case:
        days = case["target_business_days"]
        return after_days(case, start, -days if backward else days)
    seconds = case.get("target_seconds")
    if seconds is None:
        seconds = case["target_minutes"] * 60
    step = terms.backward_s if backward else terms.deadline_s
    return moment_of(step(calendar(case), start, seconds, pauses(case)))


def next_active(calendar, t, pauses):
    """The first open second outside pauses at or after t."""
    found = calendar.next_open_s(t)
    for start, end in pauses:
        if start <= found < end:
            found = calendar.next_open_s(end)
    return found


def prev_active(calendar, t, pauses):
    """The last second at or before t that ends open time outside pauses."""
    found = calendar.prev_close_s(t)
    for start, end in reversed(pauses):
        if start < found <= end:
            found = calendar.prev_close_s(start)
    return found


def after_days(case, start, days):
    try:
        due = calendar(case).after_business_days_s(start, days)
    except CalendarError:
        return REFUSED
    return moment_of(terms.extended_s(calendar(case), start, due, pauses(case)))


def replayed(case):
    events = [event(case, data) for data in case["events"]]
    return replay_ticket(case["policy"], events, hours(case)).facts()


def event(case, data):
    known = {"at", "type", "to", "status", "policy", "effective_from", *HOURS}
    unknown = set(data) - known
    assert not unknown, f"An event has no part called {sorted(unknown)}."
    changed = any(key in data for key in HOURS)
    since = data.get("effective_from")
    return Event(
        at=datetime.fromisoformat(data["at"]),
        type=data["type"],
        status=data.get("to", data.get("status")),
        policy=data.get("policy") or {},
        hours=hours(case | data) if changed else None,
        amends_from=None if since is None else datetime.fromisoformat(since),
    )


HOURS = ("hours", "holidays", "date_hours", "timezone")


def hours(case):
    return Hours.from_json(
        {
            "timezone": case["timezone"],
            "weekly": case["hours"],
            "holidays": case["holidays"],
            "special": case.get("date_hours"),
        }
    )


def calendar(case):
    return calendars.compiled(hours(case))


def pauses(case):
    return terms.union_s(
        [
            (datetime.fromisoformat(start), end and datetime.fromisoformat(end))
            for start, end in case.get("pauses", ())
        ]
    )


def instant(text):
    return seconds_of(datetime.fromisoformat(text))


def typed(key, value):
    is_instant = key == "deadline" or key.endswith(("_deadline", "_at"))
    return datetime.fromisoformat(value) if value and is_instant else value


def test_instants_are_compared_as_instants():
    zone_apart = typed("deadline", "2026-01-05T10:00:00+01:00")

    assert zone_apart == typed("deadline", "2026-01-05T09:00:00+00:00")
    assert zone_apart.utcoffset() == timedelta(hours=1)
