"""A file of rows, plain or gzipped, read once from front to back and grouped by ticket.

Nothing is believed before the end of the file has been seen: a cut or damaged file is
refused as a whole. Rows of a ticket need not stand together, so they are sorted by
ticket number in pieces that fit in memory and merged from temporary files.
"""

import codecs
import csv
import gzip
import heapq
import io
import json
import zlib
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import groupby
from pathlib import Path
from tempfile import TemporaryFile
from typing import IO, Any, Self

from opsdesk.core.exports import unguarded
from snags.importing.profile import Profile
from snags.importing.rows import RowError

PIECE = 20_000
LONGEST_LINE = 1_000_000
DELIMITERS = ",;\t|"
MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)

Cells = list[str]
Entry = tuple[str, int, Cells]
Progress = Callable[[float, int], None]


class FileError(Exception):
    """A file that cannot be imported; the message is a sentence for people."""


@dataclass(slots=True)
class Rejected:
    """A row that went nowhere, and why."""

    line: int
    cells: Sequence[str]
    reason: str


@dataclass(slots=True)
class Spool:
    """All rows of a file, sorted by ticket, and those that belong to none."""

    header: list[str]
    rows: int = 0
    rejected: list[Rejected] = field(default_factory=list)
    _piece: list[Entry] = field(default_factory=list)
    _files: list[IO[str]] = field(default_factory=list)

    def add(self, number: str, line: int, cells: Cells) -> None:
        self._piece.append((number, line, cells))
        if len(self._piece) >= PIECE:
            self._spill()

    def tickets(self) -> Iterator[tuple[str, list[tuple[int, Cells]]]]:
        """Each ticket with its rows in the order of the file."""
        self._piece.sort()
        pieces: list[Iterable[Entry]] = [_entries(file) for file in self._files]
        merged = heapq.merge(*pieces, self._piece)
        for number, entries in groupby(merged, key=lambda entry: entry[0]):
            yield number, [(line, cells) for _, line, cells in entries]

    def close(self) -> None:
        for file in self._files:
            file.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _spill(self) -> None:
        self._piece.sort()
        file = TemporaryFile("w+", encoding="utf-8")  # noqa: SIM115 - closed by close
        for entry in self._piece:
            file.write(json.dumps(entry))
            file.write("\n")
        file.seek(0)
        self._files.append(file)
        self._piece = []


def read_file(
    path: Path,
    profile: Profile,
    number_of: Callable[[Sequence[str]], Callable[[Sequence[str]], str]],
    progress: Progress | None = None,
) -> Spool:
    """Read the whole file into a spool; raises FileError and keeps nothing.

    `number_of` is given the header and gives back how to tell a row's ticket.
    """
    encodings = [profile.encoding] if profile.encoding else ["", "cp1252"]
    for encoding in encodings:
        try:
            return _read(path, profile, number_of, encoding, progress)
        except UnicodeDecodeError as error:
            if encoding == encodings[-1]:
                raise FileError(f"{path.name} is not a text file.") from error
        except LookupError as error:
            raise FileError(f"There is no encoding called {encoding!r}.") from error
        except (EOFError, gzip.BadGzipFile, zlib.error) as error:
            raise FileError(
                f"{path.name} is cut short or damaged; nothing was imported."
            ) from error
        except csv.Error as error:
            raise FileError(f"{path.name} is not a table of rows: {error}.") from error
        except OSError as error:
            raise FileError(
                f"{path} cannot be read: {error.strerror or error}."
            ) from error
    raise AssertionError("unreachable")


