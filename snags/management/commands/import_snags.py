import json
import os
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from opsdesk.core.errors import RuleError
from snags.services.importing import Order, Report, profile_named, run_import

BAR = 30
BETWEEN_TELLS = 0.2


class Command(BaseCommand):
    help = (
        "Import another system's ticket log as snags with their real timelines."
        " Safe to run again: what is there already is left alone."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", type=Path, help="A CSV file, plain or gzipped.")
        parser.add_argument(
            "--profile",
            required=True,
            help="What the columns mean; see import_profile.",
        )
        parser.add_argument(
            "--timezone", required=True, help="Zone of its times, like Europe/London."
        )
        parser.add_argument("--landscape", default="", help="Which ERP they are about.")
        parser.add_argument(
            "--errors", type=Path, help="Where rows go that cannot be imported."
        )
        parser.add_argument(
            "--pseudonyms", action="store_true", help="Do not keep people's names."
        )
        parser.add_argument(
            "--dry-run", action="store_true", help="Say what would happen, do nothing."
        )
        parser.add_argument(
            "--json", action="store_true", help="Print the outcome as one line of JSON."
        )

    def handle(self, *args: Any, **options: Any) -> None:
        started = time.monotonic()
        bar = _Bar(silent=options["verbosity"] == 0)
        try:
            order = Order(
                path=options["file"],
                profile=profile_named(options["profile"]),
                timezone=options["timezone"],
                error_file=options["errors"] or _beside(options["file"]),
                landscape=options["landscape"],
                pseudonyms=options["pseudonyms"],
                dry_run=options["dry_run"],
            )
            report = run_import(order, bar.tell)
        except RuleError as error:
            bar.end()
            raise CommandError(str(error), returncode=2) from error
        except KeyboardInterrupt:
            bar.end()
            raise CommandError(
                "Stopped. Run it again to go on.", returncode=130
            ) from None
        bar.end()
        seconds = round(time.monotonic() - started, 2)
        if not options["json"]:
            self.stdout.write("\n".join(_sentences(report, seconds, order)))
        else:
            said = {
                **report.as_json(),
                "dry_run": order.dry_run,
                "profile": order.profile.name,
                "seconds": seconds,
            }
            self.stdout.write(json.dumps(said))
        if report.is_fruitless:
            raise CommandError(
                "No ticket of this file could be imported; the reasons are above."
                " Is it the right profile?",
                returncode=2,
            )


class _Bar:
    """Progress on standard error: a bar on a terminal, else a line now and then."""

    def __init__(self, *, silent: bool) -> None:
        self.silent = silent
        self.is_live = sys.stderr.isatty()
        self.told = 0.0
        self.is_open = False

    def tell(self, what: str, share: float, rows: int) -> None:
        now = time.monotonic()
        pause = BETWEEN_TELLS if self.is_live else 25 * BETWEEN_TELLS
        if self.silent or (now - self.told < pause and share < 1):
            return
        self.told, self.is_open = now, self.is_live
        full = round(share * BAR)
        line = f"{what:9} [{'#' * full}{'.' * (BAR - full)}] {share:4.0%} {rows:,} rows"
        sys.stderr.write(f"\r{line}" if self.is_live else f"{line}\n")
        sys.stderr.flush()

    def end(self) -> None:
        if self.is_open:
            sys.stderr.write("\n")
            self.is_open = False


def _beside(path: Path) -> Path:
    """The error file's place: beside the input, or where this machine lets us write."""
    folder = path.resolve().parent
    if not os.access(folder, os.W_OK):
        folder = Path(tempfile.gettempdir())
    return folder / f"{path.name}.rejected.csv"


def _sentences(report: Report, seconds: float, order: Order) -> list[str]:
    would = "would be " if order.dry_run else ""
    lines = [
        f"{report.rows:,} rows, {report.tickets:,} tickets in {seconds} s:"
        f" {report.created:,} {would}created, {report.updated:,} {would}updated,"
        f" {report.unchanged:,} unchanged."
    ]
    if report.skipped_times or report.repeated_times:
        lines.append(
            f"{report.skipped_times:,} times do not exist in {order.timezone} (taken as"
            f" the change of clocks), {report.repeated_times:,} came twice (taken as"
            " the first)."
        )
    if report.without_contract:
        lines.append(
            f"{report.without_contract:,} tickets were reported when no contract was in"
            " force: they have no clocks."
        )
    lines += [
        f"Held back, {reason}: {count:,}"
        for reason, count in report.held_back.most_common()
    ]
    if report.error_file:
        lines.append(f"{report.rejected_rows:,} rows are in {report.error_file}")
    return lines
