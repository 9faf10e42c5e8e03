"""Pages as people get them: the worklist at two sizes, search, dashboard, reporting."""

import gzip
import random
import re
from concurrent.futures import ThreadPoolExecutor
from statistics import median
from time import perf_counter
from urllib.parse import quote

import redis

from benchmarks import words
from benchmarks.databases import Database, copied
from benchmarks.seeding import MANAGER, ONE_DEPARTMENT, ONE_OWNER, OWNERS
from benchmarks.table import Row, at_least, at_most
from benchmarks.web import Served, Visitor, p50, p95, served
from benchmarks.web import static_files as files_of

ROUNDS = 3
REPORTER = OWNERS + 1
LIST = "/snags/"
WORKLISTS = {
    "manager": (MANAGER, LIST),
    "one department": (ONE_DEPARTMENT, LIST),
    "one owner": (ONE_OWNER, f"{LIST}?view=mine"),
}
DASHBOARD = "/sla/?p=golive"  # the go-live was 24 months ago


def worklist(large: Served, fewer: Database, times: int) -> list[Row]:
    """Each person's worklist, asked of both databases in turn."""
    rows, size = [], large.database.name.removeprefix("bench_")
    with served(fewer) as small:
        for who, (person, path) in WORKLISTS.items():
            many, few = large.visitor(person), small.visitor(person)
            _same_length(many, few, path)
            pairs = [_in_turn(many, few, path, times) for _ in range(ROUNDS)]
            half = median(p50(a) / p50(b) for a, b in pairs)
            tail = median(p95(a) / p95(b) for a, b in pairs)
            asked = large.inside.ask("queries", person=person, path=path)
            name = f"worklist, {who}"
            rows += [
                Row(f"{name}: p50", median(p50(a) for a, _ in pairs), "ms", "-", None),
                at_most(f"{name}: p50, {size} vs 10k", half, "x", 1.15),
                at_most(f"{name}: p95, {size} vs 10k", tail, "x", 1.4),
                at_most(f"{name}: queries", len(asked), "", 10),
            ]
    return rows


def _in_turn(
    one: Visitor, other: Visitor, path: str, times: int
) -> tuple[list[float], list[float]]:
    both: tuple[list[float], list[float]] = [], []
    for number in range(times):
        # Whoever comes second finds warmer caches: they change places.
        order = (0, 1) if number % 2 else (1, 0)
        for place in order:
            both[place].append((one, other)[place].get(path).seconds)
    return both


def _same_length(many: Visitor, few: Visitor, path: str) -> None:
    """Warm both up, and make sure that like is compared with like."""
    for _ in range(5):
        shown = [_rows(visitor.get(path).body) for visitor in (many, few)]
    if shown[0] != shown[1] or not shown[0]:
        raise RuntimeError(f"{path} shows {shown} rows.")


def _rows(page: bytes) -> int:
    return len(set(re.findall(rb'href="/snags/(\d+)/"', gzip.decompress(page))))


def search(site: Served, mixes: int) -> list[Row]:
    """Full text over everything, finished too, as two people may see it; warm."""
    mix = _mix(mixes)
    paths = [f"{LIST}?view=all&q={quote(text)}" for _, text in mix]
    times: dict[str, list[float]] = {kind: [] for kind, _ in mix}
    statements: list[float] = []
    for person in (MANAGER, ONE_DEPARTMENT):
        visitor = site.visitor(person)
        for path in (LIST, *paths):
            visitor.get(path)
        for (kind, _), path in zip(mix, paths, strict=True):
            times[kind].append(visitor.get(path).seconds)
        statements += site.inside.ask("sql_times", person=person, paths=paths)
    whole = [each for kind in times.values() for each in kind]
    return [
        at_most("search: page, p95 of the mix", p95(whole), "ms", 80),
        at_most("search: SQL, p95 of the mix", p95(statements), "ms", 40),
        *(
            Row(f"search: page, {kind}, p50", p50(found), "ms", "-", None)
            for kind, found in times.items()
        ),
    ]


def _mix(each: int) -> list[tuple[str, str]]:
    """Equal shares of six kinds of search, each word drawn anew."""
    known, dice = words.vocabulary(), random.Random(2)
    common, medium, rare = known[:12], known[120:600], known[2_000:]
    draw = {
        "common word": lambda n: common[n % len(common)],
        "medium word": lambda _n: dice.choice(medium),
        "rare word": lambda _n: dice.choice(rare),
        "two words": lambda _n: f"{dice.choice(common)} {dice.choice(medium)}",
        "prefix": lambda _n: f"-{dice.choice(rare)}"[1:7],
        "phrase": lambda n: f'"{common[n % 12]} {common[(n + 1 + n // 12) % 12]}"',
    }
    return [(kind, text(n)) for n in range(each) for kind, text in draw.items()]


