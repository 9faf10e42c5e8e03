"""Stored clocks, moved by the verbs: the rules, and the scenarios worked by hand."""

from datetime import UTC, date, datetime, timedelta

import pytest

from opsdesk.core.errors import RuleError
from sla.calendars import Hours
from sla.models import CalendarVersion, Contract, ContractVersion
from sla.queries import load
from snags.models import Clock, ClockEvent, ClockRevision, Pause, RollupNote
from snags.services import clocks, editing, lifecycle, sweep, talk
from snags.services.clocks import Cause
from snags.services.replay import drifted
from tests.factories import NINE, make_calendar, make_contract, make_snag

HOUR = timedelta(hours=1)
DAY = timedelta(days=1)


def at(text):
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def clock_of(snag, kind="resolution"):
    return snag.clocks.get(kind=kind)


def due(snag, kind="resolution"):
    return clock_of(snag, kind).due_at


def resolve(snag, actor, **when):
    text = {"resolution": "configuration", "resolution_note": "Done."}
    lifecycle.resolve(snag, actor=actor, **text, **when)


def assert_sound(snag):
    """The invariants every verb must leave behind."""
    snag.refresh_from_db()
    live = [clock for clock in snag.clocks.all() if clock.is_live]
    known = [clock.due_at for clock in live if clock.due_at]
    assert snag.next_due_at == min(known, default=None)
    for clock in snag.clocks.all():
        numbers = list(clock.revisions.values_list("number", flat=True))
        assert numbers == list(range(1, clock.revision + 1))
        assert clock.revisions.last().new_due_at == clock.due_at
        told = clock.events.filter(level="breach", voided_at=None)
        if clock.state in {"paused", "stopped"}:
            assert told.count() == (clock.breached_at is not None)
    revisions = ClockRevision.objects.filter(clock__snag=snag)
    assert drifted(revisions.order_by("pk")) == []


@pytest.fixture
def eight_hours(live):
    """P3 within eight working hours, warned at three quarters."""
    return make_contract(live.landscape, p3_resolution=480, p1_resolution=120)


# Scenarios E1 to E14 of the design, as stored clocks


def test_four_hours_from_friday_afternoon_end_on_monday(live, rob):
    make_contract(live.landscape, p3_resolution=240)
    assert due(make_snag(live, rob, at=at("2026-01-09T16:30"))) == at(
        "2026-01-12T12:30"
    )


@pytest.mark.parametrize(
    ("begin", "end", "expected"),
    [
        ("2026-01-09T18:00", "2026-01-10T10:00", "2026-01-12T12:30"),
        ("2026-01-09T16:45", "2026-01-12T10:00", "2026-01-12T13:45"),
    ],
)
def test_a_pause_counts_in_working_time_only(live, rob, sam, begin, end, expected):
    make_contract(live.landscape, p3_resolution=240)
    snag = make_snag(live, rob, at=at("2026-01-09T16:30"))
    lifecycle.start(snag, actor=sam, at=at("2026-01-09T16:31"))
    lifecycle.wait(snag, actor=sam, waiting_for="reporter", body="Which?", at=at(begin))
    assert due(snag) is None
    lifecycle.resume(snag, actor=sam, at=at(end))
    assert due(snag) == at(expected)
    assert_sound(snag)


def test_a_priority_raised_past_due_is_a_breach_with_that_cause(live, rob, sam):
    make_contract(live.landscape, p3_resolution=600_000, p1_resolution=120)
    snag = make_snag(live, rob, at=at("2026-03-02T09:00"))

    editing.set_priority(snag, actor=sam, impact=1, urgency=1)

    clock = clock_of(snag)
    assert clock.due_at == clock.breached_at == at("2026-03-02T11:00")
    assert clock.breach_cause == "priority_raised"
    event = clock.events.get(level="breach")
    assert (event.due_at, event.cause) == (clock.due_at, "priority_raised")
    assert_sound(snag)


