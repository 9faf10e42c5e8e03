"""A whole real event log: how long its import takes, and whether every minute is right.

Runs the commands as people do, on a database of its own.
"""

import csv
import gzip
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

from benchmarks.table import Row, at_most, written

ROOT = Path(__file__).parent.parent
DATA = Path(__file__).parent / "data"
LOG = DATA / "incident_event_log.csv.gz"
OFFICE = "Mon-Fri 08:00-18:00"
SHORTER = "Mon-Fri 09:00-17:30"


def run(*, small: bool = False) -> list[Row]:
    """Import the log into an empty database, again, and compare all its times.

    `small` only skips the second set of opening hours.
    """
    with TemporaryDirectory() as folder:
        _manage(folder, "migrate", "--verbosity", "0")
        first, again = _import(folder), _import(folder)
        pairs = {
            "elapsed_minutes": "elapsed_min_london",
            "business_minutes": "biz_min_8_18",
            "paused_business_minutes": "paused_biz_min_8_18",
        }
        wrong = _wrong(folder, pairs, "--hours", OFFICE)
        if not small:
            pairs = {"business_minutes": "biz_min_9_1730_ewhol"}
            wrong += _wrong(folder, pairs, "--hours", SHORTER, "--holidays", "GB-ENG")
    added = again["created"] + again["updated"]
    return [
        at_most("import: 28,499 events", first["seconds"], "s", 15),
        at_most("import: again, all 4,000 known", again["seconds"], "s", 15),
        at_most("import: added by the second run", added, "snags", 0),
        at_most("import: held back", len(first["held_back"]), "reasons", 0),
        at_most("import: times that are not as expected", wrong, "cells", 0),
    ]


def _import(folder: str) -> dict[str, float]:
    options = ("--profile", "servicenow-event-log", "--timezone", "Europe/London")
    said = _manage(folder, "import_snags", str(LOG), *options, "--json")
    return json.loads(said.splitlines()[-1])


def _wrong(folder: str, pairs: dict[str, str], *options: str) -> int:
    """Count the cells that differ; a snag that is missing counts in full."""
    zone = ("--timezone", "Europe/London")
    said = _manage(folder, "snag_times", "--csv", *options, *zone)
    got = {row["number"]: row for row in csv.DictReader(said.splitlines())}
    return sum(
        got.get(row["number"], {}).get(ours) != row[theirs]
        for row in _expected()
        for ours, theirs in pairs.items()
    )


def _expected() -> Iterator[dict[str, str]]:
    with gzip.open(DATA / "incident_expected.csv.gz", "rt", encoding="utf-8") as file:
        yield from csv.DictReader(file)


def _manage(folder: str, *command: str) -> str:
    """Run a command on servers of its own, whatever the environment points to."""
    apart = {"DATABASE_URL", "REDIS_URL", "OPSDESK_SERVERS"}
    environment = {k: v for k, v in os.environ.items() if k not in apart}
    done = subprocess.run(
        [sys.executable, "manage.py", *command],
        cwd=ROOT,
        env={**environment, "OPSDESK_VAR": folder},
        check=True,
        stdout=subprocess.PIPE,
        text=True,
    )
    return done.stdout


if __name__ == "__main__":
    print(written(run(small="small" in sys.argv[1:])))
