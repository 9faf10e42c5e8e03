import csv
import io
import zipfile
from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
from django.http import Http404
from hypothesis import given
from hypothesis import strategies as st
from openpyxl import load_workbook

from opsdesk.core.exports import export_table, guarded, unguarded

DANGEROUS = [
    "=1+1",
    "+1",
    "-1",
    "@SUM(A1)",
    "\t=1",
    "\r=1",
    "\n=1",
    "  =1",
    '"=1',
    "'=1",
    "\u00a0\ufeff=1",
    "＝1",
    "＋1",
    "－1",
    "＠1",
    "=cmd|' /C calc'!A0",
]
HARMLESS = ["", "Invoice 7", "it's", "'quoted'", "a=b", "#N/A", "Ümlaut 🙂", "1-2"]


def read_csv(response):
    text = b"".join(response.streaming_content).decode("utf-8-sig")
    return list(csv.reader(io.StringIO(text, newline="")))


def read_xlsx(response):
    data = io.BytesIO(b"".join(response.streaming_content))
    return data, load_workbook(data).active


@pytest.mark.parametrize("text", DANGEROUS)
def test_text_like_a_formula_is_neutralised_and_can_be_read_back(text):
    assert guarded(text) == f"'{text}"
    assert unguarded(guarded(text)) == text


@pytest.mark.parametrize("text", HARMLESS)
def test_other_text_is_left_alone(text):
    assert guarded(text) == text
    assert unguarded(text) == text


@given(st.text())
def test_any_text_read_back_is_what_was_typed(text):
    assert unguarded(guarded(text)) == text


def test_a_csv_export_holds_no_formula_and_gives_every_text_back():
    rows = [[number, text] for number, text in enumerate(DANGEROUS + HARMLESS)]

    response = export_table("Open snags", ["No", "Title"], rows, "csv")

    assert response["Content-Type"] == "text/csv; charset=utf-8"
    assert response["Content-Disposition"] == 'attachment; filename="open-snags.csv"'
    header, *read = read_csv(response)
    assert header == ["No", "Title"]
    assert [[int(no), unguarded(text)] for no, text in read] == rows
    for _, text in read:
        assert not text.lstrip(" \"'“”").startswith(("=", "+", "-", "@")) or (
            text.startswith("'")
        )


def test_an_xlsx_export_holds_no_formula_and_gives_every_text_back():
    rows = [[number, text] for number, text in enumerate(DANGEROUS + HARMLESS)]

    response = export_table("Open snags", ["No", "Title"], rows, "xlsx")

    data, sheet = read_xlsx(response)
    assert response["Content-Disposition"] == 'attachment; filename="open-snags.xlsx"'
    read = list(sheet.iter_rows(min_row=2))
    # XML carries a line's end as one character, whichever it was.
    assert [unguarded(row[1].value or "").replace("\r", "\n") for row in read] == [
        text.replace("\r", "\n") for _, text in rows
    ]
    assert [row[0].value for row in read] == [number for number, _ in rows]
    assert {row[1].data_type for row in read if row[1].value} <= {"s", "inlineStr"}
    assert b"<f>" not in zipfile.ZipFile(data).read("xl/worksheets/sheet1.xml")


def test_numbers_stay_numbers_and_instants_keep_their_offset():
    at = datetime(2026, 7, 1, 8, 0, tzinfo=UTC)
    row = [-5, 1.5, Decimal("-2.50"), None, True, date(2026, 3, 2), at]
    header = ["a", "b", "c", "d", "e", "f", "g"]

    [_, text] = read_csv(export_table("t", header, [row], "csv"))
    _, sheet = read_xlsx(export_table("t", header, [row], "xlsx"))

    day, hour = "2026-03-02", "2026-07-01T09:00:00+01:00"
    assert text == ["-5", "1.5", "-2.50", "", "yes", day, hour]
    values = [cell.value for cell in sheet[2]]
    assert values[:3] == [-5, 1.5, -2.5]
    assert values[5:] == [datetime(2026, 3, 2), datetime(2026, 7, 1, 9)]


def test_commas_quotes_and_line_ends_are_quoted_as_rfc_4180_says():
    response = export_table("t", ["a"], [['x,"y"\r\nz']], "csv")

    body = b"".join(response.streaming_content).decode("utf-8-sig")
    assert body == 'a\r\n"x,""y""\r\nz"\r\n'


def test_what_xml_cannot_carry_is_left_out_of_a_workbook():
    _, sheet = read_xlsx(export_table("a/b?", ["a"], [["x\x00\x0by"]], "xlsx"))

    assert sheet["A2"].value == "xy"


def test_a_long_table_is_sent_in_pieces():
    response = export_table("t", ["a"], ([n] for n in range(1000)), "csv")

    assert len(list(response.streaming_content)) == 6


def test_an_unknown_format_is_not_found():
    with pytest.raises(Http404):
        export_table("t", ["a"], [], "exe")