def test_a_wider_promise_never_removes_a_breach(live, rob, sam):
    make_contract(live.landscape, p3_resolution=600_000, p1_resolution=120)
    snag = make_snag(live, rob, at=NINE)
    editing.set_priority(snag, actor=sam, impact=1, urgency=1)
    editing.set_priority(snag, actor=sam, impact=2, urgency=2)

    clock = clock_of(snag)
    assert clock.breached_at == NINE + 2 * HOUR
    assert clock.due_at > NINE + DAY
    assert clock.events.filter(level="breach", voided_at=None).count() == 1


def test_a_reopened_snag_goes_on_where_it_was_resolved(live, rob, sam, eight_hours):
    snag = make_snag(live, rob, at=NINE)
    resolve(snag, sam, at=NINE + 6 * HOUR)
    lifecycle.reopen(snag, actor=rob, body="No.", at=NINE + 2 * DAY + HOUR)

    assert due(snag) == NINE + 2 * DAY + 3 * HOUR
    assert clock_of(snag).cycle == 1
    assert_sound(snag)


def test_a_target_that_uses_up_the_day_is_due_at_its_close(live, rob, eight_hours):
    assert due(make_snag(live, rob, at=NINE)) == NINE + 8 * HOUR


def test_a_day_of_23_hours_is_counted_in_real_hours(live, rob):
    make_contract(live.landscape, make_calendar("Always", "24x7"), p3_resolution=1440)
    snag = make_snag(live, rob, at=at("2026-03-28T12:00"))
    assert due(snag) == at("2026-03-29T12:00")


def test_a_night_shift_belongs_to_the_evening_it_starts(live, rob):
    night = make_calendar("Night", "Mon-Fri 22:00-06:00")
    make_contract(live.landscape, night, p3_resolution=240)
    snag = make_snag(live, rob, at=at("2026-01-10T03:00"))
    assert due(snag) == at("2026-01-12T23:00")


def test_special_hours_go_before_weekly_hours_and_holidays(live, rob):
    calendar = make_calendar()
    hours = {
        **Hours.parse("Mon-Fri 09:00-17:00", "Europe/London").to_json(),
        "holidays": ["2025-12-25", "2025-12-26"],
        "special": {"2025-12-24": [["09:00", "12:00"]]},
    }
    CalendarVersion.objects.filter(calendar=calendar).update(hours=hours)
    make_contract(live.landscape, calendar, p3_resolution=120)
    snag = make_snag(live, rob, at=at("2025-12-24T11:00"))
    assert due(snag) == at("2025-12-29T10:00")


def test_the_warning_falls_at_three_quarters(live, rob, eight_hours):
    snag = make_snag(live, rob, at=at("2026-03-02T13:00"))
    snag.refresh_from_db()
    assert snag.at_risk_from == at("2026-03-03T11:00")


def test_overlapping_pauses_count_once(live, rob, sam):
    make_contract(live.landscape, p3_resolution=180)
    snag = make_snag(live, rob, at=NINE)
    for begin, end in ((1, 3), (2, 4)):
        Pause.objects.create(
            snag=snag,
            reason="reporter",
            from_at=NINE + begin * HOUR,
            to_at=NINE + end * HOUR,
        )
    clocks.recompute(snag, Cause("resumed", NINE + 4 * HOUR))
    assert due(snag) == NINE + 6 * HOUR


def test_a_pause_from_the_deadline_on_changes_nothing_and_the_breach_is_told(
    live, rob, sam
):
    make_contract(live.landscape, p3_resolution=120)
    snag = make_snag(live, rob, at=NINE)
    lifecycle.start(snag, actor=sam, at=NINE)
    lifecycle.wait(
        snag, actor=sam, waiting_for="reporter", body="Which?", at=NINE + 2 * HOUR
    )

    clock = clock_of(snag)
    assert (clock.state, clock.due_at) == ("paused", NINE + 2 * HOUR)
    assert clock.events.filter(level="breach").count() == 1
    assert_sound(snag)


# What the rules add to the scenarios


def test_a_promise_kept_at_its_deadline_is_kept(live, rob, sam, eight_hours):
    snag = make_snag(live, rob, at=NINE)
    resolve(snag, sam, at=NINE + 8 * HOUR)
    clock = clock_of(snag)
    assert (clock.breached_at, clock.was_missed) == (None, False)
    assert_sound(snag)


