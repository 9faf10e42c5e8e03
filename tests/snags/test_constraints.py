"""Past every service, the database refuses a snag that cannot be, by name."""

from datetime import UTC, date, datetime, timedelta

import pytest
from django.apps import apps
from django.db import IntegrityError, transaction
from django.db.models import F

from opsdesk.core.errors import CONSTRAINTS, RuleError, as_rule_error
from snags.models import (
    BusinessProcess,
    Clock,
    ClockEvent,
    ClockRevision,
    Effort,
    GoLive,
    Handover,
    Pause,
    Snag,
    SnagAttachment,
    SnagComment,
    Snaglist,
)
from snags.services import lifecycle, talk
from tests.factories import NINE, make_contract, make_snag

pytestmark = pytest.mark.django_db
LONG_AGO = datetime(1999, 12, 31, tzinfo=UTC)
TOO_LATE = datetime(2100, 1, 1, tzinfo=UTC)

SNAG = {
    "snag_title_is_not_empty": {"title": ""},
    "snag_has_an_owner_once_triaged": {"status": "triaged"},
    "snag_waiting_says_for_whom": {"waiting_for": "reporter"},
    "snag_handed_to_iff_waiting_for_supplier": {
        "status": "waiting",
        "waiting_for": "supplier",
        "owner": F("reported_by"),
    },
    "snag_resolved_at_iff_finished": {"resolved_at": NINE},
    "snag_closed_at_iff_closed": {
        "status": "resolved",
        "owner": F("reported_by"),
        "resolution": "no_fault",
        "resolved_at": F("reported_at"),
        "closed_at": F("reported_at"),
    },
    "snag_resolution_iff_finished": {"resolution": "no_fault"},
    "snag_duplicate_names_the_original": {"merged_into": F("id")},
    "snag_finished_has_nothing_due": {
        "status": "resolved",
        "owner": F("reported_by"),
        "resolution": "no_fault",
        "resolved_at": F("reported_at"),
        "next_due_at": NINE,
    },
    "snag_auto_close_only_while_resolved": {"auto_close_at": NINE},
    "snag_sensitive_is_not_shared": {"is_shared": True, "sensitivity": "personal"},
    "snag_priority_is_known": {"priority": 5},
    "snag_revisit_names_the_decision": {"kind": "revisit"},
    "snag_extend_says_what_is_added": {"kind": "extend"},
    "snag_unforeseen_says_when_first_seen": {"kind": "unforeseen"},
    "snag_data_enquiry_says_by_when": {"kind": "data_enquiry"},
    "snag_times_in_order": {
        "status": "resolved",
        "owner": F("reported_by"),
        "resolution": "no_fault",
        "resolved_at": NINE - timedelta(days=1),
    },
    "snag_reported_at_is_sane": {"reported_at": LONG_AGO},
    "snag_next_due_at_is_sane": {"next_due_at": TOO_LATE},
    "snag_observed_on_is_sane": {"observed_on": date(1, 1, 1)},
    "snag_first_seen_on_is_sane": {"first_seen_on": date(1999, 12, 31)},
    "snag_needed_by_on_is_sane": {"needed_by_on": date(9999, 12, 31)},
}


def refused_by(call):
    """The name of the constraint that refuses."""
    with pytest.raises(IntegrityError) as refusal, transaction.atomic():
        call()
    return refusal.value.__cause__.diag.constraint_name


@pytest.mark.parametrize("name", list(SNAG))
def test_a_snag_that_cannot_be_is_refused_by_name(live, rob, name):
    snag = make_snag(live, rob, at=NINE)
    rows = Snag.objects.filter(pk=snag.pk)

    assert refused_by(lambda: rows.update(**SNAG[name])) == name


def test_a_process_is_not_settled_by_an_answer(live, rob, sam):
    process = BusinessProcess.objects.create(landscape=live.landscape, name="Pay run")
    snag = make_snag(live, rob, process=process)
    lifecycle.resolve(snag, actor=sam, resolution="training", resolution_note="Shown.")

    rows = Snag.objects.filter(pk=snag.pk)

    assert (
        refused_by(lambda: rows.update(resolution="answered"))
        == "snag_process_is_settled_in_the_system"
    )


