"""Clocks by the hundred thousand: the sweep, real workers, changed opening hours."""

import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from statistics import median, quantiles

from benchmarks.databases import ROOT, Database, copied
from benchmarks.inside import Inside, opened
from benchmarks.seeding import MANAGER, hours
from benchmarks.table import Row, at_least, at_most
from benchmarks.web import Visitor, p95, served

ROUNDS = 3
SOON = 3  # seconds from saying when clocks fall due until the first one does
CELERY = (sys.executable, "-m", "celery", "-A", "opsdesk", "--no-color")
WORKER = (*CELERY, "worker", "-Q", "celery", "-c", "2", "--without-mingle")

# A calendar that is always open, in a contract that does not warn: a clock falls due
# exactly as many seconds after its start as were promised.
ALWAYS = (
    """INSERT INTO sla_servicecalendar (name, description, is_active, version)
    VALUES ('Always', '', true, 1)""",
    """INSERT INTO sla_calendarversion (id, calendar_id, number, hours, holiday_region,
        holiday_names, reason)
    VALUES (100, (SELECT max(id) FROM sla_servicecalendar), 1,
        'HOURS', '', '{}', '')""",
    """INSERT INTO sla_contract (kind, name, party_id, is_active)
    VALUES ('ola', 'Always', 1, true)""",
    """INSERT INTO sla_contractversion (id, contract_id, number, effective_from,
        reopen_mode, reopen_window_days, pause_response, warn_percents, late_minutes,
        compliance_percent, auto_close_days, reason)
    VALUES (100, (SELECT max(id) FROM sla_contract), 1, '2015-01-01', 'resume', 5,
        false, '{}', '{}', 95, 5, '')""",
)
FALL_DUE = """
UPDATE snags_clock SET contract_version_id = 100, timeline = '[[null, 100]]',
    started_at = told.at - target_seconds * interval '1 second', due_at = told.at,
    next_event_at = told.at, next_level = 'breach'
FROM (
    SELECT id AS clock, date_trunc('second', now())
        + interval '{after} seconds' + ({spread}) * interval '1 second' AS at
    FROM (
        SELECT id, row_number() OVER (ORDER BY id) AS n FROM snags_clock
        WHERE contract_version_id <> 100 LIMIT {clocks}
    ) AS numbered
) AS told
WHERE id = told.clock
"""


@dataclass(frozen=True)
class Clocks:
    """Databases by how many clocks run in them."""

    most: Database
    some: Database
    few: Database
    share: float  # 1 at full size

    def of(self, full: int) -> int:
        """That many at full size, as many fewer at a small one."""
        return int(full * self.share)


def sweep(clocks: Clocks) -> list[Row]:
    """A sweep that finds nothing due, with many clocks and few; and after a crowd."""
    crowd = clocks.of(100_000)
    with opened(clocks.most) as many, opened(clocks.few) as few:
        for inside in (many, few):
            inside.ask("sweep", times=20)
        pairs = [
            (median(many.ask("sweep", times=100)), median(few.ask("sweep", times=100)))
            for _ in range(ROUNDS)
        ]
    with copied(clocks.most, "bench_crowd") as copy, opened(copy) as inside:
        _fall_due(copy, crowd, after=-60)
        fired, seconds = inside.ask("fire")
        after = median(inside.ask("sweep", times=20))
    return [
        Row("sweep, nothing due", median(a for a, _ in pairs), "ms", "-", None),
        at_most(
            "sweep, nothing due: many clocks vs few",
            median(a / b for a, b in pairs),
            "x",
            1.5,
        ),
        at_least("sweep: fired of a crowd", fired, "", crowd),
        Row("sweep: clocks fired in one process", fired / seconds, "/s", "-", None),
        at_most("sweep, right after the crowd", after, "ms", 10),
    ]


def events(clocks: Clocks) -> list[Row]:
    """How long after its deadline a breach is on record, by a real worker and beat."""
    seconds, burst = (20, 10_000) if clocks.share == 1 else (8, 2_000)
    rounds = ROUNDS if clocks.share == 1 else 1
    late: list[float] = []
    crowd: list[float] = []
    with copied(clocks.some, "bench_events") as copy:
        _prepare(copy)
        with _running(copy, *WORKER):
            for _ in range(rounds):
                with _running(copy, *_beat(copy)):
                    _await_ticks(copy)
                    late += _watched(copy, 20 * seconds, f"n % {seconds}", seconds)
                    crowd = crowd or _watched(copy, burst, "0", 30)
    return [
        at_least("clock events: on record", len(late), "", rounds * 20 * seconds),
        at_most("clock event: after due, p99", quantiles(late, n=100)[-1], "s", 1.3),
        at_least(f"clock events of a burst of {burst:,}", len(crowd), "", burst),
        at_most(f"clock events of a burst of {burst:,}: last", max(crowd), "s", 5),
    ]


