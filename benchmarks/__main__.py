"""`make bench`: every promised number in one run, and 1 at the end if one is missed."""

import argparse
import os
import sys
import time
from collections.abc import Callable
from functools import cache

from benchmarks import databases, engine, importing, pages, starting, timers, web
from benchmarks.seeding import Shape
from benchmarks.table import Row, written

SMALL = os.environ.get("BENCH") == "small"


@cache
def _sizes() -> pages.Sizes:
    few = databases.prepared("bench_10k", Shape(10_000))
    name, snags = ("bench_100k", 100_000) if SMALL else ("bench_1m", 1_000_000)
    many = databases.prepared(name, Shape(snags))
    web.collect_static(many)
    return pages.Sizes(many, few, times=20 if SMALL else 60)


@cache
def _clocks() -> timers.Clocks:
    most, some, few = (25_000, 2_500, 250) if SMALL else (250_000, 25_000, 250)
    return timers.Clocks(
        *(
            databases.prepared(
                f"bench_{snags * 4}_clocks", Shape(snags, is_all_open=True, promises=2)
            )
            for snags in (most, some, few)
        ),
        share=0.1 if SMALL else 1,
    )


def _engine() -> list[Row]:
    engine.prepare()
    return engine.run(SMALL)


PARTS: dict[str, Callable[[], list[Row]]] = {
    "engine": _engine,
    "worklist": lambda: pages.worklist(_sizes()),
    "search": lambda: pages.search(_sizes()),
    "suggestion": lambda: pages.suggestion(_sizes()),
    "dashboard": lambda: pages.dashboard(_sizes()),
    "weight": lambda: pages.weight(_sizes()),
    "create": lambda: pages.create(_sizes()),
    "sweep": lambda: timers.sweep(_clocks()),
    "events": lambda: timers.events(_clocks()),
    "recompute": lambda: timers.recompute(_clocks()),
    "import": lambda: importing.run(small=SMALL),
    "start": starting.run,
    "suite": starting.suite,
}
# A minute and more each, whatever the size.
ONLY_FULL = {"suite"}


def main() -> None:
    """Measure the parts asked for, print one table, say whether all was reached."""
    parser = argparse.ArgumentParser(prog="make bench", description=__doc__)
    parser.add_argument("parts", nargs="*", help=", ".join(PARTS))
    chosen = parser.parse_args().parts or [
        part for part in PARTS if not (SMALL and part in ONLY_FULL)
    ]
    if unknown := set(chosen) - set(PARTS):
        parser.error(f"no such part: {', '.join(sorted(unknown))}")
    databases.use()
    rows = []
    for name in chosen:
        began = time.perf_counter()
        rows += PARTS[name]()
        print(f"{name}: {time.perf_counter() - began:.0f} s", flush=True)
    print(f"\n{written(rows)}")
    sys.exit(any(row.ok is False for row in rows))


if __name__ == "__main__":
    main()