def test_times_of_finished_snags_are_bounded_and_self_merging_refused(live, rob, sam):
    snag = make_snag(live, rob, at=NINE)
    lifecycle.resolve(snag, actor=sam, resolution="no_fault", resolution_note="Seen.")
    rows = Snag.objects.filter(pk=snag.pk)

    assert refused_by(lambda: rows.update(resolved_at=TOO_LATE)) == (
        "snag_resolved_at_is_sane"
    )
    assert refused_by(lambda: rows.update(auto_close_at=TOO_LATE)) == (
        "snag_auto_close_at_is_sane"
    )
    lifecycle.confirm(snag, actor=rob)
    assert refused_by(lambda: rows.update(closed_at=TOO_LATE)) == (
        "snag_closed_at_is_sane"
    )
    assert refused_by(
        lambda: rows.update(resolution="duplicate", merged_into=F("id"))
    ) == ("snag_is_not_its_own_duplicate")


def test_a_supplier_has_a_snag_once_and_ends_after_it_began(live, rob, sam, northgate):
    snag = make_snag(live, rob, at=NINE)
    lifecycle.triage(snag, actor=sam, owner=sam, impact=2, urgency=2)
    lifecycle.hand_over(snag, supplier=northgate, actor=sam)
    rows = Handover.objects.filter(snag=snag)
    again = {"snag": snag, "supplier": northgate, "from_at": NINE}

    assert refused_by(lambda: Handover.objects.create(**again)) == "one_open_handover"
    assert refused_by(lambda: rows.update(to_at=NINE)) == "handover_ends_after_start"
    assert refused_by(lambda: rows.update(from_at=LONG_AGO)) == (
        "handover_from_at_is_sane"
    )
    assert refused_by(lambda: rows.update(to_at=TOO_LATE)) == "handover_to_at_is_sane"
    assert (
        refused_by(lambda: rows.update(end_recorded_at=TOO_LATE))
        == "handover_end_recorded_at_is_sane"
    )
    assert refused_by(lambda: rows.update(acknowledged_at=TOO_LATE)) == (
        "handover_acknowledged_at_is_sane"
    )


def test_a_snag_is_on_hold_once(live, rob):
    snag = make_snag(live, rob)
    Pause.objects.create(snag=snag, reason="reporter", from_at=NINE)
    rows = Pause.objects.filter(snag=snag)
    again = {"snag": snag, "reason": "change", "from_at": NINE}

    assert refused_by(lambda: Pause.objects.create(**again)) == "one_open_pause"
    assert refused_by(lambda: rows.update(to_at=NINE - timedelta(1))) == (
        "pause_ends_after_start"
    )
    assert refused_by(lambda: rows.update(from_at=LONG_AGO)) == "pause_from_at_is_sane"
    assert refused_by(lambda: rows.update(to_at=TOO_LATE)) == "pause_to_at_is_sane"


def test_words_files_and_minutes_are_kept_sensible(live, rob, sam):
    snag = make_snag(live, rob)
    talk.comment(snag, body="Hello.", actor=sam)
    words = SnagComment.objects.filter(snag=snag)
    day = {"snag": snag, "person": sam, "kind": "fix", "spent_on": date(2026, 3, 2)}
    file = {"snag": snag, "file": "a", "size": 1, "sha256": "0", "added_by": sam}

    assert refused_by(lambda: words.update(body="")) == "snag_comment_body_is_not_empty"
    assert refused_by(lambda: words.update(at=TOO_LATE)) == "snag_comment_at_is_sane"
    assert refused_by(lambda: Effort.objects.create(minutes=0, **day)) == (
        "effort_fits_in_a_day"
    )
    assert refused_by(lambda: Effort.objects.create(minutes=1441, **day)) == (
        "effort_fits_in_a_day"
    )
    day["spent_on"] = date(1999, 1, 1)
    assert refused_by(lambda: Effort.objects.create(minutes=5, **day)) == (
        "effort_spent_on_is_sane"
    )
    assert refused_by(lambda: SnagAttachment.objects.create(name="", **file)) == (
        "snag_attachment_name_is_not_empty"
    )


