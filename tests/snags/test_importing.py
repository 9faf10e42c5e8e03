"""A real event log becomes snags; the slice and its figures are in tests/data."""

import csv
import io
import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.urls import reverse

from environments.models import Environment, Landscape, Module
from opsdesk.accounts.models import Party, User
from opsdesk.core.models import Notification
from sla.models import ContractVersion
from snags.models import (
    Clock,
    ClockEvent,
    ClockRevision,
    ImportProfile,
    Pause,
    Snag,
    SnagEvent,
    SourceRecord,
)
from snags.services import replay, talk
from snags.services.import_profiles import save_profile
from tests.factories import make_contract

DATA = Path(__file__).parent.parent / "data"
LOG = DATA / "incident_events.csv"
LONDON = ZoneInfo("Europe/London")
WATCHED = (Snag, SnagEvent, SourceRecord, Pause, Clock, User, Party, Landscape)

pytestmark = pytest.mark.django_db


def import_log(path=LOG, profile="servicenow-event-log", **options):
    out = io.StringIO()
    arguments = {"timezone": "Europe/London", "json": True, "verbosity": 0, **options}
    call_command("import_snags", str(path), profile=profile, stdout=out, **arguments)
    return json.loads(out.getvalue().splitlines()[-1])


def refused(path, **options):
    """The sentence and exit code with which an import is refused."""
    with pytest.raises(CommandError) as caught:
        import_log(path, **options)
    return str(caught.value), caught.value.returncode


def counts():
    return {model.__name__: model.objects.count() for model in WATCHED}


def source_rows():
    with LOG.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def wall(text):
    return datetime.strptime(text, "%d/%m/%Y %H:%M")


def write_log(path, rows, *, header=None, **dialect):
    header = header or list(rows[0])
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, header, extrasaction="ignore", **dialect)
        writer.writeheader()
        writer.writerows(rows)
    return path


def snag_of(number):
    return Snag.objects.get(source__number=number)


def verbs_of(snag):
    return [event.verb for event in snag.events.all()]


def test_what_only_the_log_knows_is_not_offered_to_anybody(client, live, sam):
    desk = Party.objects.create(name="Group 70", kind="team")
    Module.objects.create(landscape=live.landscape, name="Stock")

    import_log()

    teams = Party.objects.of_kind("team")
    assert list(teams) == [desk], "a team of ours stays in use"
    assert Party.objects.filter(kind="team").count() > 10
    modules = live.landscape.modules
    assert [module.name for module in modules.in_use()] == ["Stock"]
    assert modules.count() > 10
    snag = Snag.objects.filter(module__is_active=False, team__is_active=False).first()
    client.force_login(sam)
    kept = client.get(reverse("snags:properties", args=[snag.pk])).context["form"]
    assert snag.module in kept.fields["module"].queryset
    assert snag.process_id is None
    kept = client.get(reverse("snags:assign", args=[snag.pk])).context["form"]
    assert set(kept.fields["team"].queryset) == {desk, snag.team}


def test_an_empty_database_gets_all_that_the_log_needs():
    report = import_log()

    assert report["rows"] == 473
    assert (report["created"], report["updated"], report["unchanged"]) == (88, 0, 0)
    assert (report["held_back"], report["rejected_rows"]) == ({}, 0)
    assert report["error_file"] is None
    production = Environment.objects.get()
    assert (production.kind, production.is_serving) == ("production", True)
    snag = snag_of("INC0000045")
    assert snag.environment == production
    assert snag.snaglist.golive.landscape == production.landscape
    assert snag.module.name == "Category 55"
    assert snag.title == "Category 55 · Subcategory 170 · Symptom 72"
    assert snag.reported_by.name == "Caller 2403"
    assert snag.logged_by.name == "Opened by 8"
    assert (snag.channel, snag.resolution_note) == ("phone", "code 5")


def contract_since_2010(landscape, **targets):
    make_contract(landscape, **targets)
    ContractVersion.objects.update(effective_from=datetime(2010, 1, 1, tzinfo=UTC))


