"""What an environment's parts run on and need, read for the judgement of impact."""

from collections.abc import Collection
from dataclasses import dataclass

from environments.impact import Part, Plant, stopped
from environments.models import Component, Dependency, Environment, Placement, Server


@dataclass(frozen=True)
class Risk:
    """What one server's failure stops, those the business stops without first."""

    server: Server
    stops: tuple[Component, ...]

    @property
    def critical(self) -> int:
        return sum(part.is_critical for part in self.stops)


def plant_of(environment: Environment) -> Plant:
    """What runs there; a place on a server out of use does not count as one."""
    rows = Placement.objects.filter(environment=environment).exclude(
        server__is_retired=True
    )
    places: dict[Component, list[int | None]] = {}
    for row in rows.select_related("component").order_by("component__code", "pk"):
        places.setdefault(row.component, []).append(row.server_id)
    parts = [
        Part(part.pk, part.name, part.needs, tuple(found), part.is_critical)
        for part, found in places.items()
    ]
    needs: dict[int, set[int]] = {}
    keys = [part.key for part in parts]
    pairs = Dependency.objects.filter(component__in=keys, on__in=keys)
    for key, on in pairs.values_list("component_id", "on_id").order_by("pk"):
        needs.setdefault(key, set()).add(on)
    return Plant(parts, needs)


def servers_of(environment: Environment) -> list[Server]:
    rows = Server.objects.filter(environment=environment, is_retired=False)
    return list(rows.order_by("role", "hostname", "pk"))


def risks(plant: Plant, servers: Collection[Server]) -> list[Risk]:
    """What each server alone would stop beyond what is down anyway, worst first."""
    known = {row.pk: row for row in _components(plant)}
    anyway = set(stopped(plant))
    found = [
        Risk(server, _named(known, set(stopped(plant, servers={server.pk})) - anyway))
        for server in servers
    ]
    return sorted(found, key=lambda risk: (-risk.critical, -len(risk.stops)))


def _components(plant: Plant) -> list[Component]:
    keys = [part.key for part in plant.parts]
    return list(Component.objects.filter(pk__in=keys).order_by("pk"))


def _named(known: dict[int, Component], keys: set[int]) -> tuple[Component, ...]:
    rows = [known[key] for key in keys]
    return tuple(sorted(rows, key=lambda row: (not row.is_critical, row.name)))
