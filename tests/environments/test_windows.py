"""Freezes and maintenance windows: planned, expanded, changed, called off, told."""

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from django.db import IntegrityError, connection, connections
from psycopg2.extras import DateTimeTZRange

from environments.models import EnvironmentEvent, Occurrence, WindowRule
from environments.queries import windows as queries
from environments.services import leases, occurring, windows
from opsdesk.core import clock
from opsdesk.core.errors import NotAllowedError, RuleError, StaleError, as_rule_error
from opsdesk.core.models import Notification
from tests.environments.planning import local, make_window

HOUR = timedelta(hours=1)


def facts_of(rule, **changed):
    facts = {
        "name": rule.name,
        "reason": rule.reason,
        "environments": list(rule.environments.all()),
        "starts_local": occurring.pattern_of(rule).start,
        "minutes": rule.minutes,
        "time_zone": rule.time_zone,
        "rrule": rule.rrule,
        "is_hard": rule.is_hard,
        "exempt": rule.exempt,
    }
    return {**facts, **changed}


def live_rows():
    return Occurrence.objects.filter(cancelled_at__isnull=True).order_by("during")


# --- Who may -----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("person", "kind", "may"),
    [
        ("ada", "freeze", True),
        ("mia", "freeze", True),
        ("ada", "maintenance", True),
        ("mia", "maintenance", False),
        ("sam", "freeze", False),
        ("tim", "freeze", False),
    ],
)
def test_managers_freeze_and_only_administrators_open_maintenance(
    live, request, person, kind, may
):
    actor = request.getfixturevalue(person)

    if may:
        assert make_window(live, actor, kind).created_by == actor
    else:
        with pytest.raises(NotAllowedError):
            make_window(live, actor, kind)
        assert WindowRule.objects.count() == Occurrence.objects.count() == 0


# --- What it comes to --------------------------------------------------------------


def test_a_freeze_never_begins_before_it_was_declared(live, ada):
    before = clock.exact()
    rule = make_window(live, ada, start=local(-1))

    row = rule.occurrences.get()
    assert before <= row.starts_at <= clock.exact()
    assert row.starts_at == row.declared_at
    assert queries.freezes_now(live, clock.exact()) == [row]


def test_a_freeze_that_is_over_already_is_refused(live, ada):
    with pytest.raises(RuleError, match="Nothing of it lies in the next 18 months"):
        make_window(live, ada, start=local(-10))

    assert WindowRule.objects.count() == 0


@pytest.mark.parametrize(
    ("facts", "code"),
    [
        ({"rrule": "FREQ=HOURLY"}, "bad_rule"),
        ({"rrule": "FREQ=DAILY", "minutes": 1_500}, "bad_rule"),
        ({"rrule": "FREQ=MONTHLY;BYMONTH=2;BYMONTHDAY=30"}, "never_comes"),
        ({"environments": []}, "bad_environments"),
    ],
)
def test_a_rule_that_makes_no_sense_is_refused_and_leaves_nothing(
    live, ada, facts, code
):
    with pytest.raises(RuleError) as refusal:
        make_window(live, ada, **facts)

    assert refusal.value.code == code
    assert WindowRule.objects.count() == 0
    assert EnvironmentEvent.objects.filter(verb="window_added").count() == 0


def test_a_weekly_window_is_written_18_months_ahead(live, ada):
    rule = make_window(live, ada, "maintenance", rrule="FREQ=WEEKLY", start=local(1))

    assert rule.occurrences.count() == 79
    last = rule.occurrences.order_by("-during").first()
    assert timedelta(days=540) < last.starts_at - clock.exact() < timedelta(days=550)


def test_expanding_again_adds_nothing_and_tomorrow_adds_what_has_come_near(live, ada):
    rule = make_window(live, ada, "maintenance", rrule="FREQ=WEEKLY", start=local(1))
    ids = set(rule.occurrences.values_list("pk", flat=True))

    assert occurring.expand_ahead() == 0
    assert set(rule.occurrences.values_list("pk", flat=True)) == ids

    last = rule.occurrences.order_by("during").last()
    last.delete()
    assert occurring.expand_ahead() == 1
    assert rule.occurrences.order_by("during").last().during == last.during


def test_a_rule_nobody_can_read_any_more_stops_no_other(live, ada):
    """Time zones leave the world's list."""
    lost = make_window(live, ada, "maintenance", rrule="FREQ=WEEKLY", start=local(1))
    WindowRule.objects.filter(pk=lost.pk).update(time_zone="Mars/Olympus")
    rule = make_window(live, ada, "freeze", rrule="FREQ=WEEKLY", start=local(2))
    last = rule.occurrences.order_by("during").last()
    last.delete()

    with pytest.raises(RuleError, match="Mars/Olympus"):
        occurring.expand_ahead()

    assert rule.occurrences.order_by("during").last().during == last.during
    assert lost.occurrences.count() == 79


def test_the_database_refuses_two_occurrences_at_once(live, ada):
    row = make_window(live, ada).occurrences.get()
    row.pk = None

    with pytest.raises(IntegrityError, match="one_occurrence_at_a_time"):
        row.save()


