"""A million snags in minutes: written inside the database, indexes built after."""

import json
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

from holidays import country_holidays

from benchmarks import seeding_sql as sql
from benchmarks import words
from sla.calendars import Hours

VERSION = 7
DEPARTMENTS, OWNERS, REPORTERS = 40, 40, 2_000
MANAGER, ONE_OWNER, ONE_DEPARTMENT = 1, 2, OWNERS + REPORTERS
HANDS = 2  # connections that write side by side

Connect = Callable[[], Any]


@dataclass(frozen=True)
class Shape:
    """How much of what; `promises` is how many pairs of clocks a snag has.

    The dashboard needs its figures counted, which takes longer than all the rest.
    """

    snags: int
    is_all_open: bool = False
    promises: int = 1
    is_counted: bool = False

    @property
    def sizes(self) -> dict[str, object]:
        """What the statements are filled in with."""
        return {
            "snags": self.snags,
            "finished": 0 if self.is_all_open else int(self.snags * 0.95),
            "promises": self.promises,
            "due": sql.FAR if self.is_all_open else sql.SOON,
            "reported": sql.LATELY
            if self.is_all_open
            else sql.LONG_AGO.format(snags=self.snags),
            "stretch": 100 if self.is_all_open else 1,
            "departments": DEPARTMENTS,
            "owners": OWNERS,
            "reporters": REPORTERS,
            "people": OWNERS + REPORTERS,
            "texts": words.TEXTS,
        }


def seed(connect: Connect, shape: Shape, count: Callable[[], object]) -> None:
    """Fill an empty, migrated database; `count` runs beside the last indexes."""
    connection = connect()
    with connection, connection.cursor() as cursor:
        for part in (sql.PEOPLE, sql.PLACES):
            cursor.execute(part.format(**shape.sizes))
        cursor.execute(
            sql.TERMS,
            {
                "office": hours("Mon-Fri 09:00-17:30"),
                "desk": hours("Mon-Fri 07:00-20:00"),
                "stretch": shape.sizes["stretch"],
            },
        )
        cursor.execute(
            "CREATE TABLE bench.words (n int PRIMARY KEY, title text, detail text)"
        )
        cursor.copy_expert("COPY bench.words FROM STDIN", words.table())
        later = _drop_indexes(cursor, "snags_snag", "snags_clock")
    connection.close()
    for statement in (sql.SNAGS, sql.CLOCKS):
        _side_by_side(connect, _parts(statement, shape))
    big = [text for text in later if "USING gin" in text]
    _side_by_side(connect, [text for text in later if text not in big])
    _side_by_side(connect, ["ANALYZE snags_snag", "ANALYZE snags_clock"])
    with ThreadPoolExecutor() as pool:
        counted = pool.submit(count) if shape.is_counted else None
        _side_by_side(connect, [sql.SEQUENCE.format(snags=shape.snags), *big])
        if counted:
            counted.result()


def hours(week: str, region: str = "GB") -> str:
    """Opening hours as they are stored; England's holidays left out, or none."""
    years = range(2020, 2036)
    bank = country_holidays(region, subdiv="ENG", years=years) if region else ()
    return json.dumps(Hours.parse(week, "Europe/London", bank).to_json())


def _parts(statement: str, shape: Shape) -> Iterable[str]:
    step = max(10_000, shape.snags // (HANDS * 4))
    for first in range(1, shape.snags + 1, step):
        last = min(shape.snags, first + step - 1)
        yield statement.format(**shape.sizes, first=first, last=last)


def _side_by_side(connect: Connect, statements: Iterable[str]) -> None:
    def run(statement: str) -> None:
        connection = connect()
        with connection, connection.cursor() as cursor:
            # What is written refers to rows that are there; checking each costs most.
            cursor.execute("SET session_replication_role = replica")
            cursor.execute("SET synchronous_commit = off")
            cursor.execute("SET maintenance_work_mem = '512MB'")
            cursor.execute(statement)
        connection.close()

    with ThreadPoolExecutor(HANDS) as pool:
        list(pool.map(run, statements))


def _drop_indexes(cursor: Any, *tables: str) -> list[str]:
    """Drop indexes no constraint needs and return how to build them again."""
    cursor.execute(sql.INDEXES, [list(tables)])
    found = cursor.fetchall()
    for _, name in found:
        cursor.execute(f'DROP INDEX "{name}"')
    return [definition for definition, _ in found]
