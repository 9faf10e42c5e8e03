"""Tables as files: CSV and XLSX in which no cell can ever be a formula.

A spreadsheet runs text that starts like a formula, and anybody may type a title. Such
text gets a leading apostrophe; `unguarded` takes it off again, so that an export read
back is what was typed. Numbers stay numbers.
"""

import csv
import math
import re
from collections.abc import Iterable, Iterator, Sequence
from datetime import date, datetime, tzinfo
from decimal import Decimal
from io import BytesIO
from typing import Any

from django.http import FileResponse, Http404, HttpResponseBase, StreamingHttpResponse
from django.utils import timezone
from django.utils.text import slugify
from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell
from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE
from openpyxl.styles import Font
from openpyxl.utils import get_column_letter

FORMATS = {
    "csv": "text/csv; charset=utf-8",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}
# What a file may hold at most; a workbook is made in one piece before it is sent.
MOST = {"csv": 50_000, "xlsx": 10_000}
# Spreadsheets look past spaces and quotes, and read fullwidth signs as the plain ones.
_RUNS = re.compile(
    "^[ \u00a0\u1680\u2000-\u200d\u202f\u205f\u2060\u3000\ufeff\"'“”‘’]*"
    "[=+\\-@\t\r\n＝＋－＠]"
)
_MAX_CELL = 32_767
_CHUNK = 200
# Excel takes a CSV file for UTF-8 only when it starts with this mark.
_MARK = "\ufeff"


def export_table(
    name: str, header: Sequence[str], rows: Iterable[Sequence[object]], fmt: str
) -> HttpResponseBase:
    """A table as a download: CSV sent row by row, or XLSX; other formats are a 404.

    A file that would be longer than its format may be says so in its last line.
    """
    if fmt not in FORMATS:
        raise Http404(f"No such format: {fmt[:20]}")
    rows = _bounded(rows, MOST[fmt])
    filename = f"{slugify(name) or 'table'}.{fmt}"
    zone = timezone.get_current_timezone()
    response: HttpResponseBase
    if fmt == "csv":
        response = StreamingHttpResponse(
            _csv_chunks(header, rows, zone), content_type=FORMATS["csv"]
        )
        response["Content-Disposition"] = f'attachment; filename="{filename}"'
    else:
        response = FileResponse(
            _workbook(name, header, rows, zone),
            as_attachment=True,
            filename=filename,
            content_type=FORMATS["xlsx"],
        )
    response["Cache-Control"] = "private, no-store"
    return response


def _bounded(rows: Iterable[Sequence[object]], most: int) -> Iterator[Sequence[object]]:
    for number, row in enumerate(rows):
        if number == most:
            yield [f"This file ends here: it holds the first {most:,} rows of more."]
            return
        yield row


def guarded(text: str) -> str:
    """The text as a cell may hold it: an apostrophe before anything like a formula."""
    return f"'{text}" if _RUNS.match(text) else text


def unguarded(text: str) -> str:
    """What was typed, from an exported cell; other text is left as it is."""
    return text[1:] if text.startswith("'") and _RUNS.match(text[1:]) else text


class _Line:
    """A file to the csv writer that hands each line straight on."""

    def write(self, line: str) -> str:
        return line


def _csv_chunks(
    header: Sequence[str], rows: Iterable[Sequence[object]], zone: tzinfo
) -> Iterator[str]:
    writer: Any = csv.writer(_Line())
    lines = [_MARK + writer.writerow([guarded(title) for title in header])]
    for row in rows:
        lines.append(writer.writerow([_csv_value(value, zone) for value in row]))
        if len(lines) >= _CHUNK:
            yield "".join(lines)
            lines = []
    yield "".join(lines)


def _csv_value(value: object, zone: tzinfo) -> str | int | float | Decimal:
    """Instants carry their offset, so that an hour that comes twice stays two hours."""
    plain = _plain(value)
    if isinstance(plain, datetime):
        aware = plain.astimezone(zone) if plain.tzinfo else plain
        return aware.isoformat(timespec="seconds")
    if isinstance(plain, date):
        return plain.isoformat()
    return guarded(plain) if isinstance(plain, str) else plain


def _workbook(
    name: str, header: Sequence[str], rows: Iterable[Sequence[object]], zone: tzinfo
) -> BytesIO:
    """The finished file; a workbook is compressed, so even a long one fits."""
    book = Workbook(write_only=True)
    sheet = book.create_sheet(_sheet_title(name))
    sheet.freeze_panes = "A2"
    for number, title in enumerate(header, start=1):
        width = max(12, min(60, len(title) + 4))
        sheet.column_dimensions[get_column_letter(number)].width = width
    bold = Font(bold=True)
    titles = [_text_cell(sheet, title) for title in header]
    for cell in titles:
        cell.font = bold
    sheet.append(titles)
    for row in rows:
        sheet.append([_xlsx_cell(sheet, value, zone) for value in row])
    file = BytesIO()
    book.save(file)
    file.seek(0)
    return file


def _xlsx_cell(sheet: Any, value: object, zone: tzinfo) -> Any:
    plain = _plain(value)
    if isinstance(plain, str):
        return _text_cell(sheet, plain)
    if isinstance(plain, datetime):
        wall = plain.astimezone(zone) if plain.tzinfo else plain
        moment = WriteOnlyCell(sheet, wall.replace(tzinfo=None))
        moment.number_format = "yyyy-mm-dd hh:mm"
        return moment
    cell: Any = WriteOnlyCell(sheet)
    cell.value = plain
    return cell


def _text_cell(sheet: Any, text: str) -> Any:
    """A cell that is text whatever it looks like, without what XML cannot carry."""
    cell = WriteOnlyCell(sheet)
    cell.value = ILLEGAL_CHARACTERS_RE.sub("", guarded(text))[:_MAX_CELL]
    cell.data_type = "s"
    return cell


def _plain(value: object) -> str | int | float | Decimal | datetime | date:
    """A value a file can hold: a number, a day, an instant, or else its words."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, Decimal | float):
        return value if math.isfinite(value) else str(value)
    if isinstance(value, int):
        return int(value)
    if isinstance(value, datetime | date):
        return value
    return str(value)


def _sheet_title(name: str) -> str:
    return re.sub(r"[\[\]:*?/\\']", " ", name).strip()[:31] or "Table"