def early(path, until):
    """The log as somebody would have exported it at an earlier day."""
    rows = [row for row in source_rows() if wall(row["sys_updated_at"]) <= until]
    for row in rows:
        for name in ("resolved_at", "closed_at"):
            if row[name] != "?" and wall(row[name]) > until:
                row[name] = "?"
    return write_log(path, rows)


def test_a_longer_log_brings_known_snags_up_to_date(tmp_path, us, live):
    contract_since_2010(live.landscape, p3_response=60, p3_resolution=480)
    import_log(early(tmp_path / "early.csv", datetime(2016, 3, 8)), landscape="ERP")
    number = "INC0000047"
    first = Snag.objects.filter(status__in=("resolved", "in_progress", "waiting"))
    assert first.exists()

    report = import_log(landscape="ERP")

    assert report["created"] + report["updated"] + report["unchanged"] == 88
    assert report["updated"] > 10
    assert report["held_back"] == {}
    assert not Snag.objects.exclude(status="closed").exists()
    at_once = snag_of(number)
    assert verbs_of(at_once)[-1] == "auto_closed"
    assert import_log(landscape="ERP")["unchanged"] == 88
    revisions = ClockRevision.objects.order_by("pk")
    assert revisions.filter(number=2).exists()
    assert replay.drifted(revisions) == []


def test_a_log_in_two_parts_gives_what_it_gives_at_once(tmp_path):
    import_log()
    whole = timelines()
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute("TRUNCATE snags_snag, environments_landscape CASCADE")

    import_log(early(tmp_path / "early.csv", datetime(2016, 3, 8)))
    import_log()

    assert timelines() == whole


def timelines():
    lines = {}
    rows = SourceRecord.objects.select_related("snag").prefetch_related(
        "snag__events", "snag__pauses", "snag__handovers"
    )
    for record in rows:
        snag = record.snag
        lines[record.number] = (
            snag.status,
            snag.resolved_at,
            snag.closed_at,
            snag.reopen_count,
            sorted((e.at, e.verb, str(e.params)) for e in snag.events.all()),
            sorted((p.from_at, p.to_at, p.reason) for p in snag.pauses.all()),
            sorted((h.from_at, h.to_at) for h in snag.handovers.all()),
        )
    return lines


def test_a_snag_somebody_works_on_is_left_to_them(tmp_path, sam):
    path = early(tmp_path / "early.csv", datetime(2016, 3, 8))
    import_log(path)
    open_one = Snag.objects.filter(status="in_progress").first()
    number = open_one.source.number
    talk.comment(open_one, body="Looking into it.", actor=sam)

    report = import_log()

    reason = "somebody has worked on it in opsdesk since"
    assert report["held_back"] == {reason: 1}
    assert snag_of(number).status == "in_progress"
    lines = Path(report["error_file"]).read_text(encoding="utf-8").splitlines()
    assert report["rejected_rows"] == len(lines) - 1
    assert all(line.endswith(reason) for line in lines[1:])


def test_unknown_values_hold_the_ticket_back_and_all_else_goes_on(tmp_path):
    rows = source_rows()
    number = rows[4]["number"]
    rows[4]["incident_state"] = "=Pondering"
    rows[-1]["priority"] = "9 - Whatever"
    path = write_log(tmp_path / "log.csv", rows)

    report = import_log(path)

    assert report["created"] == 86
    assert report["held_back"] == {
        "unknown state “=Pondering”": 1,
        "unknown priority “9 - Whatever”": 1,
    }
    assert not SourceRecord.objects.filter(number=number).exists()
    with Path(report["error_file"]).open(encoding="utf-8", newline="") as file:
        rejected = list(csv.DictReader(file))
    held = {number, rows[-1]["number"]}
    assert len(rejected) == sum(row["number"] in held for row in rows)
    assert rejected[0]["incident_state"] == "'=Pondering"  # no formula for spreadsheets
    assert rejected[0]["opsdesk_line"] == "6"


