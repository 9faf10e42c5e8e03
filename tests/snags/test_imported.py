"""What the event log became, and what another import of it changes."""

import csv
from collections import Counter
from datetime import datetime

import pytest
from django.core.management import CommandError
from django.db import IntegrityError, transaction

from opsdesk.accounts.models import User
from opsdesk.core.models import Message, Notification
from snags.models import (
    ImportProfile,
    RollupNote,
    SnagEvent,
    SourceRecord,
)
from snags.services import lifecycle
from snags.services.import_profiles import save_profile
from tests.factories import built_in_profile
from tests.kept import kept, undone
from tests.snags.test_importing import (
    DATA,
    LONDON,
    counts,
    early,
    import_log,
    snag_of,
    source_rows,
    timelines,
    verbs_of,
    wall,
    write_log,
)

pytestmark = pytest.mark.usefixtures("db")


@pytest.fixture(scope="module")
def imported(django_db_setup, django_db_blocker):
    def build():
        built_in_profile()
        import_log()

    with kept(django_db_blocker, build):
        yield


@pytest.fixture
def db(imported):
    with undone():
        yield


def test_nobody_who_came_with_the_log_can_enter_or_is_told_anything():
    assert not User.objects.filter(is_active=True).exists()
    assert not User.objects.filter(mail_me=True).exists()
    assert not any(user.has_usable_password() for user in User.objects.all())
    assert not Notification.objects.exists()
    assert not Message.objects.exists()


def test_importing_again_adds_nothing():
    before = counts()

    report = import_log()

    assert (report["created"], report["updated"], report["unchanged"]) == (0, 0, 88)
    assert counts() == before


def test_the_states_at_any_instant_are_those_of_the_log():
    rows = source_rows()
    for asked in (datetime(2016, 3, 10, 12), datetime(2016, 4, 1, 9)):
        said = {}
        for row in sorted(rows, key=lambda row: wall(row["sys_updated_at"])):
            if wall(row["sys_updated_at"]) <= asked:
                said[row["number"]] = row["incident_state"]

        at = asked.replace(tzinfo=LONDON)
        told = {}
        events = SnagEvent.objects.filter(at__lte=at).order_by("at", "pk")
        for event in events.select_related("snag__source"):
            record = event.snag.source
            if datetime.fromisoformat(record.facts["first_at"]) <= at:
                told.setdefault(record.number, "New")
                source = event.params.get("source")
                told[record.number] = source or told[record.number]

        assert Counter(told.values()) == Counter(said.values())
        assert told == said


def test_every_snag_ends_as_its_log_does():
    rows = SourceRecord.objects.select_related("snag").prefetch_related("snag__events")
    records = {record.number: record for record in rows}

    with (DATA / "incident_expected.csv").open(encoding="utf-8") as file:
        for row in csv.DictReader(file):
            record = records[row["number"]]
            snag = record.snag
            assert snag.status == row["final_state"].lower()
            assert snag.priority == int(row["priority"][0])
            assert record.made_sla is (row["made_sla"] == "true")
            assert snag.reopen_count == verbs_of(snag).count("reopened")
            assert snag.reopen_count >= (row["reopen_count"] != "0")


def test_the_timeline_has_the_events_at_their_times():
    log = [row for row in source_rows() if row["number"] == "INC0000047"]
    snag = snag_of("INC0000047")

    told = [(e.verb, e.at.astimezone(LONDON)) for e in snag.events.all()]
    asked = next(r for r in log if r["incident_state"] == "Awaiting User Info")
    waited = wall(asked["sys_updated_at"]).replace(tzinfo=LONDON)

    assert told[0] == ("raised", datetime(2016, 2, 29, 4, 40, tzinfo=LONDON))
    assert ("waits", waited) in told
    assert told[-2][0] == "resolved"
    assert told[-1] == ("auto_closed", datetime(2016, 3, 6, 10, tzinfo=LONDON))
    pause = snag.pauses.get()
    assert (pause.reason, pause.from_at) == ("reporter", waited)