def _read(
    path: Path,
    profile: Profile,
    number_of: Callable[[Sequence[str]], Callable[[Sequence[str]], str]],
    encoding: str,
    progress: Progress | None,
) -> Spool:
    if not path.is_file():
        raise FileError(f"There is no file {path}.")
    size = path.stat().st_size or 1
    with path.open("rb") as raw, _text(raw, encoding) as text:
        lines = _lines(text, path.name)
        header, delimiter, before = _header(lines, profile, path.name)
        spool = Spool(header)
        number = number_of(header)
        try:
            for line, cells in _table(lines, delimiter, before):
                spool.rows += 1
                _sort_in(spool, number, line, cells)
                if progress and not spool.rows % 2_000:
                    progress(min(1.0, raw.tell() / size), spool.rows)
        except BaseException:
            spool.close()
            raise
    if not spool.rows:
        raise FileError(f"{path.name} has a header and no rows.")
    return spool


def _sort_in(
    spool: Spool, number: Callable[[Sequence[str]], str], line: int, cells: Cells
) -> None:
    try:
        spool.add(number(cells), line, cells)
    except RowError as error:
        spool.rejected.append(Rejected(line, cells, str(error)))


def _text(raw: IO[bytes], encoding: str) -> IO[str]:
    """The text of a plain or gzipped file, told by its first bytes, not by its name."""
    head = raw.read(4)
    raw.seek(0)
    stream: Any = gzip.GzipFile(fileobj=raw) if head[:2] == b"\x1f\x8b" else raw
    if not encoding:
        peeked = io.BufferedReader(stream)
        start = peeked.peek(4)[:4]
        stream = peeked
        encoding = next(
            (name for mark, name in MARKS if start.startswith(mark)), "utf-8"
        )
    return io.TextIOWrapper(stream, encoding=encoding, newline="")


def _lines(text: IO[str], name: str) -> Iterator[str]:
    while line := text.readline(LONGEST_LINE):
        if len(line) >= LONGEST_LINE:
            raise FileError(f"{name} has a line of a million characters.")
        yield line


def _header(
    lines: Iterator[str], profile: Profile, name: str
) -> tuple[list[str], str, int]:
    """The column names, the delimiter under which the file has most, and its line."""
    numbered = enumerate(lines, start=1)
    place, first = next(((n, line) for n, line in numbered if line.strip()), (0, ""))
    if not first:
        raise FileError(f"{name} is empty.")
    if "\x00" in first:
        raise FileError(f"{name} is not a text file.")
    wanted = profile.wanted
    options = [profile.delimiter] if profile.delimiter else list(DELIMITERS)
    splits = [(_columns(first, option), option) for option in options]
    header, delimiter = max(splits, key=lambda split: len(wanted & set(split[0])))
    missing = sorted(wanted - set(header))
    if missing:
        raise FileError(
            f"{name} does not fit the profile “{profile.name}”: it has no column"
            f" {_listed(missing)}. Its columns are: {_listed(header, 40)}."
        )
    return header, delimiter, place


def _columns(line: str, delimiter: str) -> list[str]:
    """Column names, trailing empty ones dropped, a second “note” called “note#2”."""
    names = [name.strip() for name in next(csv.reader([line], delimiter=delimiter))]
    while names and not names[-1]:
        names.pop()
    seen: Counter[str] = Counter()
    numbered = []
    for name in names:
        seen[name] += 1
        numbered.append(name if seen[name] == 1 else f"{name}#{seen[name]}")
    return numbered


def _table(
    lines: Iterator[str], delimiter: str, before: int
) -> Iterator[tuple[int, Cells]]:
    """Each row with the number of its last line; `before` lines were read already."""
    table = csv.reader(lines, delimiter=delimiter, skipinitialspace=True, strict=True)
    for cells in table:
        if any(cells):
            yield (
                before + table.line_num,
                [unguarded(cell) if cell.startswith("'") else cell for cell in cells],
            )


def _entries(file: IO[str]) -> Iterator[Entry]:
    for line in file:
        number, at, cells = json.loads(line)
        yield number, at, cells


def _listed(names: Sequence[str], most: int = 8) -> str:
    shown = [name[:40] for name in names[:most]]
    more = f" and {len(names) - most} more" if len(names) > most else ""
    return ", ".join(shown) + more
