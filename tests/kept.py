"""One company for all tests of a module: built once, what a test does to it undone."""

from contextlib import contextmanager

from django.db import connection, transaction


@contextmanager
def kept(blocker, build):
    """What `build` makes is there until the end, and never committed."""
    with blocker.unblock(), transaction.atomic():
        made = build()
        connection.check_constraints()
        yield made
        transaction.set_rollback(True)


@contextmanager
def undone():
    """Whatever is written meanwhile is gone afterwards."""
    with transaction.atomic():
        yield
        connection.check_constraints()
        transaction.set_rollback(True)