def recompute(clocks: Clocks) -> list[Row]:
    """Other opening hours for all clocks of some snags, while the worklist is read.

    At full size 50,000 snags with six clocks each: what is open among a million.
    """
    wanted = clocks.of(300_000)
    with copied(clocks.most, "bench_recompute") as copy, ExitStack() as stack:
        site = stack.enter_context(served(copy))
        visitor = site.visitor(MANAGER)
        enough = 40 if clocks.share == 1 else 20
        before = _read(visitor, lambda times: len(times) >= enough)
        site.inside.ask("amend", actor=MANAGER)
        with _longest_transaction(copy) as longest, _working(site.inside) as outcome:
            meanwhile = _read(visitor, lambda _times: bool(outcome))
        done, seconds, calls = outcome
        again = site.inside.ask("recompute")[0]
    return [
        at_least("recompute: clocks", done, "", wanted),
        at_most("recompute, per 300,000 clocks", seconds * 300_000 / done, "s", 10),
        Row("recompute: runs of a beat it took", calls, "", "-", None),
        at_most("recompute: longest transaction", max(longest) * 1000, "ms", 250),
        at_most(
            "recompute: worklist p95 meanwhile", p95(meanwhile) / p95(before), "x", 2
        ),
        at_most("recompute: left for a second run", again, "clocks", 0),
    ]


def _prepare(database: Database) -> None:
    always = hours("24x7", "")
    database.execute(*(text.replace("HOURS", always) for text in ALWAYS))


def _fall_due(
    database: Database, clocks: int, *, after: int, spread: str = "0"
) -> None:
    if not database.value("SELECT 1 FROM sla_contractversion WHERE id = 100"):
        _prepare(database)
    database.execute(FALL_DUE.format(clocks=clocks, after=after, spread=spread))


def _watched(
    database: Database, clocks: int, spread: str, patience: int
) -> list[float]:
    """Seconds from deadline to record of clocks that fall due from soon on."""
    known = database.value("SELECT coalesce(max(id), 0) FROM snags_clockevent")
    _fall_due(database, clocks, after=SOON, spread=spread)
    late = f"FROM snags_clockevent WHERE id > {known}"
    deadline = time.monotonic() + SOON + patience + 30
    while time.monotonic() < deadline:
        time.sleep(0.5)
        if database.value(f"SELECT count(*) {late}") >= clocks:
            break
    seconds = "array_agg(extract(epoch FROM detected_at - due_at)::float)"
    return list(database.value(f"SELECT {seconds} {late}") or ())


def _beat(database: Database) -> tuple[str, ...]:
    schedule = _folder(database) / f"beat-{database.name}"
    return (*CELERY, "beat", "--schedule", str(schedule))


def _await_ticks(database: Database) -> None:
    deadline = time.monotonic() + 60
    fresh = "SELECT at > clock_timestamp() - interval '1.5 seconds' FROM core_heartbeat"
    while not database.value(f"{fresh} WHERE name = 'tick'"):
        if time.monotonic() > deadline:
            raise RuntimeError("Worker and beat do not tick.")
        time.sleep(0.2)


@contextmanager
def _running(database: Database, *command: str) -> Iterator[None]:
    environment = database.environment(OPSDESK_MAIL_URL="dummymail://")
    log = _folder(database) / f"{command[6]}-{database.name}.log"
    with log.open("w") as file:
        process = subprocess.Popen(
            command, cwd=ROOT, env=environment, stdout=file, stderr=file
        )
        try:
            yield
        finally:
            process.terminate()
            process.wait(60)


def _folder(database: Database) -> Path:
    return Path(database.environment()["OPSDESK_VAR"])


def _read(visitor: Visitor, is_over: Callable[[list[float]], bool]) -> list[float]:
    times: list[float] = []
    while len(times) < 20 or not is_over(times):
        times.append(visitor.get("/snags/").seconds)
        time.sleep(0.2)  # some four pages a second: a team at work
    return times


@contextmanager
def _working(inside: Inside) -> Iterator[list[float]]:
    """Recompute beside the block; the list fills when it is done."""
    outcome: list[float] = []
    thread = threading.Thread(
        target=lambda: outcome.extend(inside.ask("recompute")), daemon=True
    )
    thread.start()
    yield outcome
    thread.join()


@contextmanager
def _longest_transaction(database: Database) -> Iterator[list[float]]:
    """Look fifty times a second how old the writing transactions are.

    Autovacuum's are left out: it gives way to whoever waits for it.
    """
    seen, over = [0.0], threading.Event()
    connection = database.connect()
    connection.autocommit = True

    def look() -> None:
        with connection.cursor() as cursor:
            while not over.wait(0.02):
                cursor.execute(
                    "SELECT max(extract(epoch FROM clock_timestamp() - xact_start))"
                    " FROM pg_stat_activity WHERE datname = current_database()"
                    " AND backend_xid IS NOT NULL AND backend_type = 'client backend'"
                )
                seen.append(float(cursor.fetchone()[0] or 0))

    with ExitStack() as stack:
        stack.callback(connection.close)
        thread = threading.Thread(target=look, daemon=True)
        thread.start()
        stack.callback(thread.join)
        stack.callback(over.set)
        yield seen