def test_late_evidence_voids_a_breach_and_deletes_nothing(live, rob, sam, eight_hours):
    snag = make_snag(live, rob, at=NINE)
    sweep.fire_due_clocks()
    assert clock_of(snag).breached_at == NINE + 8 * HOUR

    resolve(snag, sam, at=NINE + 2 * HOUR)

    clock = clock_of(snag)
    assert clock.breached_at is None
    breach = clock.events.get(level="breach")
    assert (breach.void_cause, breach.voided_at is None) == ("late_evidence", False)
    assert_sound(snag)


def test_an_answer_told_late_has_the_day_of_the_breach_it_voids_counted_again(
    live, rob, sam
):
    make_contract(live.landscape, p3_response=60)
    snag = make_snag(live, rob, at=at("2026-03-02T17:00"))
    sweep.fire_due_clocks()
    breached = clock_of(snag, "response").breached_at
    assert breached == at("2026-03-03T10:00")
    RollupNote.objects.all().delete()

    talk.comment(snag, actor=sam, body="It is fixed.", at=at("2026-03-02T17:20"))

    assert clock_of(snag, "response").breached_at is None
    assert set(RollupNote.objects.values_list("day", flat=True)) >= {
        date(2026, 3, 2),
        date(2026, 3, 3),
    }


def test_a_real_breach_is_recorded_although_an_earlier_one_was_void(
    live, rob, sam, eight_hours
):
    snag = make_snag(live, rob, at=NINE)
    sweep.fire_due_clocks()
    resolve(snag, sam, at=NINE + 2 * HOUR)
    lifecycle.reopen(snag, actor=rob, body="No.", at=NINE + 3 * HOUR)
    sweep.fire_due_clocks()

    told = clock_of(snag).events.filter(level="breach")
    assert told.count() == 2
    assert told.get(voided_at=None).due_at == NINE + DAY + HOUR


def test_a_warning_is_told_again_once_its_instant_moved(live, rob, sam, eight_hours):
    snag = make_snag(live, rob, at=NINE)
    assert sweep.fire_batch(at=NINE + 6 * HOUR + HOUR / 2) == 1
    Pause.objects.create(
        snag=snag,
        reason="reporter",
        from_at=NINE + 5 * HOUR,
        to_at=NINE + 6 * HOUR,
    )
    clocks.recompute(snag, Cause("resumed", NINE + 6.5 * HOUR))
    assert clock_of(snag).next_event_at == NINE + 7 * HOUR
    sweep.fire_batch(at=NINE + 7.5 * HOUR)
    sweep.fire_batch(at=NINE + 7.6 * HOUR)

    told = list(clock_of(snag).events.values_list("level", "arm", "due_at"))
    assert told == [
        ("warn75", 0, NINE + 6 * HOUR),
        ("warn75", 1, NINE + 7 * HOUR),
    ]


def test_reminders_follow_a_miss(live, rob):
    make_contract(live.landscape, p3_resolution=60, terms={"late_minutes": [30, 120]})
    snag = make_snag(live, rob, at=NINE)
    sweep.fire_due_clocks()
    told = list(clock_of(snag).events.values_list("level", "due_at"))
    assert told == [
        ("warn75", NINE + HOUR * 3 / 4),
        ("breach", NINE + HOUR),
        ("late30", NINE + HOUR * 3 / 2),
        ("late120", NINE + 3 * HOUR),
    ]


def test_a_promise_taken_off_with_a_priority_comes_back(live, rob, sam):
    make_contract(live.landscape, p3_response=60, p3_resolution=480)
    snag = make_snag(live, rob)
    editing.set_priority(snag, actor=sam, impact=3, urgency=3)
    assert set(snag.clocks.values_list("state", flat=True)) == {"cancelled"}
    assert_sound(snag)

    editing.set_priority(snag, actor=sam, impact=2, urgency=2)

    assert set(snag.clocks.values_list("state", flat=True)) == {"running"}
    assert_sound(snag)