def test_the_error_file_put_right_can_be_imported(tmp_path):
    rows = source_rows()
    rows[4]["incident_state"] = "Pondering"
    report = import_log(write_log(tmp_path / "log.csv", rows))
    errors = Path(report["error_file"])
    mended = errors.read_text(encoding="utf-8").replace("Pondering", "New")
    errors.write_text(mended, encoding="utf-8")

    report = import_log(errors, errors=tmp_path / "again.csv")

    assert (report["created"], report["held_back"]) == (1, {})


def test_a_leaked_state_code_keeps_the_state_and_is_counted(tmp_path):
    rows = source_rows()
    first = [row for row in rows if row["number"] == rows[0]["number"]]
    rows[rows.index(first[1])] = {**first[1], "incident_state": "-100"}
    path = write_log(tmp_path / "log.csv", rows)

    report = import_log(path)

    assert (report["created"], report["states_kept"]) == (88, 1)
    assert snag_of(first[0]["number"]).source.facts["notes"]["states_kept"] == 1


def test_a_dry_run_says_the_same_and_does_nothing():
    before = counts()

    report = import_log(dry_run=True)

    assert (report["created"], report["dry_run"]) == (88, True)
    assert counts() == before


def test_pseudonyms_keep_people_apart_without_their_names():
    import_log(pseudonyms=True)

    people = set(User.objects.values_list("name", flat=True))
    callers = {row["caller_id"] for row in source_rows()} - {"?"}
    reporters = Snag.objects.values("reported_by").distinct().count()

    assert not people & callers
    assert reporters == len(callers) + 1  # the one whose caller is not said
    texts = json.dumps(
        [
            *SnagEvent.objects.values_list("params", flat=True),
            *SourceRecord.objects.values_list("facts", flat=True),
        ]
    )
    assert "Resolver" not in texts
    assert "Caller" not in texts


def test_clocks_are_those_of_the_contract_in_force_then(us, live):
    contract_since_2010(live.landscape, p3_resolution=480)
    import_log()

    clocks = Clock.objects.select_related("snag")
    p3 = Snag.objects.filter(priority=3)

    assert clocks.count() == p3.count()
    for clock in clocks:
        assert clock.state == "stopped"
        assert clock.stopped_at == clock.snag.resolved_at
        assert (clock.breached_at is not None) == (clock.stopped_at > clock.due_at)
    breached = clocks.filter(breached_at__isnull=False).count()
    assert ClockEvent.objects.filter(level="breach").count() == breached > 0
    assert replay.drifted(ClockRevision.objects.order_by("pk")) == []
    assert not Notification.objects.exists()


LATER_P1 = (
    ["id", "state", "changed", "prio"],
    ["1", "New", "2026-01-05 09:00", "3"],
    ["1", "Info", "2026-01-05 09:30", "3"],  # asked: the reporter was answered
    ["1", "Active", "2026-01-05 10:00", "1"],
    ["1", "Closed", "2026-01-05 12:00", "1"],
)


def later_p1(tmp_path):
    """A log of one ticket that was answered as a P3 and closed as a P1."""
    path = tmp_path / "later.csv"
    path.write_text("\n".join(",".join(row) for row in LATER_P1), encoding="utf-8")
    states = {"new": "new", "info": "waiting reporter", "active": "in_progress"}
    mapping = {
        "system": "later",
        "dates": ["%Y-%m-%d %H:%M"],
        "columns": {
            "number": "id",
            "state": {"column": "state", "values": {**states, "closed": "closed"}},
            "updated_at": "changed",
            "priority": {"column": "prio", "values": {"1": 1, "3": 3}},
        },
    }
    ImportProfile.objects.create(name="later", mapping=mapping)
    return path


