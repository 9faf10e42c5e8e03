"""Which version of each component runs in each environment, and how that stands."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Q
from psycopg2.extras import DateTimeTZRange

from environments import parity
from environments.models import (
    Component,
    Environment,
    Installation,
    Landscape,
)
from environments.parity import Standing, Version
from environments.queries.placing import Places, places_in

Kind = Environment.Kind
# As people walk through them: from where a change is made to where it must not fail.
LANES = (Kind.DEV_TEST, Kind.TRAINING, Kind.PRODUCTION, Kind.FAILOVER)


@dataclass(frozen=True)
class Cell:
    """One component in one environment."""

    environment: Environment
    version: Version | None
    standing: Standing
    is_reference: bool = False


@dataclass(frozen=True)
class Line:
    component: Component
    cells: tuple[Cell, ...]


@dataclass(frozen=True)
class Matrix:
    """A landscape's components down, its environments across."""

    landscape: Landscape
    environments: tuple[Environment, ...]
    lines: tuple[Line, ...]

    def column(self, environment: Environment) -> list[Cell]:
        """Every component of one environment."""
        place = self.environments.index(environment)
        return [line.cells[place] for line in self.lines]


def matrices(
    landscapes: Sequence[Landscape], environments: Sequence[Environment], at: datetime
) -> dict[int, Matrix]:
    """By landscape id; four statements for any number of them."""
    parts = Component.objects.filter(landscape__in=landscapes)
    known = list(parts.select_related("supplier").order_by("kind", "code", "pk"))
    reach = _reach(landscapes, at)
    rows = Installation.objects.filter(environment__in=environments).filter(
        Q(during__upper_inf=True) | Q(during__overlap=reach)
    )
    versions: dict[tuple[int, int], list[Version]] = {}
    for row in rows.order_by("during", "pk"):
        key = row.environment_id, row.component_id
        versions.setdefault(key, []).append(_version(row))
    places = places_in(landscape.pk for landscape in landscapes)
    return {
        landscape.pk: _matrix(
            landscape,
            in_lanes([e for e in environments if e.landscape_id == landscape.pk]),
            [part for part in known if part.landscape_id == landscape.pk],
            _Facts(versions, places, at),
        )
        for landscape in landscapes
    }


def in_lanes(environments: Sequence[Environment]) -> tuple[Environment, ...]:
    """Those in use, in the order people walk through them."""
    used = [each for each in environments if not each.is_retired]
    places = {str(kind): place for place, kind in enumerate(LANES)}
    return tuple(sorted(used, key=lambda each: (places[each.kind], each.name, each.pk)))


@dataclass(frozen=True)
class _Facts:
    versions: dict[tuple[int, int], list[Version]]
    places: Places
    at: datetime

    def produced(
        self, environment: Environment | None, part: Component
    ) -> list[Version]:
        if environment is None:
            return []
        return self.versions.get((environment.pk, part.pk), [])


def _matrix(
    landscape: Landscape,
    environments: tuple[Environment, ...],
    parts: list[Component],
    facts: _Facts,
) -> Matrix:
    production = _reference(environments)
    lines = tuple(
        Line(
            part,
            tuple(_cell(landscape, e, production, part, facts) for e in environments),
        )
        for part in parts
    )
    return Matrix(landscape, environments, lines)


def _reference(environments: Sequence[Environment]) -> Environment | None:
    """What the others are copies of: who serves the business, else production."""
    able = [e for e in environments if e.is_serving or e.kind == Kind.PRODUCTION]
    return max(able, key=lambda each: each.is_serving, default=None)


def _cell(
    landscape: Landscape,
    environment: Environment,
    production: Environment | None,
    part: Component,
    facts: _Facts,
) -> Cell:
    own = facts.versions.get((environment.pk, part.pk), [])
    version = own[-1] if own and own[-1].until is None else None
    if production is None or environment.pk == production.pk:
        standing = parity.IN_SYNC if version else parity.ABSENT
        return Cell(environment, version, standing, is_reference=True)
    kind = Kind.FAILOVER if environment.may_serve else environment.kind
    standing = parity.judge(
        version,
        facts.produced(production, part),
        within=allowance(landscape, kind),
        at=facts.at,
        is_expected=facts.places.hold(environment, part.pk),
    )
    return Cell(environment, version, standing)


def allowance(landscape: Landscape, kind: str) -> timedelta | None:
    """How long a copy may lag; None where it is free to differ."""
    return {
        Kind.FAILOVER: timedelta(hours=landscape.failover_sync_hours),
        Kind.TRAINING: timedelta(days=landscape.training_sync_days),
    }.get(Kind(kind))


def _reach(landscapes: Sequence[Landscape], at: datetime) -> DateTimeTZRange:
    """The longest anybody may lag, back from now."""
    days = [timedelta(days=row.training_sync_days) for row in landscapes]
    hours = [timedelta(hours=row.failover_sync_hours) for row in landscapes]
    return DateTimeTZRange(at - max([*days, *hours, timedelta()]), at, "[]")


def _version(row: Installation) -> Version:
    return Version(row.label, row.sha256, row.during.lower, row.during.upper)
