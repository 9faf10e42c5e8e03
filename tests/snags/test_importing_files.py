"""Files and profiles that cannot be used are refused in a sentence; nothing changes."""

import csv
import gzip
import json
from collections import Counter
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from opsdesk.core.errors import RuleError
from snags.importing import reading
from snags.importing.profile import ProfileError, parse_profile
from snags.models import ImportProfile, SourceRecord
from snags.services import importing
from snags.services.import_profiles import save_profile
from tests.snags.test_importing import LOG, counts, import_log, refused, snag_of

pytestmark = pytest.mark.django_db
# The first tickets of the log: enough for what files are about, and quick.
RAW = b"".join(LOG.read_bytes().splitlines(keepends=True)[:121])
TICKETS = len({line[:10] for line in RAW.splitlines()[1:]})


def _file(tmp_path, content, name="log.csv"):
    path = tmp_path / name
    path.write_bytes(content)
    return path


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "is empty"),
        (b"\n\n", "is empty"),
        (RAW.splitlines(keepends=True)[0], "a header and no rows"),
        (b"a,b,c\n1,2,3\n", "has no column assigned_to, assignment_group"),
        (gzip.compress(RAW)[:-2000], "cut short or damaged"),
        (gzip.compress(RAW)[:40] + b"junk" * 500, "cut short or damaged"),
        (b"\x7fELF\x00\x01\x02\x00" * 64, "is not a text file"),
        (b"\x81\x8d\x8f" * 100, "is not a text file"),
        (b"number" * 300_000, "a line of a million characters"),
        (RAW + b'INC1,"never closed', "is not a table of rows"),
    ],
)
def test_a_bad_file_is_refused_and_nothing_changes(tmp_path, content, said):
    before = counts()

    sentence, code = refused(_file(tmp_path, content))

    assert code == 2
    assert said in sentence
    assert counts() == before


def test_a_missing_file_folder_zone_or_profile_is_said(tmp_path):
    before = counts()

    assert "There is no file" in refused(tmp_path / "none.csv")[0]
    assert "There is no file" in refused(tmp_path)[0]
    assert "no time zone called 'Mars/Base'" in refused(LOG, timezone="Mars/Base")[0]
    assert "cannot be written" in refused(LOG, errors=tmp_path / "no" / "e.csv")[0]
    assert "cannot be the file itself" in refused(LOG, errors=LOG)[0]
    sentence, code = refused(LOG, profile="remedy")
    assert (code, counts()) == (2, before)
    assert sentence == "There is no profile “remedy”. There are: servicenow-event-log."


def test_a_file_of_which_nothing_fits_ends_with_an_error_and_its_reasons(tmp_path):
    american = RAW.replace(b"29/2/2016", b"2/29/2016").replace(b"/3/2016", b"/33/2016")
    before = counts()

    sentence, code = refused(_file(tmp_path, american))

    assert code == 2
    assert "Is it the right profile?" in sentence
    assert counts() == before


def test_a_gzipped_file_is_told_by_its_bytes(tmp_path):
    path = _file(tmp_path, gzip.compress(RAW), "log.txt")

    assert import_log(path)["created"] == TICKETS


@pytest.mark.parametrize(
    "encoded",
    [
        b"\xef\xbb\xbf" + RAW,
        RAW.replace(b"\r\n", b"\n").rstrip(),
        RAW.decode().replace("Category 55", "Kantine – „Süd“ 🚚").encode(),
        RAW.decode().replace("Category 55", "Kantine Süd").encode("latin-1"),
        RAW.decode().encode("utf-16"),
        RAW.decode().replace(",", "\t").encode(),
        RAW.replace(b"\n", b"," * 50 + b"\n"),
        RAW.replace(b",", b", "),
    ],
)
def test_encodings_line_ends_and_delimiters_are_found_out(tmp_path, encoded):
    report = import_log(_file(tmp_path, encoded))

    assert (report["created"], report["held_back"]) == (TICKETS, {})


def test_a_file_cut_in_the_midst_of_a_row_holds_that_ticket_back(tmp_path):
    report = import_log(_file(tmp_path, RAW[:-60]))

    assert report["created"] == TICKETS - 1
    assert report["held_back"] == {"a row breaks off: it has too few columns": 1}