def test_a_clock_is_judged_by_the_priority_of_the_moment_it_stopped(tmp_path, us, live):
    contract_since_2010(
        live.landscape,
        p1_response=15,
        p1_resolution=60,
        p3_response=60,
        p3_resolution=600,
    )
    report = import_log(later_p1(tmp_path), profile="later")

    response, resolution = Clock.objects.order_by("-kind")
    assert (response.kind, response.priority, response.target_seconds) == (
        "response",
        3,
        3600,
    )
    assert response.breached_at is None
    assert (resolution.priority, resolution.target_seconds) == (1, 3600)
    assert resolution.breached_at is not None  # closed, and still it is judged
    assert report["without_contract"] == 0
    assert replay.drifted(ClockRevision.objects.order_by("pk")) == []


def test_a_response_given_while_it_was_promised_counts_after_a_promise_is_gone(
    tmp_path, us, live
):
    contract_since_2010(live.landscape, p3_response=60)
    import_log(later_p1(tmp_path), profile="later")

    clock = Clock.objects.get()
    assert (clock.kind, clock.priority, clock.state) == ("response", 3, "stopped")


def test_without_a_contract_in_force_then_there_are_no_clocks_and_it_is_said(
    tmp_path, us, live, capsys
):
    make_contract(live.landscape, p3_response=60, p1_resolution=60)
    ContractVersion.objects.update(effective_from=datetime(2026, 2, 1, tzinfo=UTC))
    path = later_p1(tmp_path)

    call_command("import_snags", path, profile="later", timezone="Europe/London")

    assert not Clock.objects.exists()
    said = capsys.readouterr().out
    assert "1 tickets were reported when no contract was in force" in said


def test_a_second_landscape_has_to_be_named(live):
    Landscape.objects.create(name="Other ERP")
    before = counts()

    sentence, code = refused(LOG)

    assert code == 2
    assert "say which with --landscape: ERP, Other ERP" in sentence
    sentence, _ = refused(LOG, landscape="Othr")
    assert sentence == "There is no landscape “Othr”. There are: ERP, Other ERP."
    assert counts() == before
    assert import_log(landscape="Other ERP")["created"] == 88
    assert Snag.objects.filter(environment__landscape__name="Other ERP").count() == 88


def test_a_name_in_other_use_does_not_stop_the_import():
    group = next(
        r["assignment_group"] for r in source_rows() if r["assignment_group"] != "?"
    )
    Party.objects.create(name=group, kind="department")

    report = import_log()

    assert report["created"] == 88
    assert Party.objects.get(name=f"{group} (imported team)").kind == "team"


def test_one_row_a_ticket_is_read_too(tmp_path):
    rows = [
        ["id", "state", "opened", "resolved", "closed"],
        ["1", "closed", "2026-01-05 09:00", "2026-01-05 10:00", "2026-01-06 10:00"],
        ["2", "resolved", "2026-01-05T09:00:00+05:30", "2026-01-05T10:00:00+05:30", ""],
        ["3", "open", "2026-01-05 09:00", "", ""],
    ]
    path = tmp_path / "tickets.csv"
    path.write_text("\n".join(",".join(row) for row in rows), encoding="utf-8")
    values = {"closed": "closed", "resolved": "resolved", "open": "in_progress"}
    mapping = {
        "columns": {
            "number": "id",
            "state": {"column": "state", "values": values},
            "opened_at": "opened",
            "resolved_at": "resolved",
            "closed_at": "closed",
        }
    }
    save_profile("tickets", mapping=mapping)

    report = import_log(path, profile="tickets", timezone="UTC")

    assert (report["created"], report["held_back"]) == (3, {})
    closed, resolved, running = Snag.objects.order_by("source__number")
    nine = datetime(2026, 1, 5, 9, tzinfo=UTC)
    assert verbs_of(closed) == ["raised", "resolved", "auto_closed"]
    assert closed.closed_at == nine + timedelta(days=1, hours=1)
    assert resolved.reported_at == nine - timedelta(hours=5, minutes=30)
    assert (running.status, running.title) == ("in_progress", "3")
