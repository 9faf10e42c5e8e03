"""The time engine alone, and against three libraries that do parts of its work.

The calendar is Mon-Fri 09:00-17:30 Europe/London with England's bank holidays. Sides
are measured in turn within one process, three rounds, medians. The libraries live in an
environment of their own under `var/bench-peers`, which the first run makes.
"""

import json
import subprocess
import sys
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from shutil import rmtree
from statistics import median

from holidays import country_holidays

from benchmarks.table import Row, at_least, written
from sla import calendars
from sla.clocks import Terms, due, read

ROOT = Path(__file__).resolve().parent.parent
PEERS = ROOT / "var" / "bench-peers"
PACKAGES = (
    "businesstimedelta==1.0.1",
    "business-duration==0.68",
    "workclock==0.1.2",
    "holidays",
    "tzdata",
)
HOUR, FIVE_YEARS = 3600, 5 * 252 * 30_600
LIMITS = {
    ("deadline", "businesstimedelta"): {"1 h": 30, "40 h": 150, "1 year": 5_000},
    ("elapsed", "businesstimedelta"): {"1 h": 30, "40 h": 150, "1 year": 5_000},
    ("elapsed", "business-duration"): {"1 h": 10, "1 year": 150},
    ("deadline", "workclock"): {"1 h": 1, "1 year": 10},
    ("elapsed", "workclock"): {"1 h": 1, "1 year": 10},
}


def run(small: bool) -> list[Row]:  # noqa: FBT001
    """Measure everything; the libraries only where their environment stands."""
    seconds = 0.05 if small else 0.3
    return [*own_rows(seconds), *peer_rows(seconds)]


def own_rows(seconds: float) -> list[Row]:
    """Rates of the engine in this interpreter."""
    bank = country_holidays("GB", subdiv="ENG", years=range(2024, 2036))
    hours = calendars.Hours.parse("Mon-Fri 09:00-17:30", "Europe/London", bank)
    calendar = calendars.compiled(hours)
    begin = datetime(2026, 1, 5, 10, 7, tzinfo=UTC)
    starts = [begin + n * timedelta(hours=31) for n in range(200)]
    held = [terms(calendar, start, pauses=4) for start in starts]
    soon, at = starts[-1], starts[-1] + timedelta(days=3)
    timeline = calendars.Timeline(((None, calendar),))
    found = in_turn(
        {
            "1 h": lambda: [calendar.deadline(t, HOUR) for t in starts],
            "5 years": lambda: [calendar.deadline(t, FIVE_YEARS) for t in starts],
            "timeline": lambda: [timeline.deadline(t, HOUR) for t in starts],
            "elapsed": lambda: [calendar.elapsed(t, soon) for t in starts],
            "due": lambda: [due(each) for each in held],
            "read": lambda: [read(each, at) for each in held],
        },
        len(starts),
        seconds,
    )
    flat = found["5 years"] / found["1 h"]
    single = found["timeline"] / found["1 h"]
    return [
        at_least("engine: deadline, 1 h", found["1 h"], "/s", 250_000),
        at_least("engine: deadline, 5 years vs 1 h", flat, "x", 0.8),
        at_least("engine: deadline, four pauses", found["due"], "/s", 60_000),
        at_least("engine: timeline of one vs calendar", single, "x", 0.8),
        Row("engine: whole reading, four pauses", found["read"], "/s", "-", None),
        Row("engine: elapsed, 1 to 258 days", found["elapsed"], "/s", "-", None),
        Row("engine: compile a year", compile_ms(hours), "ms", "-", None),
    ]


def terms(calendar: calendars.Calendar, start: datetime, pauses: int) -> Terms:
    """A 40-hour promise with a two-hour pause on each of its first days."""
    hour = timedelta(hours=1)
    held = tuple(
        (start + n * 24 * hour, start + (n * 24 + 2) * hour) for n in range(pauses)
    )
    return Terms(start, 40 * HOUR, None, calendar, held)


def compile_ms(hours: calendars.Hours) -> float:
    """Milliseconds to compile one of sixteen years."""
    began = time.perf_counter()
    begin = datetime(2020, 2, 1, tzinfo=UTC)
    calendars.Calendar(hours).elapsed(begin, begin + timedelta(days=13 * 365))
    return (time.perf_counter() - began) * 1000 / 16


def in_turn(
    work: dict[str, Callable[[], object]], calls: int, seconds: float
) -> dict[str, float]:
    """Median calls per second of each piece of work over three rounds in turn."""
    rounds = [
        {name: rate(once, calls, seconds) for name, once in work.items()}
        for _ in range(3)
    ]
    return {name: median(each[name] for each in rounds) for name in work}


def rate(once: Callable[[], object], calls: int, seconds: float) -> float:
    """Calls per second, once after another for at least this long."""
    once()
    done, began = 0, time.perf_counter()
    while (spent := time.perf_counter() - began) < seconds:
        once()
        done += calls
    return done / spent


def peer_rows(seconds: float) -> list[Row]:
    """Ratios to the other libraries, timed in their interpreter."""
    python = PEERS / "bin" / "python"
    if not python.exists():
        return [Row("engine: other libraries", 0, "not installed", "-", None)]
    script = "import sys; sys.path.insert(0, sys.argv.pop(1)); " + (
        "from benchmarks.engine_peers import main; main(float(sys.argv[1]))"
    )
    done = subprocess.run(
        [str(python), "-c", script, str(ROOT), str(seconds)],
        check=True,
        capture_output=True,
        text=True,
    )
    found = json.loads(done.stdout)
    return [
        at_least(
            f"engine: {kind} vs {peer}, {length}",
            found[length][kind]["opsdesk"] / found[length][kind][peer],
            "x",
            limit,
        )
        for (kind, peer), limits in LIMITS.items()
        for length, limit in limits.items()
    ]


def prepare() -> None:
    """Make the environment of the other libraries; it needs the package index once."""
    python = PEERS / "bin" / "python"
    if python.exists():
        return
    uv = Path(sys.executable).with_name("uv")
    subprocess.run([uv, "venv", "--quiet", PEERS], check=True)
    packages = ["--quiet", "--python", python, *PACKAGES]
    try:
        subprocess.run([uv, "pip", "install", *packages], check=True)
    except subprocess.CalledProcessError:
        # Half an environment would look like a whole one next time.
        rmtree(PEERS)
        raise


if __name__ == "__main__":
    prepare()
    print(written(run(small="small" in sys.argv[1:])))
