"""Work that is done by one process at a time, whoever starts it."""

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import connection

# Numbers of the database's advisory locks; each stands for one kind of work.
RECOMPUTE = 7_310_442
ORPHANS = 7_310_443
ROLLUPS = 5_270_311_902
IMPORT = 7_461_220_431


@contextmanager
def alone(lock: int, *, wait: bool = False) -> Iterator[bool]:
    """Hold a lock; False, at once, while another process holds it, or wait for it.

    Goes round the transaction, so that the next one sees what was committed. A killed
    process gives the lock back by dying.
    """
    if wait:
        _ask("SELECT pg_advisory_lock(%s)", lock)
    held = wait or _ask("SELECT pg_try_advisory_lock(%s)", lock)
    try:
        yield held
    finally:
        if held:
            _ask("SELECT pg_advisory_unlock(%s)", lock)


def _ask(statement: str, lock: int) -> bool:
    with connection.cursor() as cursor:
        cursor.execute(statement, [lock])
        return bool(cursor.fetchone()[0])