def test_what_a_contract_promised_is_owed_after_it_is_put_out_of_use(live, rob, sam):
    old = make_contract(live.landscape, p3_resolution=480, p1_resolution=120)
    snag = make_snag(live, rob, at=NINE)
    Contract.objects.update(is_active=False)
    make_contract(live.landscape, make_calendar("New"), name="New", p1_resolution=9)

    editing.set_priority(snag, actor=sam, impact=1, urgency=1)

    clock = clock_of(snag)
    assert (clock.state, clock.due_at) == ("running", NINE + 2 * HOUR)
    assert clock.contract_version.contract == old
    assert_sound(snag)
    lifecycle.start(snag, actor=sam)
    resolve(snag, sam)
    lifecycle.reopen(snag, actor=rob, body="It is not.")
    assert clock_of(snag).contract_version.contract == old
    assert_sound(snag)


def test_a_snag_without_a_clock_is_promised_nothing_by_a_contract_out_of_use(
    live, rob, sam
):
    make_contract(live.landscape, p1_resolution=120)
    snag = make_snag(live, rob, at=NINE)
    Contract.objects.update(is_active=False)

    editing.set_priority(snag, actor=sam, impact=1, urgency=1)

    assert not snag.clocks.exists()


def test_an_answer_given_while_nothing_was_promised_counts(live, rob, sam):
    make_contract(live.landscape, p3_response=60, p3_resolution=480)
    snag = make_snag(live, rob, impact=3, urgency=3, at=NINE)
    assert not snag.clocks.exists()
    talk.comment(snag, body="Looking.", actor=sam, at=NINE + HOUR / 2)

    editing.set_priority(snag, actor=sam, impact=2, urgency=2)

    clock = clock_of(snag, "response")
    assert (clock.state, clock.elapsed_seconds) == ("stopped", 1800)
    assert_sound(snag)


def test_a_rejected_snag_that_is_reopened_has_its_clock_again(
    live, rob, sam, eight_hours
):
    snag = make_snag(live, rob, at=NINE)
    lifecycle.start(snag, actor=sam, at=NINE)
    lifecycle.reject(
        snag,
        actor=sam,
        resolution="no_fault",
        resolution_note="Works here.",
        at=NINE + HOUR,
    )
    assert clock_of(snag).state == "cancelled"

    lifecycle.reopen(snag, actor=rob, body="It does not.", at=NINE + 3 * HOUR)

    assert due(snag) == NINE + DAY + 2 * HOUR
    assert_sound(snag)


def test_a_new_cycle_starts_once_the_window_has_passed(live, rob, sam):
    make_contract(
        live.landscape,
        p3_resolution=480,
        terms={"reopen_mode": "new_cycle", "reopen_window_days": 2},
    )
    snag = make_snag(live, rob, at=NINE)
    resolve(snag, sam, at=NINE + HOUR)
    lifecycle.reopen(snag, actor=rob, body="No.", at=NINE + 3 * DAY)

    first, second = snag.clocks.order_by("cycle")
    assert (first.state, second.cycle) == ("stopped", 2)
    assert second.due_at == NINE + 3 * DAY + 8 * HOUR
    assert_sound(snag)


def test_within_the_window_the_same_clock_goes_on(live, rob, sam):
    make_contract(
        live.landscape,
        p3_resolution=480,
        terms={"reopen_mode": "new_cycle", "reopen_window_days": 2},
    )
    snag = make_snag(live, rob, at=NINE)
    resolve(snag, sam, at=NINE + HOUR)
    lifecycle.reopen(snag, actor=rob, body="No.", at=NINE + DAY)
    assert clock_of(snag).state == "running"


def test_a_clock_that_is_never_reopened_stays_stopped(live, rob, sam):
    make_contract(live.landscape, p3_resolution=480, terms={"reopen_mode": "never"})
    snag = make_snag(live, rob, at=NINE)
    resolve(snag, sam, at=NINE + HOUR)
    lifecycle.reopen(snag, actor=rob, body="No.", at=NINE + 2 * HOUR)
    assert clock_of(snag).state == "stopped"
    snag.refresh_from_db()
    assert snag.next_due_at is None


