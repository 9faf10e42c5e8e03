"""The four environments of each landscape side by side, and what each is about now."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Prefetch, QuerySet

from environments import parity
from environments.models import Environment, Landscape, Lease, Module
from environments.parity import Standing
from environments.queries import windows
from environments.queries.matrix import LANES, Matrix, matrices
from opsdesk.accounts.models import User


@dataclass(frozen=True)
class Tile:
    """One environment as the board shows it."""

    environment: Environment
    version: str
    standing: Standing
    differing: int
    lease: Lease | None
    windows: windows.Standing


@dataclass(frozen=True)
class Lane:
    """One of the four jobs, and the environments that do it."""

    kind: str
    label: str
    tiles: tuple[Tile, ...]


@dataclass(frozen=True)
class Board:
    """A landscape with its four kinds side by side; an empty one is a gap."""

    landscape: Landscape
    lanes: tuple[Lane, ...]
    retired: tuple[Environment, ...] = ()

    @property
    def missing(self) -> tuple[str, ...]:
        return tuple(lane.label for lane in self.lanes if not lane.tiles)


def boards(user: User, at: datetime) -> list[Board]:
    """Every landscape a person may see, with what is missing from it."""
    rows = list(environments(user))
    modules = Prefetch("modules", Module.objects.in_use().order_by("name"))
    landscapes = Landscape.objects.prefetch_related(modules).order_by("name", "pk")
    grids = matrices(list(landscapes), rows, at)
    leases = {lease.environment_id: lease for lease in _leases(rows)}
    ahead = windows.standings(rows, at)
    return [
        Board(
            landscape,
            _lanes(grids[landscape.pk], leases, ahead),
            tuple(e for e in rows if e.landscape_id == landscape.pk and e.is_retired),
        )
        for landscape in landscapes
    ]


def environments(user: User) -> QuerySet[Environment]:
    return (
        Environment.objects.visible_to(user)
        .select_related("landscape", "owner", "paused_by", "pairs_with")
        .order_by("landscape__name", "kind", "name", "pk")
    )


def _lanes(
    grid: Matrix, leases: dict[int, Lease], ahead: dict[int, windows.Standing]
) -> tuple[Lane, ...]:
    tiles = [
        _tile(grid, each, leases.get(each.pk), ahead[each.pk])
        for each in grid.environments
    ]
    return tuple(
        Lane(
            kind.value,
            str(kind.label),
            tuple(tile for tile in tiles if tile.environment.kind == kind),
        )
        for kind in LANES
    )


def _tile(
    grid: Matrix,
    environment: Environment,
    lease: Lease | None,
    ahead: windows.Standing,
) -> Tile:
    standings = [cell.standing for cell in grid.column(environment)]
    worst = parity.worst(standings)
    differing = sum(each.state == worst.state for each in standings)
    version = version_of(grid, environment)
    return Tile(environment, version, worst, differing, lease, ahead)


def version_of(grid: Matrix, environment: Environment) -> str:
    """The version people mean: of the first critical application, else as noted."""
    place = grid.environments.index(environment)
    for line in grid.lines:
        version = line.cells[place].version
        is_main = line.component.kind == "application" and line.component.is_critical
        if is_main and version is not None:
            return version.label
    return environment.app_version


def _leases(environments: Sequence[Environment]) -> QuerySet[Lease]:
    rows = Lease.objects.filter(environment__in=environments, ended_at=None)
    return rows.select_related("holder").order_by("environment_id")
