"""A long list of snags worked through by a few hands, each with its own connection.

While the database writes one hand's rows, the other computes the next.
"""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor, as_completed
from threading import Lock
from time import monotonic

from django.db import connection

from snags.services.clock_batches import Batch

HANDS = 2
# A portion is sized to hold its rows about so long.
PORTION_SECONDS = 0.08
FIRST_PORTION, MIN_PORTION, MAX_PORTION = 250, 100, 2_000

Work = Callable[[list[int]], Batch]


class Portions:
    """Ids dealt out in order, portion after portion, until they or the time are up."""

    def __init__(self, ids: list[int], until: float) -> None:
        self.dealt = 0
        self._ids, self._until = ids, until
        self._size = FIRST_PORTION
        self._lock = Lock()

    def take(self) -> list[int]:
        with self._lock:
            if monotonic() >= self._until:
                return []
            part = self._ids[self.dealt : self.dealt + self._size]
            self.dealt += len(part)
            return part

    def took(self, part: list[int], seconds: float) -> None:
        size = int(len(part) * PORTION_SECONDS / max(seconds, 0.001))
        self._size = min(MAX_PORTION, max(MIN_PORTION, size))

    def stop(self) -> None:
        self._until = 0


def work_through(portions: Portions, work: Work) -> list[Batch]:
    """Have every portion worked on once; what became of each, in any order.

    The first error stops all hands after the portion they are at, and is raised. Inside
    a transaction, whose rows nobody else would see, there is only one hand.
    """
    if connection.in_atomic_block:
        return _by_one(portions, work)
    batches: list[Batch] = []
    with ThreadPoolExecutor(HANDS, "hand") as pool:
        hands = [pool.submit(_by_another, portions, work) for _ in range(HANDS)]
        try:
            for hand in as_completed(hands):
                batches += hand.result()
        except BaseException:
            portions.stop()
            raise
    return batches


def _by_one(portions: Portions, work: Work) -> list[Batch]:
    batches = []
    while part := portions.take():
        began = monotonic()
        batches.append(work(part))
        portions.took(part, monotonic() - began)
    return batches


def _by_another(portions: Portions, work: Work) -> list[Batch]:
    try:
        return _by_one(portions, work)
    finally:
        connection.close()
