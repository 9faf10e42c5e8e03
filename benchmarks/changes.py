"""Promotion among many past changes; and simultaneous acts, each trial by trial."""

import json
import subprocess

from benchmarks.databases import copied, empty
from benchmarks.inside import within
from benchmarks.table import Row, at_least, at_most
from benchmarks.web import p95


def run(*, past: int, trials: int) -> list[Row]:
    """Start promotions, ask for the board, let people press at the same moment."""
    with copied(empty(), "bench_changes") as database:
        done = subprocess.run(
            within("changing", str(past), str(trials)),
            env=database.environment(),
            capture_output=True,
            text=True,
            check=False,
        )
    if done.returncode:
        raise RuntimeError(done.stderr[-2000:])
    found = json.loads(done.stdout.splitlines()[-1])
    start = f"promotion start, {past:,} past changes"
    return [
        at_most(f"{start}: p95", p95(found["starts"]), "ms", 80),
        at_most(f"{start}: queries", found["start_queries"], "", 40),
        at_most("promotion board, no changes: queries", found["board_few"], "", 15),
        at_most("promotion board, many: queries", found["board_many"], "", 15),
        *(
            at_least(f"{name}, right of {trials}", right, "", trials)
            for name, right in found["trials"].items()
        ),
    ]
