"""Cells become values: one row of a file, as its profile understands it."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from opsdesk.core.fields import EARLIEST, LATEST
from sla.hours import zone_named
from sla.walltime import instant, offset, seconds_of
from snags.importing.profile import (
    CHOICES,
    FLAGS,
    INSTANTS,
    Column,
    Profile,
)

MEMORY = 50_000
LONGEST = 20_000
_END = seconds_of(LATEST)


class RowError(ValueError):
    """A row that cannot be understood; the message is a reason to count by."""


@dataclass(frozen=True, slots=True)
class Row:
    """What one row says. Instants are seconds since 1970; None is missing.

    `values` holds every other mapped field, `label` the state in the source's words.
    """

    line: int
    at: int | None
    state: str
    label: str
    values: Mapping[str, Any]
    facts: Mapping[str, str]


class Instants:
    """Naive times of one zone, or times with an offset, as seconds since 1970.

    A time that the zone skipped is the instant of the change, a time that came twice
    its first occurrence; both are counted. Two formats that disagree are refused.
    """

    def __init__(self, formats: Sequence[str], timezone: str) -> None:
        self.formats = formats
        self.zone = zone_named(timezone)
        self.odd: dict[str, str] = {}
        self.skipped = 0
        self.repeated = 0

    def read(self, text: str) -> int:
        """The instant of a text; raises RowError."""
        if not text.isascii() or len(text) > 40:
            raise RowError(f"a date is not like {self._like()}")
        found = {moment for form in self.formats if (moment := _parse(text, form))}
        if not found:
            raise RowError(f"a date is not like {self._like()}")
        if len(found) > 1:
            raise RowError("a date could be two different days")
        moment = found.pop()
        if EARLIEST.year < moment.year < LATEST.year:
            read = seconds_of(moment) if moment.tzinfo else self._local(text, moment)
            if read < _END:  # in UTC the next year may have begun
                return read
        raise RowError("a date is outside the years 2001 to 2099")

    def count(self, text: str) -> None:
        """Remember that an odd time was met."""
        kind = self.odd.get(text)
        self.skipped += kind == "skipped"
        self.repeated += kind == "repeated"

    def _local(self, text: str, moment: datetime) -> int:
        aware = moment.replace(tzinfo=self.zone)
        before, after = offset(aware), offset(aware.replace(fold=1))
        if before != after:
            self.odd[text] = "skipped" if before < after else "repeated"
        second = moment.hour * 3600 + moment.minute * 60 + moment.second
        return instant(moment.toordinal(), second, self.zone)

    def _like(self) -> str:
        return " or ".join(self.formats)


class RowReader:
    """Reads the rows of one file; every distinct text is understood once."""

    def __init__(
        self, profile: Profile, header: Sequence[str], instants: Instants
    ) -> None:
        self.instants = instants
        self.width = len(header)
        self._cells = [
            _Cell(column, header.index(column.name), self._reader(column, profile))
            for column in profile.columns.values()
            if column.field != "state"
        ]
        self._facts = [
            _Cell(column, header.index(column.name), _text(column, profile))
            for column in profile.facts
        ]
        state = profile.columns["state"]
        self._state = _Cell(
            state, header.index(state.name), _choice(state, profile, "keep")
        )
        self._number = next(c for c in self._cells if c.field == "number")

    def number(self, cells: Sequence[str]) -> str:
        """The ticket a row belongs to; raises RowError when it does not say."""
        if len(cells) <= self._number.index:
            raise RowError("a row has no ticket number")
        number = self._number.value(cells)
        if not number:
            raise RowError("a row has no ticket number")
        if len(number) > 60:
            raise RowError("a ticket number is longer than 60 characters")
        return str(number)

    def read(self, line: int, cells: Sequence[str]) -> Row:
        """One row; raises RowError with the reason why not."""
        if len(cells) < self.width:
            raise RowError("a row breaks off: it has too few columns")
        if any(cells[self.width :]):
            raise RowError("a row has more columns than the header")
        values = {cell.field: cell.value(cells) for cell in self._cells}
        if self.instants.odd:
            for cell in self._cells:
                if cell.field in INSTANTS:
                    self.instants.count(cells[cell.index].strip())
        at = values.pop("updated_at", None)
        label = cells[self._state.index].strip()
        facts = {c.column.name: c.value(cells) for c in self._facts}
        state = self._state.value(cells)
        return Row(
            line, at, state, label, values, {k: v for k, v in facts.items() if v}
        )

    def _reader(self, column: Column, profile: Profile) -> Callable[[str], Any]:
        if column.field in INSTANTS:
            return _optional(column, profile, self.instants.read)
        if column.field in FLAGS:
            return _optional(column, profile, _flag(profile))
        if column.field in CHOICES:
            return _choice(column, profile, None)
        return _text(column, profile)


class _Cell:
    """One column of a file with what its texts mean."""

    __slots__ = ("_known", "_read", "column", "field", "index")

    def __init__(self, column: Column, index: int, read: Callable[[str], Any]) -> None:
        self.column = column
        self.field = column.field
        self.index = index
        self._read = read
        self._known: dict[str, Any] = {}

    def value(self, cells: Sequence[str]) -> Any:
        raw = cells[self.index]
        try:
            return self._known[raw]
        except KeyError:
            if len(self._known) >= MEMORY:
                self._known.clear()
            found = self._known[raw] = self._read(raw.strip())
            return found


def _optional(
    column: Column, profile: Profile, read: Callable[[str], Any]
) -> Callable[[str], Any]:
    missing = profile.missing if column.missing is None else column.missing
    return lambda text: None if text in missing or not text else read(text)


def _text(column: Column, profile: Profile) -> Callable[[str], Any]:
    def read(text: str) -> str:
        if "\x00" in text:
            raise RowError("a text has characters that are no text")
        if len(text) > LONGEST:
            raise RowError(f"a text is longer than {LONGEST:,} characters")
        if column.values:
            key = " ".join(text.casefold().split())
            text = str(column.values.get(key, text))
        if column.prefix and not text.startswith(column.prefix):
            text = column.prefix + text.zfill(column.pad)
        return " ".join(text.split()) if column.field != "description" else text

    return _optional(column, profile, read)


def _choice(column: Column, profile: Profile, absent: Any) -> Callable[[str], Any]:
    values = column.values or {}
    missing = profile.missing if column.missing is None else column.missing

    def read(text: str) -> Any:
        if "\x00" in text:
            raise RowError("a text has characters that are no text")
        found = values.get(" ".join(text.casefold().split()), column.default)
        if found is not None:
            return found
        if text in missing or not text:
            return absent
        raise RowError(f"unknown {column.field} “{text[:60]}”")

    return read


def _flag(profile: Profile) -> Callable[[str], bool]:
    def read(text: str) -> bool:
        folded = text.casefold()
        if folded in profile.true or folded in profile.false:
            return folded in profile.true
        raise RowError(f"“{text[:20]}” is neither true nor false")

    return read


def _parse(text: str, form: str) -> datetime | None:
    try:
        if form == "iso":
            return datetime.fromisoformat(text)
        return datetime.strptime(text, form)  # noqa: DTZ007 - the zone is asked for
    except ValueError:
        return None