def test_two_live_windows_of_one_kind_have_two_names(live, ada):
    make_window(live, ada)

    with pytest.raises(IntegrityError) as refusal:
        make_window(live, ada)

    assert as_rule_error(refusal.value).code == "name_taken"


# --- Changing it -------------------------------------------------------------------


def test_a_new_end_holds_from_now_on_and_what_has_been_stays(live, ada):
    rule = make_window(live, ada)
    Occurrence.objects.update(
        during=DateTimeTZRange(clock.exact() - HOUR, live_rows().get().ends_at)
    )

    windows.edit_window(rule, actor=ada, version=1, **facts_of(rule, minutes=240))

    was, now = live_rows()
    assert was.ends_at == now.starts_at <= clock.exact()
    assert now.ends_at - was.starts_at > 3 * HOUR
    assert queries.freezes_now(live, clock.exact()) == [now]


def test_what_is_not_changed_stays_the_same_row(live, ada):
    rule = make_window(live, ada, rrule="FREQ=DAILY;COUNT=3")
    ids = list(live_rows().values_list("pk", flat=True))

    windows.edit_window(
        rule, actor=ada, version=1, **facts_of(rule, reason="Books close.")
    )
    windows.edit_window(rule, actor=ada, version=2, **facts_of(rule, is_hard=False))

    assert list(live_rows().values_list("pk", flat=True)) == ids
    assert not any(row.is_hard for row in live_rows())


def test_an_environment_left_out_is_free_from_now_on(live, ada):
    training = live.landscape.environments.get(kind="training")
    rule = make_window(live, ada, environments=[live, training])

    windows.edit_window(
        rule, actor=ada, version=1, **facts_of(rule, environments=[live])
    )

    now = clock.exact()
    assert queries.freezes_now(training, now) == []
    assert len(queries.freezes_now(live, now)) == 1
    for place in (live, training):
        told = [event.verb for event in place.events.all()]
        assert told == ["window_added", "window_changed"]


def test_the_second_editor_of_a_window_is_told(live, ada, mia):
    rule = make_window(live, ada)
    windows.edit_window(rule, actor=ada, version=1, **facts_of(rule, reason="A"))

    with pytest.raises(StaleError):
        windows.edit_window(rule, actor=mia, version=1, **facts_of(rule, reason="B"))

    assert WindowRule.objects.get().reason == "A"


def test_a_called_off_freeze_ends_now_and_is_gone_from_the_future(live, ada):
    rule = make_window(live, ada, rrule="FREQ=DAILY;COUNT=3")

    windows.cancel_window(rule, actor=ada, reason="Books closed early.")

    now = clock.exact()
    assert queries.freezes_now(live, now) == []
    assert queries.next_windows(live, now, 5) == []
    with pytest.raises(RuleError, match="called off already"):
        windows.cancel_window(rule, actor=ada, reason="Again.")
    with pytest.raises(RuleError, match="called off already"):
        windows.edit_window(rule, actor=ada, version=2, **facts_of(rule))
    assert make_window(live, ada).name == rule.name


def test_a_manager_does_not_touch_maintenance(live, ada, mia):
    rule = make_window(live, ada, "maintenance", start=local(1))

    with pytest.raises(NotAllowedError):
        windows.cancel_window(rule, actor=mia, reason="No.")
    with pytest.raises(NotAllowedError):
        windows.edit_window(rule, actor=mia, version=1, **facts_of(rule))

    assert WindowRule.objects.get().cancelled_at is None
    assert live_rows().count() == 1


# --- Who is told -------------------------------------------------------------------


def test_everybody_who_changes_systems_hears_of_a_freeze_but_not_of_maintenance(
    live, ada, mia, sam, rob
):
    make_window(live, ada, "maintenance", name="Patching", start=local(1))
    make_window(live, ada)

    told = Notification.objects.values_list("recipient__name", "title")
    assert sorted(told) == [
        ("Mia", "Freeze announced: Month-end close"),
        ("Sam", "Freeze announced: Month-end close"),
    ]


def test_people_are_told_once_that_a_freeze_starts_within_a_day(live, ada, sam):
    training = live.landscape.environments.get(kind="training")
    make_window(live, ada, start=local(60), environments=[live, training])
    assert occurring.remind() == 0

    tomorrow = clock.exact() + 23 * HOUR
    for row in live_rows():
        row.during = DateTimeTZRange(tomorrow, row.ends_at)
        row.save()
    assert (occurring.remind(), occurring.remind()) == (2, 0)

    notes = Notification.objects.filter(title__startswith="Freeze starts")
    assert {note.recipient for note in notes} == {ada, sam}
    assert "ERP Production and ERP Training" in notes[0].body


def test_who_hears_of_a_freeze_on_its_last_day_is_not_reminded(live, ada, sam):
    make_window(live, ada, start=local(5))

    assert occurring.remind() == 0
    assert Notification.objects.get().title.startswith("Freeze announced")


def test_people_hear_that_a_freeze_ended_early(live, ada, sam):
    rule = make_window(live, ada)

    windows.cancel_window(rule, actor=ada, reason="Books closed early.")

    note = Notification.objects.get(title="Freeze ended early: Month-end close")
    assert (note.recipient, "Books closed early." in note.body) == (sam, True)