CLOCK = {
    "clock_target_is_seconds_or_days": {"target_days": 2},
    "clock_fires_only_while_running": {"state": "cancelled"},
    "clock_paused_has_no_deadline_unless_breached": {
        "state": "paused",
        "next_event_at": None,
        "breached_at": None,
    },
    "clock_stopped_at_iff_stopped": {"stopped_at": NINE},
    "clock_stopped_knows_its_outcome": {
        "state": "stopped",
        "next_event_at": None,
        "stopped_at": NINE,
        "elapsed_seconds": None,
    },
    "clock_stops_after_start": {
        "state": "stopped",
        "next_event_at": None,
        "elapsed_seconds": 1,
        "stopped_at": NINE - timedelta(days=1),
    },
    "clock_started_at_is_sane": {"started_at": LONG_AGO},
    "clock_due_at_is_sane": {"due_at": TOO_LATE},
    "clock_stopped_at_is_sane": {
        "state": "stopped",
        "next_event_at": None,
        "elapsed_seconds": 1,
        "stopped_at": TOO_LATE,
    },
    "clock_breached_at_is_sane": {"breached_at": TOO_LATE},
}


@pytest.mark.parametrize("name", list(CLOCK))
def test_a_clock_that_cannot_be_is_refused_by_name(live, rob, name):
    make_contract(live.landscape, p3_resolution=480)
    snag = make_snag(live, rob, at=NINE)
    rows = Clock.objects.filter(snag=snag)

    assert refused_by(lambda: rows.update(**CLOCK[name])) == name


def test_a_clock_its_events_and_revisions_are_there_once(live, rob):
    make_contract(live.landscape, p3_resolution=480)
    clock = make_snag(live, rob, at=NINE).clocks.get()
    again = Clock.objects.get()
    again.pk = None
    event = {"clock": clock, "level": "warn75", "due_at": NINE}
    ClockEvent.objects.create(**event)
    revision = ClockRevision.objects.get()
    revision.pk = None

    assert refused_by(again.save) == "one_clock_per_promise_and_cycle"
    assert refused_by(lambda: ClockEvent.objects.create(**event)) == "clock_event_once"
    assert refused_by(
        lambda: ClockEvent.objects.create(**{**event, "level": "breach", "arm": 1})
    ) == ("breach_is_never_rearmed")
    assert refused_by(revision.save) == "clock_revision_numbered_once"


def test_names_of_lists_are_given_once(live):
    golive = GoLive.objects.get()
    general = Snaglist.objects.get()
    process = BusinessProcess.objects.create(landscape=live.landscape, name="Pay run")
    more = {"golive": golive, "name": "General"}

    assert refused_by(lambda: Snaglist.objects.create(**more)) == (
        "one_snaglist_per_name"
    )
    assert refused_by(
        lambda: Snaglist.objects.filter(pk=general.pk).update(name="")
    ) == ("snaglist_name_is_not_empty")
    golive.pk = None
    assert refused_by(golive.save) == "one_golive_per_name"
    assert refused_by(lambda: GoLive.objects.update(name="")) == (
        "golive_name_is_not_empty"
    )
    assert refused_by(lambda: GoLive.objects.update(went_live_on=date(1990, 1, 1))) == (
        "golive_went_live_on_is_sane"
    )
    assert refused_by(lambda: BusinessProcess.objects.update(name="")) == (
        "process_name_is_not_empty"
    )
    process.pk = None
    assert refused_by(process.save) == "one_process_per_name"


OUR_BUGS = {"clock", "clockevent", "clockrevision", "rollup", "sourcerecord"}


def test_every_refusal_people_can_cause_has_a_sentence():
    silent = [
        constraint.name
        for model in apps.get_app_config("snags").get_models()
        if model._meta.model_name not in OUR_BUGS
        for constraint in model._meta.constraints
        if constraint.name not in CONSTRAINTS
    ]

    assert silent == []


def test_a_refusal_becomes_its_sentence(live, rob):
    make_snag(live, rob)

    with pytest.raises(IntegrityError) as refusal, transaction.atomic():
        Snag.objects.update(kind="revisit")

    rule = as_rule_error(refusal.value)
    assert isinstance(rule, RuleError)
    assert (str(rule), rule.code) == (
        "Say which decision should be revisited.",
        "decision_missing",
    )


def test_only_a_word_to_a_supplier_names_one(live, rob, sam, northgate):
    snag = make_snag(live, rob)
    talk.comment(snag, body="Hello.", actor=sam)
    words = SnagComment.objects.filter(snag=snag)

    assert refused_by(lambda: words.update(supplier=northgate)) == (
        "snag_comment_supplier_only_for_supplier"
    )