def test_waiting_for_a_vendor_is_a_handover_and_no_pause():
    number = next(
        row["number"]
        for row in source_rows()
        if row["incident_state"] == "Awaiting Vendor"
    )
    snag = snag_of(number)

    handover = snag.handovers.order_by("from_at").first()

    assert handover.supplier.name == "Vendor (imported)"
    assert handover.supplier.is_supplier
    assert {"handed_over", "handed_back"} <= set(verbs_of(snag))
    assert not snag.pauses.exclude(reason="reporter").exists()


def test_the_same_data_in_another_layout_changes_nothing(tmp_path):
    before = counts()
    names = {
        "number": "Ticket",
        "incident_state": "State",
        "sys_updated_at": "Changed",
        "opened_at": "Opened",
        "priority": "Prio",
        "caller_id": "Who",
    }
    rows = [_renamed(row, names) for row in source_rows()]
    rows.sort(key=lambda row: wall_variant(row["Changed"]))  # tickets interleaved
    path = write_log(
        tmp_path / "variant.csv", rows, delimiter=";", lineterminator="\r\n"
    )
    save_profile("variant", mapping=_variant_mapping(names))

    report = import_log(path, profile="variant")

    assert (report["created"], report["updated"], report["unchanged"]) == (0, 0, 88)
    assert report["held_back"] == {}
    assert counts() == before


def wall_variant(text):
    return datetime.strptime(text, "%d-%m-%Y %H:%M")


def _renamed(row, names):
    """The same row with other names, dates, truths, and prefixes taken off."""
    row = dict(row)
    for name in ("sys_updated_at", "opened_at", "resolved_at", "closed_at"):
        if row[name] != "?":
            row[name] = wall(row[name]).strftime("%d-%m-%Y %H:%M")
    for name in ("impact", "urgency", "priority"):
        row[name] = row[name][0]
    row["made_sla"] = row["made_sla"].upper()
    row["number"] = row["number"].removeprefix("INC").lstrip("0")
    row["caller_id"] = row["caller_id"].removeprefix("Caller ")
    row = {key: "NA" if value == "?" else value for key, value in row.items()}
    return {names.get(key, key): value for key, value in row.items()}


def _variant_mapping(names):
    mapping = ImportProfile.objects.get(name="servicenow-event-log").mapping
    mapping |= {"dates": ["%d-%m-%Y %H:%M"], "missing": ["NA"], "delimiter": ";"}
    columns = mapping["columns"]
    columns["number"] = {"column": names["number"], "prefix": "INC", "pad": 7}
    columns["caller"] = {"column": names["caller_id"], "prefix": "Caller "}
    columns["updated_at"] = names["sys_updated_at"]
    columns["opened_at"] = names["opened_at"]
    columns["state"]["column"] = names["incident_state"]
    columns["priority"]["column"] = names["priority"]
    for field, most in (("priority", 4), ("impact", 3), ("urgency", 3)):
        columns[field]["values"] = {str(n): n for n in range(1, most + 1)}
    return mapping


def test_an_older_export_takes_nothing_back(tmp_path):
    before = timelines()

    report = import_log(early(tmp_path / "early.csv", datetime(2016, 3, 8)))

    assert report["updated"] == 0
    assert set(report["held_back"]) == {
        "the file is older than what was imported before"
    }
    assert timelines() == before


def test_an_imported_snag_lives_on_like_any_other(sam):
    snag = snag_of("INC0000045")

    snag = lifecycle.reopen(snag, actor=sam, body="It is back.")

    assert snag.status == "in_progress"
    assert verbs_of(snag)[-1] == "reopened"


def test_another_time_zone_for_the_same_file_is_held_back():
    before = timelines()

    with pytest.raises(CommandError) as caught:
        import_log(timezone="America/New_York")

    assert caught.value.returncode == 2
    assert timelines() == before


def test_days_are_noted_to_be_counted_again():
    days = {(n.day.month, n.day.day) for n in RollupNote.objects.all()}

    assert (2, 29) in days  # opened
    assert (3, 6) in days  # INC0000047 closed


def test_the_source_number_is_imported_once_whatever_happens():
    record = SourceRecord.objects.first()

    with (
        pytest.raises(IntegrityError, match="source_number_imported_once"),
        transaction.atomic(),
    ):
        SourceRecord.objects.exclude(pk=record.pk).update(number=record.number)