# --- What gates ask ----------------------------------------------------------------


def test_a_freeze_that_ends_at_1800_lets_a_change_start_at_180000(live, ada):
    row = make_window(live, ada).occurrences.get()

    assert queries.freezes_now(live, row.ends_at - timedelta(seconds=1)) == [row]
    assert queries.freezes_now(live, row.ends_at) == []
    assert queries.freezes_now(live, row.starts_at) == [row]


def test_freezes_and_maintenance_are_told_apart_where_they_overlap(live, ada):
    advice = make_window(live, ada, name="Stock count", is_hard=False)
    freeze = make_window(live, ada)
    window = make_window(live, ada, "maintenance", name="Patching")

    now = clock.exact()
    assert [row.rule for row in queries.freezes_now(live, now)] == [freeze, advice]
    assert queries.maintenance_now(live, now).rule == window
    standing = queries.standings([live], now)[live.pk]
    assert standing.freeze.rule == freeze
    assert standing.maintenance.rule == window


def test_a_freeze_holds_only_where_it_was_declared(live, ada):
    make_window(live, ada)
    training = live.landscape.environments.get(kind="training")

    assert queries.freezes_now(training, clock.exact()) == []


def test_after_a_failover_what_is_shown_is_what_binds(live, ada):
    freeze = make_window(live, ada).occurrences.get()
    later = make_window(
        live, ada, "maintenance", name="Patching", start=local(5)
    ).occurrences.get()
    failover = live.landscape.environments.get(kind="failover")
    for environment, serves in ((live, False), (failover, True)):
        environment.is_serving = serves
        environment.save()

    now = clock.exact()

    standing = queries.standings([failover], now)[failover.pk]
    assert (standing.freeze, standing.upcoming) == (freeze, later)
    assert queries.freezes_now(failover, now) == [freeze]
    assert queries.next_windows(failover, now, 3) == [later]


def test_a_slot_finds_every_freeze_it_touches_and_none_it_only_meets(live, ada):
    row = make_window(live, ada, start=local(2)).occurrences.get()

    touching = DateTimeTZRange(row.ends_at - HOUR, row.ends_at + HOUR)
    meeting = DateTimeTZRange(row.ends_at, row.ends_at + HOUR)
    assert queries.freezes_over(live, touching) == [row]
    assert queries.freezes_over(live, meeting) == []


def test_what_comes_next_is_in_order_and_does_not_hold_yet(live, ada):
    late = make_window(live, ada, name="Late", start=local(30))
    soon = make_window(live, ada, "maintenance", name="Soon", start=local(3))
    make_window(live, ada, name="Now")

    now = clock.exact()
    assert [row.rule for row in queries.next_windows(live, now, 5)] == [soon, late]
    assert queries.standings([live], now)[live.pk].upcoming.rule == soon


# --- At the same moment ------------------------------------------------------------


def together(*acts):
    """Run each in a thread of its own, all at once; what they raised or returned."""
    gate = threading.Barrier(len(acts))

    def run(act):
        gate.wait(30)
        try:
            return act()
        finally:
            connections.close_all()

    with ThreadPoolExecutor(len(acts)) as pool:
        running = [pool.submit(run, act) for act in acts]
    return [done.exception() or done.result() for done in running]


@pytest.mark.django_db(transaction=True)
def test_two_workers_that_expand_at_once_add_each_occurrence_once(live, ada):
    make_window(live, ada, "maintenance", rrule="FREQ=WEEKLY", start=local(1))
    count = Occurrence.objects.count()
    Occurrence.objects.all().delete()

    added = together(occurring.expand_ahead, occurring.expand_ahead)

    assert sorted(added) == [0, count]
    assert Occurrence.objects.count() == count


@pytest.mark.django_db(transaction=True)
def test_a_freeze_declared_while_an_environment_is_taken_comes_after_it(live, ada, mia):
    def take():
        return leases.take(
            live,
            kind="promotion",
            label="CR-1",
            url="",
            holder=ada,
            expected_end_at=None,
        )

    lease, rule = together(take, lambda: make_window(live, mia))

    assert Occurrence.objects.get(rule=rule).starts_at >= lease.started_at - timedelta(
        seconds=1
    )
    assert live.leases.count() == 1


@pytest.mark.django_db(transaction=True)
def test_a_window_waits_for_whoever_holds_its_environment(live, ada):
    """While a start holds the row, a freeze cannot slip in before it."""
    started = clock.exact()
    done = threading.Event()

    def freeze():
        try:
            make_window(live, ada)
        finally:
            done.set()
            connections.close_all()

    with connection.cursor() as cursor:
        cursor.execute("BEGIN")
        cursor.execute(
            "SELECT 1 FROM environments_environment WHERE id=%s FOR NO KEY UPDATE",
            [live.pk],
        )
        thread = threading.Thread(target=freeze, daemon=True)
        thread.start()
        assert not done.wait(0.2)
        cursor.execute("COMMIT")
    thread.join(10)

    assert Occurrence.objects.get().starts_at > started
