"""Which version of what runs where, now or at an instant."""

from collections.abc import Iterable
from datetime import datetime

from django.db.models import QuerySet

from environments.models import Component, Environment, Installation


def installed(
    environment: Environment, at: datetime | None = None
) -> dict[int, Installation]:
    """What the environment runs (or ran at an instant), by component id."""
    rows = _at(Installation.objects.filter(environment=environment), at)
    return {row.component_id: row for row in rows.order_by("component_id")}


def installed_in(
    environments: Iterable[Environment],
) -> dict[int, dict[int, Installation]]:
    """What each environment runs now: by environment id, then by component id."""
    rows = _at(Installation.objects.filter(environment__in=environments), None)
    rows = rows.select_related("component")
    found: dict[int, dict[int, Installation]] = {}
    for row in rows.order_by("environment_id", "component_id"):
        found.setdefault(row.environment_id, {})[row.component_id] = row
    return found


def running(
    component: Component, environments: Iterable[Environment]
) -> frozenset[int]:
    """The ids of those environments that run it now, in whatever version."""
    rows = Installation.objects.filter(environment__in=environments)
    here = _at(rows.filter(component=component), None).order_by("environment_id")
    return frozenset(here.values_list("environment_id", flat=True))


def history(environment: Environment) -> QuerySet[Installation]:
    """Every version the environment has had, the latest first."""
    return (
        Installation.objects.filter(environment=environment)
        .select_related("component", "recorded_by")
        .order_by("-during", "-pk")
    )


def _at(rows: QuerySet[Installation], at: datetime | None) -> QuerySet[Installation]:
    if at is None:
        return rows.filter(during__upper_inf=True)
    return rows.filter(during__contains=at)