def test_rows_of_no_ticket_are_rejected_one_by_one(tmp_path):
    lines = RAW.splitlines(keepends=True)
    lines.insert(3, b"?" + lines[2][10:])
    lines.insert(9, b"=1+1," + lines[5].partition(b",")[2])

    report = import_log(_file(tmp_path, b"".join(lines)))

    assert report["created"] == TICKETS + 1  # a number may look odd; it is a number
    assert report["held_back"] == {"a row has no ticket number": 1}
    assert report["rejected_rows"] == 1


def test_lines_are_counted_as_an_editor_counts_them(tmp_path):
    report = import_log(_file(tmp_path, b"\n\n" + RAW[:-60]))

    with Path(report["error_file"]).open(encoding="utf-8", newline="") as file:
        rejected = list(csv.DictReader(file))
    assert rejected[-1]["opsdesk_line"] == str(2 + len(RAW.splitlines()))


def test_the_error_file_is_read_by_the_profile_that_wrote_it(tmp_path):
    mapping = ImportProfile.objects.get().mapping
    mapping |= {"delimiter": ";", "encoding": "latin-1"}
    save_profile("semicolons", mapping=mapping)
    text = RAW.decode().replace(",", ";").replace("Group 56", "Gruppe Süd")
    path = _file(tmp_path, text.replace(";New;", ";Neu;", 1).encode("latin-1"))
    held = import_log(path, profile="semicolons")
    assert held["held_back"] == {"unknown state “Neu”": 1}

    errors = Path(held["error_file"])
    errors.write_bytes(errors.read_bytes().replace(b";Neu;", b";New;"))
    again = tmp_path / "again.csv"
    report = import_log(errors, profile="semicolons", errors=again)

    assert (report["created"], report["held_back"]) == (1, {})
    assert snag_of("INC0000045").team.name == "Gruppe Süd"


def test_exact_duplicates_say_nothing_new(tmp_path):
    lines = RAW.splitlines(keepends=True)
    import_log(_file(tmp_path, RAW))

    report = import_log(_file(tmp_path, b"".join([*lines, *lines[1:40]])))

    assert (report["rows"], report["unchanged"]) == (120 + 39, TICKETS)


def test_rows_apart_in_a_file_larger_than_memory_come_together(tmp_path, monkeypatch):
    import_log(_file(tmp_path, RAW))
    lines = RAW.splitlines(keepends=True)
    turns = Counter()
    apart = []
    for line in lines[1:]:
        turns[line[:10]] += 1
        apart.append((turns[line[:10]], line))
    apart = [line for _, line in sorted(apart, key=lambda pair: pair[0])]
    monkeypatch.setattr(reading, "PIECE", 20)

    report = import_log(_file(tmp_path, b"".join([lines[0], *apart])))

    assert (report["rows"], report["unchanged"]) == (120, TICKETS)


def test_a_killed_import_goes_on_when_it_is_run_again(monkeypatch):
    monkeypatch.setattr(importing, "BATCH", 20)
    write, calls = importing.write_batch, []

    def dies_in_the_third(histories, **around):
        calls.append(len(histories))
        if len(calls) == 3:
            raise KeyboardInterrupt
        return write(histories, **around)

    monkeypatch.setattr(importing, "write_batch", dies_in_the_third)
    sentence, code = refused(LOG)
    assert (sentence, code) == ("Stopped. Run it again to go on.", 130)
    assert counts()["Snag"] == 40

    report = import_log()

    assert (report["created"], report["unchanged"]) == (48, 40)


def test_times_the_zone_skipped_or_had_twice_are_taken_one_way_and_counted(tmp_path):
    values = {"open": "in_progress"}
    columns = {
        "number": "id",
        "state": {"column": "state", "values": values},
        "updated_at": "at",
    }
    mapping = {"dates": ["%Y-%m-%d %H:%M"], "columns": columns}
    save_profile("plain", mapping=mapping)
    rows = ["id,state,at", "A,open,2016-03-27 01:30", "B,open,2016-10-30 01:30"]

    report = import_log(_file(tmp_path, "\n".join(rows).encode()), profile="plain")

    assert (report["skipped_times"], report["repeated_times"]) == (1, 1)
    opened = SourceRecord.objects.order_by("number").values_list("opened_at", flat=True)
    assert [f"{at:%d %H:%M}" for at in opened] == ["27 01:00", "30 00:30"]


