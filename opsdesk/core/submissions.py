"""One POST, one effect: claims on form tokens and API Idempotency-Keys."""

from datetime import timedelta

from django.db import OperationalError, connection
from psycopg2 import errors

from opsdesk.accounts.models import User
from opsdesk.core import clock
from opsdesk.core.errors import RuleError
from opsdesk.core.models import Submission

MAX_KEY = 240
LONGEST_LOCATION = 500
KEPT_FOR = timedelta(days=2)


class KeyReusedError(RuleError):
    """The same key came with another request."""

    code = "idempotency_key_reused"
    status = 422


class StillRunningError(RuleError):
    """The first submission has not ended, and the second waited long enough."""

    code = "still_running"


def claim(actor: User, key: str, digest: str) -> Submission | None:
    """Take the key, or return the finished first submission that holds it.

    Must run in the transaction of the effect. A second claim while the first is still
    running waits for it (at most the lock timeout).
    """
    if _took(actor, key, digest):
        return None
    first = Submission.objects.get(actor=actor, key=key)
    if first.digest != digest:
        raise KeyReusedError("This key was already used for another request.")
    return first


def finish(
    actor: User, key: str, *, location: str = "", status: int = 302, body: str = ""
) -> None:
    """Remember the answer that goes with the key."""
    if len(location) > LONGEST_LOCATION:
        location = location.partition("?")[0][:LONGEST_LOCATION]
    Submission.objects.filter(actor=actor, key=key).update(
        location=location, status=status, body=body
    )


def release(actor: User, key: str) -> None:
    """Give the key back: nothing was done."""
    Submission.objects.filter(actor=actor, key=key).delete()


def forget_old(*, limit: int = 10_000) -> int:
    """Drop so many keys past their time."""
    old = Submission.objects.filter(created_at__lt=clock.now() - KEPT_FOR)
    ids = list(old.order_by("created_at").values_list("pk", flat=True)[:limit])
    return Submission.objects.filter(pk__in=ids).delete()[0]


def _took(actor: User, key: str, digest: str) -> bool:
    try:
        with connection.cursor() as cursor:
            cursor.execute(
                "INSERT INTO core_submission (actor_id, key, digest, location, body)"
                " VALUES (%s, %s, %s, '', '') ON CONFLICT DO NOTHING",
                [actor.pk, key, digest],
            )
            return bool(cursor.rowcount)
    except OperationalError as error:
        if isinstance(error.__cause__, errors.LockNotAvailable):
            raise StillRunningError(
                "That was sent before and is still being worked on. Wait a moment."
            ) from error
        raise