def test_the_response_clock_runs_on_while_the_snag_waits(live, rob, sam):
    make_contract(live.landscape, p3_response=60, p3_resolution=480)
    snag = make_snag(live, rob, at=NINE)
    clocks.pause(snag, Pause.Reason.CHANGE, Cause("paused", NINE + HOUR / 2))
    states = dict(snag.clocks.values_list("kind", "state"))
    assert states == {"response": "running", "resolution": "paused"}
    snag.refresh_from_db()
    assert snag.next_due_at == NINE + HOUR


def test_a_contract_may_let_the_response_clock_wait(live, rob):
    make_contract(live.landscape, p3_response=60, terms={"pause_response": True})
    snag = make_snag(live, rob, at=NINE)
    clocks.pause(snag, Pause.Reason.CHANGE, Cause("paused", NINE + HOUR / 2))
    assert clock_of(snag, "response").state == "paused"


def test_an_end_told_before_the_beginning_leaves_a_pause_of_no_length(
    live, rob, sam, eight_hours
):
    snag = make_snag(live, rob, at=NINE)
    clocks.pause(snag, Pause.Reason.REPORTER, Cause("paused", NINE + 2 * HOUR))
    clocks.unpause(snag, Cause("resumed", NINE + HOUR))
    assert due(snag) == NINE + 8 * HOUR


def test_an_answer_by_voice_is_given_on_the_spot(live, rob, sam):
    make_contract(live.landscape, p3_response=60)
    snag = make_snag(live, sam, reported_by=rob, channel="phone", at=NINE)
    clock = clock_of(snag, "response")
    assert (clock.state, clock.elapsed_seconds) == ("stopped", 0)
    assert clock.breached_at is None
    assert_sound(snag)


def test_a_target_in_working_days_falls_due_at_the_same_wall_time(live, rob, sam):
    contract = make_contract(live.landscape, p3_resolution=1)
    target = contract.versions.get().targets.get()
    target.minutes, target.business_days = None, 2
    target.save()
    snag = make_snag(live, rob, at=at("2026-03-05T10:00"))
    assert due(snag) == at("2026-03-09T10:00")
    assert_sound(snag)


def test_hours_that_never_open_refuse_with_a_sentence(live, rob):
    calendar = make_calendar()
    hours = {
        "timezone": "Europe/London",
        "special": {"2020-01-01": [["09:00", "10:00"]]},
    }
    CalendarVersion.objects.filter(calendar=calendar).update(hours=hours)
    make_contract(live.landscape, calendar, p3_resolution=60)
    with pytest.raises(RuleError, match="no opening within 3,700 days"):
        make_snag(live, rob)
    assert not Clock.objects.exists()


def test_one_clock_without_hours_does_not_stop_the_sweep(live, rob, eight_hours):
    broken = make_snag(live, rob, at=NINE)
    sound = make_snag(live, rob, at=NINE)
    calendar = make_calendar("Shut", "Mon 09:00-10:00")
    shut = calendar.versions.get()
    CalendarVersion.objects.filter(pk=shut.pk).update(
        hours={"timezone": "UTC", "special": {"2020-01-01": [["09:00", "10:00"]]}}
    )
    Clock.objects.filter(snag=broken).update(timeline=[[None, shut.pk]])

    assert sweep.fire_due_clocks() == 2

    assert ClockEvent.objects.filter(clock__snag=sound, level="breach").count() == 1
    assert not ClockEvent.objects.filter(clock__snag=broken).exists()


def test_every_mode_of_reopening_is_known():
    assert set(ContractVersion.ReopenMode.values) == {"resume", "new_cycle", "never"}


def test_a_breach_found_by_a_verb_is_told_like_one_the_sweep_finds(
    live, rob, sam, mia, eight_hours
):
    snag = make_snag(live, rob, at=NINE)
    resolve(snag, sam, at=NINE + DAY)
    verbs = list(snag.events.values_list("verb", flat=True))
    assert verbs.count("clock_breached") == 1
    assert mia.notifications.filter(title__contains="missed").count() == 1
    assert load(clock_of(snag).timeline).is_open(NINE)