def test_hours_up_to_twelve_are_read_with_their_half_of_the_day(tmp_path):
    profile = ImportProfile.objects.get()
    halves = profile.mapping | {"dates": ["%m/%d/%Y %I:%M:%S %p"]}
    save_profile("halves", mapping=halves)
    row = dict(zip(*csv.reader(RAW.decode().splitlines()[:2]), strict=True))
    row |= {"opened_at": "2/29/2016 12:05:09 AM", "resolved_at": "?", "closed_at": "?"}
    row["sys_updated_at"] = "3/13/2016 11:07:30 pm"
    lines = "\n".join(",".join(cells) for cells in (row, row.values()))

    report = import_log(_file(tmp_path, lines.encode()), profile="halves")

    assert (report["created"], report["rejected_rows"]) == (1, 0)
    source = SourceRecord.objects.get()
    assert f"{source.opened_at:%Y-%m-%d %H:%M:%S}" == "2016-02-29 00:05:09"
    assert f"{source.snag.events.last().at:%Y-%m-%d %H:%M}" == "2016-03-13 23:07"


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"colums": {}}, "A profile has no key 'colums'"),
        ({"columns": {}}, "must say which column is the number"),
        ({"columns": []}, "columns is an object"),
        ({"dates": ["dd/mm"]}, "'dd/mm' is not a date format"),
        ({"dates": ["%d/%m/%Y %I:%M"]}, "is not a date format"),
        ({"dates": ["%m/%d/%Y %p"]}, "is not a date format"),
        ({"dates": 7}, "dates is a list of texts"),
        ({"delimiter": "ab"}, "delimiter is one character"),
        ({"missing": [None]}, "missing is a list of texts"),
        ({"facts": 5}, "facts is a list of columns"),
        ({"facts": "location"}, "facts is a list of columns"),
        ({"title": ["priority"]}, "title lists fields that are texts"),
        ({"supplier": " "}, "supplier is not empty"),
        ({"landscape": ""}, "landscape is not empty"),
        ({"columns": {1: "a", "b": "c"}}, "There is no field called '1'"),
    ],
)
def test_a_profile_says_what_is_wrong_with_it(change, said):
    mapping = ImportProfile.objects.get().mapping | change

    with pytest.raises(RuleError, match=said):
        save_profile("mine", mapping=mapping)

    assert ImportProfile.objects.count() == 1


@pytest.mark.parametrize(
    ("field", "spec", "said"),
    [
        ("colour", "colour", "There is no field called 'colour'"),
        ("state", "incident_state", "columns.state needs values"),
        (
            "state",
            {"column": "s", "values": {"New": "fresh"}},
            "maps to 'fresh'; it can be: new",
        ),
        ("priority", {"column": "p", "values": {"1": True}}, "maps to True"),
        ("caller", {"colum": "c"}, "names a column of the file"),
        ("caller", {"column": "c", "pad": -1}, "pad is a number of digits"),
        ("caller", {"column": "c", "fallback": "x"}, "has no key 'fallback'"),
    ],
)
def test_a_column_says_what_is_wrong_with_it(field, spec, said):
    mapping = ImportProfile.objects.get().mapping
    mapping["columns"][field] = spec

    with pytest.raises(ProfileError, match=said):
        parse_profile("mine", mapping)


def test_a_profile_is_shown_changed_and_saved_from_a_file(tmp_path, capsys):
    call_command("import_profile", "servicenow-event-log", "--show")
    shown = json.loads(capsys.readouterr().out)
    path = tmp_path / "mine.json"
    path.write_text(json.dumps(shown | {"description": "Ours"}), encoding="utf-8")

    call_command("import_profile", "mine", "--save", str(path))
    call_command("import_profile", "mine", "--save", str(path))
    call_command("import_profile")

    said = capsys.readouterr().out.splitlines()
    assert said[:2] == [
        "Profile “mine” saved, version 1.",
        "Profile “mine” saved, version 2.",
    ]
    assert said[2] == "mine  Ours"


@pytest.mark.parametrize(
    ("name", "content"), [("x.json", "{"), ("x.yaml", "a: [b"), ("x.json", "[1]")]
)
def test_a_profile_file_that_is_none_is_refused(tmp_path, name, content):
    path = tmp_path / name
    path.write_text(content, encoding="utf-8")

    with pytest.raises(CommandError, match="is not") as caught:
        call_command("import_profile", "mine", "--save", str(path))

    assert caught.value.returncode == 2
    assert ImportProfile.objects.count() == 1