def suggestion(site: Served, titles: int) -> list[Row]:
    """Similar open snags while a title is being typed, letters at a time."""
    known, dice = words.vocabulary(), random.Random(3)
    times: dict[int, list[float]] = {REPORTER: [], MANAGER: []}
    for person, found in times.items():
        visitor = site.visitor(person)
        for _ in range(titles):
            title = " ".join(
                known[int(words.WORDS ** dice.random()) - 1] for _ in range(5)
            )
            for length in (6, 12, 18, len(title)):
                path = f"/snags/similar/?title={quote(title[:length])}"
                found.append(visitor.get(path).seconds)
    return [
        at_most("suggestion while typing: p95, support", p95(times[MANAGER]), "ms", 40),
        at_most(
            "suggestion while typing: p95, reporter", p95(times[REPORTER]), "ms", 40
        ),
    ]


def dashboard(site: Served, times: int) -> list[Row]:
    """The manager's dashboard over 24 months, with and without the page's cache."""
    visitor = site.visitor(MANAGER)
    cache = redis.from_url(site.database.environment()["REDIS_URL"])
    cold, warm = [], []
    for _ in range(times):
        cache.flushdb()
        cold.append(visitor.get(DASHBOARD).seconds)
        warm.append(visitor.get(DASHBOARD).seconds)
    return [
        at_most("dashboard, 24 months: p95, cold", p95(cold[3:]), "ms", 150),
        at_most("dashboard, 24 months: p95, warm", p95(warm[3:]), "ms", 40),
    ]


def create(source: Database, each: int) -> list[Row]:
    """Report snags through the form, four people at once, in a copy."""
    with copied(source, f"{source.name}_copy") as copy, served(copy) as site:
        people = [site.visitor(REPORTER + n) for n in range(4)]
        with ThreadPoolExecutor(4) as pool:
            rounds = [_report(pool, people, each) for _ in range(ROUNDS)]
    rate = median(each * 4 / seconds for seconds, _ in rounds)
    tail = median(p95(times) for _, times in rounds)
    return [
        at_least("create by POST, 4 clients", rate, "/s", 80),
        at_most("create by POST, 4 clients: p95", tail, "ms", 100),
    ]


def _report(
    pool: ThreadPoolExecutor, people: list[Visitor], each: int
) -> tuple[float, list[float]]:
    forms = list(pool.map(lambda person: _forms(person, each), people))
    began = perf_counter()
    found = pool.map(_send, people, forms)
    times = [seconds for one in found for seconds in one]
    return perf_counter() - began, times


def _forms(person: Visitor, each: int) -> list[list[tuple[str, str]]]:
    return [_filled_in(person) for _ in range(each)]


def _filled_in(person: Visitor) -> list[tuple[str, str]]:
    """The form as it stands on the page, with a title and what happened."""
    page = gzip.decompress(person.get("/snags/report/").body).decode()
    names = ("csrfmiddlewaretoken", "form_token")
    hidden = [
        (name, re.search(rf'name="{name}" value="([^"]+)"', page)[1])  # type: ignore[index]
        for name in names
    ]
    return [
        *hidden,
        ("title", f"Invoice prints twice for {hidden[1][1][:8]}"),
        ("detail", "Printed from the ledger after posting, two pages came out."),
        ("impact", "2"),
        ("urgency", "2"),
        ("environment", "1"),
        ("module", "3"),
        ("kind", "fault"),
        ("sensitivity", "normal"),
    ]


def _send(person: Visitor, forms: list[list[tuple[str, str]]]) -> list[float]:
    return [person.post("/snags/report/", form, expect=302).seconds for form in forms]


def weight(site: Served) -> list[Row]:
    """All a browser fetches for the first worklist, and for the next."""
    visitor = site.visitor(MANAGER)
    visitor.encoding = "br, gzip"
    answer = visitor.get(LIST)
    page = site.visitor(MANAGER).get(LIST)
    files = files_of(visitor, gzip.decompress(page.body).decode())
    first = answer.wire + sum(files.values())
    return [
        at_most("worklist: first visit over the wire", first / 1000, "kB", 80),
        at_most("worklist: next visit over the wire", answer.wire / 1000, "kB", 15),
        Row(
            f"worklist: {len(files)} static files",
            sum(files.values()) / 1000,
            "kB",
            "-",
            None,
        ),
        at_least("worklist: rows without JavaScript", _rows(page.body), "", 50),
    ]
