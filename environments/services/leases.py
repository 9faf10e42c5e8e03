"""One operation at a time in an environment: taken, given back, watched, never lost."""

from datetime import datetime

from django.db import transaction

from environments.models import Environment, Lease
from environments.services.rows import locked, locked_by_id, log
from opsdesk.accounts.access import Role, people_with
from opsdesk.accounts.models import User
from opsdesk.core import clock
from opsdesk.core.errors import RuleError
from opsdesk.core.services.outbox import Note, notify


@transaction.atomic
def take(
    environment: Environment,
    *,
    kind: str,
    label: str,
    url: str,
    holder: User,
    expected_end_at: datetime | None,
) -> Lease:
    """Take an environment for one operation; the caller has judged who may.

    Raises RuleError, code "lease", naming who has it, while somebody else works on it.
    """
    environment = locked(environment)
    other = (
        Lease.objects.filter(environment=environment, ended_at__isnull=True)
        .select_related("holder")
        .first()
    )
    if other is not None:
        raise RuleError(
            f"{other.holder} is at work on {environment}: {other.label}.", code="lease"
        )
    at = clock.now()
    lease = Lease.objects.create(
        environment=environment,
        kind=kind,
        label=label,
        url=url,
        holder=holder,
        started_at=at,
        expected_end_at=expected_end_at,
    )
    log(environment, "lease_taken", actor=holder, at=at, kind=kind, label=label)
    return lease


@transaction.atomic
def end(lease: Lease, *, actor: User) -> Lease:
    """Give the environment back; ending it again changes nothing."""
    environment = locked_by_id(lease.environment_id)
    rows = Lease.objects.select_for_update(of=("self",))
    lease = rows.get(pk=lease.pk)
    if lease.ended_at is not None:
        return lease
    lease.ended_at = clock.now()
    lease.save(update_fields=["ended_at"])
    log(
        environment,
        "lease_ended",
        actor=actor,
        at=lease.ended_at,
        kind=lease.kind,
        label=lease.label,
    )
    return lease


@transaction.atomic
def warn_overdue() -> int:
    """Say once that an operation should have ended; ends none. Returns how many."""
    at = clock.now()
    rows = (
        Lease.objects.filter(
            ended_at__isnull=True, warned_at__isnull=True, expected_end_at__lt=at
        )
        .select_related("holder", "environment")
        .order_by("pk")
        .select_for_update(of=("self",), skip_locked=True)
    )
    late = list(rows)
    for lease in late:
        people = [lease.holder, *people_with(Role.ADMINISTRATOR)]
        notify(people, _late_note(lease))
    return Lease.objects.filter(pk__in=[row.pk for row in late]).update(warned_at=at)


def _late_note(lease: Lease) -> Note:
    return Note(
        key=f"lease-late-{lease.pk}",
        title=f"{lease.environment} is still taken: {lease.label}",
        body=f"{lease.holder} should have finished by now. Nobody else can start there"
        " until it is finished or given up.",
        url=lease.url or lease.environment.get_absolute_url(),
    )
