"""`make bench`: every promised number in one run, and 1 at the end if one is missed."""

import argparse
import os
import sys
import time
from collections.abc import Callable, Collection, Iterable
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass
from functools import cache

from benchmarks import (
    changes,
    databases,
    engine,
    importing,
    pages,
    starting,
    timers,
    web,
)
from benchmarks.databases import Database
from benchmarks.seeding import Shape
from benchmarks.table import Row, written

SMALL = os.environ.get("BENCH") == "small"
ASKED = 16 if SMALL else 60


@cache
def _many() -> Database:
    name, snags = ("bench_100k", 100_000) if SMALL else ("bench_1m", 1_000_000)
    return databases.prepared(name, Shape(snags, is_counted=True))


@cache
def _few() -> Database:
    return databases.prepared("bench_10k", Shape(10_000))


_open = ExitStack()


@cache
def _site() -> web.Served:
    """The larger one's pages, served once for all parts that only read."""
    return _open.enter_context(web.served(_many()))


def _create() -> list[Row]:
    # Nobody may be connected to what is copied.
    _open.close()
    _site.cache_clear()
    return pages.create(_many(), 15 if SMALL else 120)


@cache
def _running(clocks: int) -> Database:
    # Six on each snag: two each of the desk's, the team's and the supplier's promise.
    shape = Shape(clocks // 6, is_all_open=True, promises=3)
    return databases.prepared(f"bench_{clocks}_clocks", shape)


def _most() -> Database:
    return _running(100_000 if SMALL else 1_000_000)


def _some() -> Database:
    return _running(10_000 if SMALL else 100_000)


def _fewest() -> Database:
    return _running(1_000)


def _clocks() -> timers.Clocks:
    return timers.Clocks(_most(), _some(), _fewest(), share=0.1 if SMALL else 1)


@dataclass(frozen=True)
class Part:
    """What is measured, and what must be there before."""

    measure: Callable[[], list[Row]]
    needs: tuple[Callable[[], object], ...] = ()


PAGES = (_many, web.collect_static)
CLOCKS = (_most, _some, _fewest)
PARTS = {
    "engine": Part(lambda: engine.run(SMALL), (engine.prepare,)),
    "worklist": Part(lambda: pages.worklist(_site(), _few(), ASKED), (*PAGES, _few)),
    "search": Part(lambda: pages.search(_site(), ASKED // 4 if SMALL else 20), PAGES),
    "suggestion": Part(lambda: pages.suggestion(_site(), ASKED // 2), PAGES),
    # At least forty: one slow answer among twenty would be the whole p95.
    "dashboard": Part(lambda: pages.dashboard(_site(), max(ASKED, 43)), PAGES),
    "weight": Part(lambda: pages.weight(_site()), PAGES),
    "create": Part(_create, PAGES),
    "sweep": Part(lambda: timers.sweep(_clocks()), CLOCKS),
    "events": Part(lambda: timers.events(_clocks()), CLOCKS),
    "recompute": Part(
        lambda: timers.recompute(_clocks()), (*CLOCKS, web.collect_static)
    ),
    "promotion": Part(
        lambda: (
            changes.run(past=1_000, trials=4)
            if SMALL
            else changes.run(past=10_000, trials=300)
        ),
        (databases.empty, web.collect_static),
    ),
    "import": Part(lambda: importing.run(small=SMALL), (databases.empty,)),
    "start": Part(starting.run),
    "suite": Part(starting.suite),
}
# A minute and more each, whatever the size.
ONLY_FULL = {"suite"}
# A small run measures these beside the events, which mostly wait for clocks.
BESIDE_EVENTS = ("import", "promotion") if SMALL else ()


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
    _prepare(chosen)
    with _open:
        rows = _measured(chosen)
    print(f"\n{written(rows)}")
    sys.exit(any(row.ok is False for row in rows))


def _prepare(chosen: Iterable[str]) -> None:
    """Have everything there before the first measurement; most of it uses one core."""
    needed = dict.fromkeys(need for name in chosen for need in PARTS[name].needs)
    began = time.perf_counter()
    with ThreadPoolExecutor(2) as pool:
        for done in [pool.submit(need) for need in needed]:
            done.result()
    print(f"preparing: {time.perf_counter() - began:.0f} s", flush=True)


def _measured(chosen: Collection[str]) -> list[Row]:
    """The rows of one part after another, or of some beside the events."""
    beside = [name for name in BESIDE_EVENTS if {name, "events"} <= set(chosen)]
    found: dict[str, list[Row]] = {}
    with ThreadPoolExecutor(1) as pool:
        for name in chosen:
            if name == "events":
                waiting = pool.submit(_rows, name)
                found |= {other: _rows(other) for other in beside}
                found[name] = waiting.result()
            elif name not in beside:
                found[name] = _rows(name)
    return [row for name in chosen for row in found[name]]


def _rows(name: str) -> list[Row]:
    began = time.perf_counter()
    rows = PARTS[name].measure()
    print(f"{name}: {time.perf_counter() - began:.0f} s", flush=True)
    return rows


if __name__ == "__main__":
    main()
