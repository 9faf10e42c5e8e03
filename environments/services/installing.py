"""Which version runs where, from which instant on: one ends as the next begins."""

from datetime import datetime

from django.db import transaction
from psycopg2.extras import DateTimeTZRange

from environments.models import Component, Environment, Installation
from environments.services.rows import keep, locked, log
from opsdesk.accounts.models import User
from opsdesk.core import clock
from opsdesk.core.errors import RuleError

Source = Installation.Source


@transaction.atomic
def record_installation(
    environment: Environment,
    component: Component,
    *,
    label: str,
    sha256: str = "",
    source: str,
    actor: User | None,
    at: datetime | None = None,
    note: str = "",
) -> Installation:
    """The environment runs this version of a component from now on (or since `at`).

    What ran until then ends at the same instant, to the microsecond. The caller has
    judged who may; `at` is for tests, imports and what is told later. Raises RuleError
    when `at` lies ahead or not after the start of what runs now.
    """
    environment = locked(environment)
    if component.landscape_id != environment.landscape_id:
        raise RuleError("That component is of another landscape.", code="bad_component")
    was = _running(environment, component)
    since = _since(was, at)
    if was is not None:
        was.during = DateTimeTZRange(was.during.lower, since)
        was.save(update_fields=["during"])
    made = Installation.objects.create(
        environment=environment,
        component=component,
        label=label,
        sha256=sha256,
        during=DateTimeTZRange(since, None),
        source=source,
        note=note,
        recorded_by=actor,
    )
    log(
        environment,
        "installed",
        actor=actor,
        at=since,
        component=component.name,
        label=label,
        was=was.label if was else "",
        source=source,
    )
    return made


@transaction.atomic
def record_removal(
    environment: Environment, component: Component, *, actor: User | None, note: str
) -> None:
    """The environment runs this component no more, from now on; nothing when it does
    not. The caller has judged who may."""
    environment = locked(environment)
    was = _running(environment, component)
    if was is None:
        return
    at = clock.exact()
    was.during = DateTimeTZRange(was.during.lower, at)
    was.save(update_fields=["during"])
    log(
        environment,
        "removed",
        actor=actor,
        at=at,
        component=component.name,
        label=was.label,
        note=note,
    )


@transaction.atomic
def note_installation(
    environment: Environment,
    *,
    actor: User,
    component: Component,
    label: str,
    sha256: str = "",
    at: datetime | None = None,
    note: str = "",
) -> Installation:
    """An administrator writes down what runs, where no promotion has said so."""
    keep(actor)
    environment = locked(environment)
    known = Installation.objects.filter(environment=environment, component=component)
    return record_installation(
        environment,
        component,
        label=label,
        sha256=sha256,
        source=Source.CORRECTION if known.exists() else Source.BASELINE,
        actor=actor,
        at=at,
        note=note,
    )


def _running(environment: Environment, component: Component) -> Installation | None:
    return Installation.objects.filter(
        environment=environment, component=component, during__upper_inf=True
    ).first()


def _since(was: Installation | None, at: datetime | None) -> datetime:
    now = clock.exact()
    since = at or now
    if since > now:
        raise RuleError("That time lies ahead.", code="bad_time")
    if was is not None and since <= was.during.lower:
        raise RuleError(
            f"{was.label} has been recorded since then; choose a later time.",
            code="bad_time",
        )
    return since
