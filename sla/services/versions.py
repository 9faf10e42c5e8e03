"""What writing a version of a calendar or a contract has in common."""

from datetime import datetime, timedelta

from django.db import connection

from opsdesk.accounts.models import User
from opsdesk.core.errors import RuleError, StaleError
from sla.models import (
    CalendarVersion,
    Contract,
    ContractVersion,
    ServiceCalendar,
    TermsChange,
)

Version = CalendarVersion | ContractVersion
MINUTE = timedelta(minutes=1)


def check_latest(latest: Version | None, number: int | None) -> int:
    """The number of the next version; stale when somebody wrote one meanwhile.

    `number` is the last version its author has read; None: locked and read afresh.
    """
    last = latest.number if latest else 0
    if number is not None and number != last:
        raise StaleError(latest)
    return last + 1


def from_when(effective_at: datetime | None, now: datetime) -> datetime:
    """When an amendment begins to count: now, or a later instant somebody names."""
    if effective_at is None:
        return now
    # A form knows whole minutes: the current one counts as now.
    if effective_at < now - MINUTE:
        raise RuleError(
            "An amendment counts from now on or later. Correct the version instead,"
            " if it was wrong from the start.",
            code="in_the_past",
        )
    return max(effective_at, now)


def ask_reason(reason: str) -> None:
    if not reason.strip():
        raise RuleError(
            "Say why: a correction changes what was promised in the past.",
            code="reason_needed",
        )


def correct(wrong: Version | None, right: Version, reason: str) -> None:
    """Put the right version in the place of the wrong one."""
    if wrong is None:
        raise RuleError("That version is not in force any more.", code="not_in_force")
    right.pk = _next_pk(right)
    right.effective_from, right.reason = wrong.effective_from, reason
    # The database holds one version in force from an instant: the old one yields first.
    wrong.replaced_by_id = right.pk
    wrong.save(update_fields=["replaced_by"])
    right.save(force_insert=True)


def announce(mode: str, subject: ServiceCalendar | Contract, actor: User) -> None:
    """Have the running clocks computed again; `snags` pulls this."""
    key = "calendar" if isinstance(subject, ServiceCalendar) else "contract"
    TermsChange.objects.create(mode=mode, actor=actor, **{key: subject})


def _next_pk(row: Version) -> int:
    """A key for a row that its predecessor names before it is there."""
    table = row._meta.db_table  # noqa: SLF001
    with connection.cursor() as cursor:
        cursor.execute("SELECT nextval(pg_get_serial_sequence(%s, 'id'))", [table])
        key: int = cursor.fetchone()[0]
    return key
