"""A whole real event log: how long its import takes, and whether every minute is right.

Runs the commands as people do, in an empty database.
"""

import csv
import gzip
import json
from collections.abc import Iterator
from pathlib import Path

from benchmarks.databases import Database, copied, empty
from benchmarks.table import Row, at_most

DATA = Path(__file__).parent / "data"
LOG = DATA / "incident_event_log.csv.gz"
OFFICE = "Mon-Fri 08:00-18:00"
SHORTER = "Mon-Fri 09:00-17:30"


def run(*, small: bool = False) -> list[Row]:
    """Import the log into an empty database, again, and compare all its times.

    `small` only skips the second set of opening hours.
    """
    with copied(empty(), "bench_import") as copy:
        first, again = _import(copy), _import(copy)
        pairs = {
            "elapsed_minutes": "elapsed_min_london",
            "business_minutes": "biz_min_8_18",
            "paused_business_minutes": "paused_biz_min_8_18",
        }
        wrong = _wrong(copy, pairs, "--hours", OFFICE)
        if not small:
            pairs = {"business_minutes": "biz_min_9_1730_ewhol"}
            wrong += _wrong(copy, pairs, "--hours", SHORTER, "--holidays", "GB-ENG")
    added = again["created"] + again["updated"]
    return [
        at_most("import: 28,499 events", first["seconds"], "s", 15),
        at_most("import: again, all 4,000 known", again["seconds"], "s", 15),
        at_most("import: added by the second run", added, "snags", 0),
        at_most("import: held back", len(first["held_back"]), "reasons", 0),
        at_most("import: times that are not as expected", wrong, "cells", 0),
    ]


def _import(database: Database) -> dict[str, float]:
    options = ("--profile", "servicenow-event-log", "--timezone", "Europe/London")
    said = database.manage("import_snags", str(LOG), *options, "--json")
    return json.loads(said.splitlines()[-1])


def _wrong(database: Database, pairs: dict[str, str], *options: str) -> int:
    """Count the cells that differ; a snag that is missing counts in full."""
    zone = ("--timezone", "Europe/London")
    said = database.manage("snag_times", "--csv", *options, *zone)
    got = {row["number"]: row for row in csv.DictReader(said.splitlines())}
    return sum(
        got.get(row["number"], {}).get(ours) != row[theirs]
        for row in _expected()
        for ours, theirs in pairs.items()
    )


def _expected() -> Iterator[dict[str, str]]:
    with gzip.open(DATA / "incident_expected.csv.gz", "rt", encoding="utf-8") as file:
        yield from csv.DictReader(file)
