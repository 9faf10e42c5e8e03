"""The times of snags, imported ones by their source and our own by their pauses."""

import csv
import io
from datetime import timedelta

import pytest
from django.core.management import CommandError, call_command

from sla.models import ServiceCalendar
from snags.services import lifecycle
from tests.factories import NINE, make_calendar, make_snag
from tests.snags.test_importing import DATA, import_log

pytestmark = pytest.mark.django_db


def times(**options):
    out = io.StringIO()
    call_command("snag_times", csv=True, stdout=out, **options)
    return list(csv.DictReader(io.StringIO(out.getvalue())))


def expected():
    with (DATA / "incident_expected.csv").open(encoding="utf-8") as file:
        return list(csv.DictReader(file))


def test_the_minutes_of_a_real_log_come_out_in_office_hours():
    import_log()

    said = times(hours="Mon-Fri 08:00-18:00", timezone="Europe/London")

    assert [
        (
            row["number"],
            row["elapsed_minutes"],
            row["business_minutes"],
            row["paused_business_minutes"],
        )
        for row in said
    ] == [
        (
            row["number"],
            row["elapsed_min_london"],
            row["biz_min_8_18"],
            row["paused_biz_min_8_18"],
        )
        for row in expected()
    ]


def test_the_minutes_of_a_real_log_come_out_less_bank_holidays():
    import_log()

    said = times(
        hours="Mon-Fri 09:00-17:30", timezone="Europe/London", holidays="GB-ENG"
    )

    assert [(row["number"], row["business_minutes"]) for row in said] == [
        (row["number"], row["biz_min_9_1730_ewhol"]) for row in expected()
    ]


def test_our_own_snags_follow_with_their_pauses(live, rob, sam):
    snag = make_snag(live, rob, at=NINE)
    lifecycle.start(snag, actor=sam, at=NINE + timedelta(minutes=10))
    lifecycle.wait(
        snag,
        actor=sam,
        waiting_for="reporter",
        body="Which printer?",
        at=NINE + timedelta(minutes=30),
    )
    lifecycle.resume(snag, actor=sam, at=NINE + timedelta(minutes=90))
    lifecycle.resolve(
        snag,
        actor=sam,
        resolution="configuration",
        resolution_note="Done.",
        at=NINE + timedelta(days=1),
    )
    still_open = make_snag(live, rob, at=NINE)

    first, second = times(hours="Mon-Fri 09:00-17:00", timezone="Europe/London")

    assert first == {
        "number": snag.ref,
        "opened": "2026-03-02T09:00+00:00",
        "resolved": "2026-03-03T09:00+00:00",
        "elapsed_minutes": "1440",
        "business_minutes": "480",
        "paused_minutes": "60",
        "paused_business_minutes": "60",
    }
    assert second["number"] == still_open.ref
    assert (second["resolved"], second["elapsed_minutes"]) == ("", "")


def test_a_stored_calendar_counts_by_its_own_hours(live, rob):
    make_calendar("Plant", "Mon-Fri 06:00-14:00")

    assert times(calendar="Plant") == []
    make_snag(live, rob, at=NINE)
    assert times(calendar="Plant")[0]["opened"] == "2026-03-02T09:00+00:00"


def test_times_can_go_to_a_file(live, rob, tmp_path):
    make_snag(live, rob, at=NINE)
    path = tmp_path / "times.csv"

    assert times(hours="24x7", timezone="UTC", output=path) == []

    assert len(path.read_text(encoding="utf-8").splitlines()) == 2


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({}, "either --hours or --calendar"),
        ({"hours": "24x7", "calendar": "Plant"}, "either --hours or --calendar"),
        ({"hours": "24x7"}, "needs a --timezone"),
        ({"hours": "Mon 9-5", "timezone": "UTC"}, "is not"),
        ({"hours": "24x7", "timezone": "Mars"}, "no time zone called 'Mars'"),
        ({"calendar": "None"}, "There is no calendar “None”"),
        (
            {"hours": "24x7", "timezone": "UTC", "holidays": "XX-YY"},
            "no bank holidays known for 'XX-YY'",
        ),
    ],
)
def test_a_wrong_question_is_refused(options, said):
    with pytest.raises(CommandError, match=said) as caught:
        times(**options)

    assert caught.value.returncode == 2
    assert not ServiceCalendar.objects.exists()
