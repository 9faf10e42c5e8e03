"""Importing a file: read it whole, fold it ticket by ticket, write it in batches.

Each batch is one transaction and can be repeated, so a killed import goes on when it is
run again and nothing is ever half there. One import runs at a time.
"""

import csv
import os
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from django.db import transaction

from opsdesk.core import clock, locks
from opsdesk.core.errors import RuleError
from opsdesk.core.exports import guarded
from sla.hours import CalendarError
from sla.walltime import moment_of, seconds_of
from snags.days import day_of
from snags.importing.folding import History, fold
from snags.importing.profile import Profile, ProfileError, parse_profile
from snags.importing.reading import Cells, FileError, Rejected, Spool, read_file
from snags.importing.rows import Instants, RowError, RowReader
from snags.models import ImportProfile
from snags.services.import_batches import write_batch
from snags.services.import_clocks import Promises
from snags.services.import_places import Naming, Place, landscape_for, place_for

BATCH = 500
MOST_REASONS = 50
AHEAD = "it tells of times to come: look at --timezone"

Progress = Callable[[str, float, int], None]


@dataclass
class Report:
    """What an import did, as it is printed."""

    rows: int = 0
    tickets: int = 0
    created: int = 0
    updated: int = 0
    unchanged: int = 0
    held_back: Counter[str] = field(default_factory=Counter)
    rejected_rows: int = 0
    error_file: str | None = None
    duplicate_rows: int = 0
    skipped_times: int = 0
    repeated_times: int = 0
    states_kept: int = 0
    closed_unresolved: int = 0
    without_contract: int = 0

    @property
    def is_fruitless(self) -> bool:
        """There was something, and none of it could be used."""
        return not (self.created or self.updated or self.unchanged)

    def hold(self, reason: str) -> None:
        """Count a reason; very many different ones are counted together."""
        if reason not in self.held_back and len(self.held_back) >= MOST_REASONS:
            reason = "other reasons"
        self.held_back[reason] += 1

    def as_json(self) -> dict[str, Any]:
        return {**vars(self), "held_back": dict(self.held_back)}


@dataclass(frozen=True)
class Order:
    """What somebody asked to import, and how."""

    path: Path
    profile: Profile
    timezone: str
    error_file: Path
    landscape: str = ""
    pseudonyms: bool = False
    dry_run: bool = False


def profile_named(name: str) -> Profile:
    """The stored profile of this name, checked; raises RuleError."""
    row = ImportProfile.objects.filter(name=name).first()
    if row is None:
        known = ", ".join(ImportProfile.objects.values_list("name", flat=True))
        raise RuleError(
            f"There is no profile “{name}”. There are: {known or 'none'}.",
            code="no_profile",
        )
    try:
        return parse_profile(name, row.mapping)
    except ProfileError as error:
        raise RuleError(f"Profile “{name}”: {error}", code="bad_profile") from error


def run_import(order: Order, progress: Progress | None = None) -> Report:
    """Import a file; one that cannot be used is a RuleError before anything is written.

    A dry run does everything in one transaction and takes it back.
    """
    with locks.alone(locks.IMPORT) as alone:
        if not alone:
            raise RuleError("Another import is running; wait for it.", code="busy")
        if not order.dry_run:
            return _Run(order, progress).report_of()
        with transaction.atomic():
            report = _Run(order, progress).report_of()
            transaction.set_rollback(True)
        return report


