"""The table of rights, read: permissions.csv is written by hand, line by line.

`on` says which object the address names, `gate` whom the route admits at all, `may` who
then succeeds with an object of theirs. Groups of people have short names.
"""

import csv
from dataclasses import dataclass
from pathlib import Path

from tests.proof.world import CAST

FILE = Path(__file__).parent / "permissions.csv"
ANONYMOUS = "nobody signed in"
GROUPS = {
    "nobody": (),
    "all": CAST,
    "world": (*CAST, ANONYMOUS),
    "staff": ("sam", "dee", "mia", "tim", "bea", "ada", "ann", "amy"),
    "desk": ("sam", "dee", "mia"),
}


@dataclass(frozen=True)
class Line:
    """Who may do one method of one route."""

    route: str
    method: str
    on: str
    gate: frozenset[str]
    may: frozenset[str]

    @property
    def is_api(self) -> bool:
        return self.route.startswith("api")

    def __str__(self) -> str:
        return f"{self.method} {self.route} {self.on}".strip()


def lines() -> list[Line]:
    with FILE.open(newline="") as file:
        return [
            Line(
                row["route"],
                row["method"],
                row["on"],
                _people(row["gate"]),
                _people(row["may"]),
            )
            for row in csv.DictReader(file)
        ]


def _people(text: str) -> frozenset[str]:
    names = {name for word in text.split() for name in GROUPS.get(word, (word,))}
    assert names <= {*CAST, ANONYMOUS}, f"Who is that: {text}?"
    return frozenset(names)