class _Run:
    """One import on its way."""

    def __init__(self, order: Order, progress: Progress | None) -> None:
        _check_error_file(order)
        self.order = order
        self.progress = progress
        self.report = Report()
        self.now = seconds_of(clock.now())
        self.naming = Naming(order.profile.system, order.pseudonyms)
        self.place: Place | None = None
        self.promises: Promises | None = None
        self.reader: RowReader | None = None
        found = landscape_for(order.landscape)
        self.landscape = (
            found.name if found else order.landscape or order.profile.landscape
        )
        try:
            self.instants = Instants(order.profile.dates, order.timezone)
        except CalendarError as error:
            raise RuleError(str(error), code="bad_zone") from error

    def report_of(self) -> Report:
        order = self.order
        tell = self.progress
        reading = None if tell is None else lambda part, n: tell("Reading", part, n)
        try:
            spool = read_file(order.path, order.profile, self._number_of, reading)
        except FileError as error:
            raise RuleError(str(error), code="bad_file") from error
        with spool, _ErrorFile(order, spool.header) as errors:
            self.report.rows = spool.rows
            self._take(spool, errors)
            self.report.rejected_rows = errors.rows
            self.report.error_file = str(order.error_file) if errors.rows else None
        self.report.skipped_times = self.instants.skipped
        self.report.repeated_times = self.instants.repeated
        return self.report

    def _number_of(self, header: Sequence[str]) -> Callable[[Sequence[str]], str]:
        self.reader = RowReader(self.order.profile, header, self.instants)
        return self.reader.number

    def _take(self, spool: Spool, errors: "_ErrorFile") -> None:
        for rejected in spool.rejected:
            self.report.hold(rejected.reason)
            errors.add(rejected)
        batch: list[tuple[History, list[tuple[int, Cells]]]] = []
        done = 0
        for number, lines in spool.tickets():
            self.report.tickets += 1
            done += len(lines)
            history = self._fold(number, lines, errors)
            if history is not None:
                batch.append((history, lines))
            if len(batch) >= BATCH:
                self._write(batch, errors)
                batch = []
                if self.progress:
                    self.progress("Importing", done / spool.rows, done)
        self._write(batch, errors)
        if self.progress:
            self.progress("Importing", 1.0, spool.rows)

    def _fold(
        self, number: str, lines: list[tuple[int, Cells]], errors: "_ErrorFile"
    ) -> History | None:
        """One ticket's history; a row that is not understood holds back all of it."""
        assert self.reader is not None
        rows, reason, broken = [], "", 0
        for line, cells in lines:
            try:
                rows.append(self.reader.read(line, cells))
            except RowError as error:
                reason, broken = reason or str(error), broken or line
        try:
            if not reason:
                return self._past(
                    fold(number, rows, self.order.profile, self.naming.shown)
                )
        except RowError as error:
            reason = str(error)
        self._hold(lines, reason, errors, broken)
        return None

    def _past(self, history: History) -> History:
        """What has happened: nobody could go on with what lies ahead."""
        if history.last_at > self.now:
            raise RowError(AHEAD)
        return history

    def _hold(
        self,
        lines: list[tuple[int, Cells]],
        reason: str,
        errors: "_ErrorFile",
        broken: int = 0,
    ) -> None:
        self.report.hold(reason)
        for line, cells in lines:
            at_fault = not broken or line == broken
            why = reason if at_fault else f"held back with line {broken}: {reason}"
            errors.add(Rejected(line, cells, why))

    def _write(
        self,
        batch: list[tuple[History, list[tuple[int, Cells]]]],
        errors: "_ErrorFile",
    ) -> None:
        if not batch:
            return
        histories = [history for history, _ in batch]
        place, promises = self._ready(histories)
        outcome = write_batch(
            histories,
            place=place,
            profile=self.order.profile,
            naming=self.naming,
            promises=promises,
        )
        report = self.report
        report.created += outcome.created
        report.updated += outcome.updated
        report.unchanged += outcome.unchanged
        report.without_contract += sum(
            promises.at(moment_of(history.reported_at)) is None for history in histories
        )
        for history, lines in batch:
            for name, count in history.notes.items():
                setattr(report, name, getattr(report, name) + count)
            if history.number in outcome.held:
                self._hold(lines, outcome.held[history.number], errors)

    def _ready(self, histories: list[History]) -> tuple[Place, Promises]:
        """Where to put them, made when the first ticket is known to be sound."""
        if self.place is None or self.promises is None:
            first = min(history.reported_at for history in histories)
            self.place = place_for(
                self.landscape, self.order.profile.system, day_of(moment_of(first))
            )
            self.promises = Promises(self.place.landscape)
        return self.place, self.promises


class _ErrorFile:
    """Rows that were not imported, as a CSV file that can be put right and imported.

    It is written as the profile says files are, for by that profile it is read again.
    """

    def __init__(self, order: Order, header: list[str]) -> None:
        self.path = order.error_file
        self.profile = order.profile
        self.header = header
        self.rows = 0
        self._file: Any = None
        self._writer: Any = None

    def __enter__(self) -> "_ErrorFile":
        return self

    def __exit__(self, *_: object) -> None:
        if self._file is not None:
            self._file.close()

    def add(self, rejected: Rejected) -> None:
        if self._file is None:
            self._open()
        self.rows += 1
        width = len(self.header)
        cells = [*rejected.cells[:width], *[""] * (width - len(rejected.cells))]
        self._writer.writerow(
            [*(guarded(cell) for cell in cells), rejected.line, rejected.reason]
        )

    def _open(self) -> None:
        try:
            # Cells come from this encoding; a reason may have signs it does not know.
            encoding = self.profile.encoding or "utf-8"
            self._file = self.path.open(
                "w", encoding=encoding, errors="replace", newline=""
            )
        except OSError as error:
            raise RuleError(
                f"The error file {self.path} cannot be written: {error.strerror}.",
                code="bad_error_file",
            ) from error
        self._writer = csv.writer(self._file, delimiter=self.profile.delimiter or ",")
        self._writer.writerow([*self.header, "opsdesk_line", "opsdesk_reason"])


def _check_error_file(order: Order) -> None:
    """Find out before anything is written that rejected rows would have no place."""
    path = order.error_file.resolve()
    if path == order.path.resolve():
        raise RuleError("The error file cannot be the file itself.", code="same_file")
    if not os.access(path.parent, os.W_OK) or path.is_dir():
        raise RuleError(
            f"The error file {path} cannot be written.", code="bad_error_file"
        )
