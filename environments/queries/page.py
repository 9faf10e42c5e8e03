"""One environment as its page shows it."""

from dataclasses import dataclass
from datetime import datetime

from django.db.models import QuerySet

from environments.models import (
    Environment,
    EnvironmentEvent,
    Lease,
    Placement,
    PromotionPath,
    Server,
)
from environments.queries.inventory import version_of
from environments.queries.matrix import Cell, Matrix, matrices
from opsdesk.accounts.models import User


@dataclass(frozen=True)
class Place:
    """A component with the places it has and the version it has there."""

    cell: Cell
    name: str
    code: str
    placements: tuple[Placement, ...]


@dataclass(frozen=True)
class Page:
    environment: Environment
    version: str
    places: tuple[Place, ...]
    servers: tuple[Server, ...]
    lease: Lease | None
    paths: tuple[PromotionPath, ...]


def environments_in_full(user: User) -> QuerySet[Environment]:
    """Each with everything its page names."""
    rows = Environment.objects.visible_to(user).select_related(
        "landscape", "owner", "data_owner", "supplier", "pairs_with", "paused_by"
    )
    return rows.order_by("pk")


def page_of(environment: Environment, at: datetime) -> Page:
    """Everything the page needs but windows, renewals and the timeline."""
    landscape = environment.landscape
    siblings = list(landscape.environments.order_by("kind", "name", "pk"))
    grid = matrices([landscape], siblings, at)[landscape.pk]
    servers = Server.objects.filter(environment=environment).select_related("supplier")
    leases = Lease.objects.filter(environment=environment, ended_at=None)
    paths = PromotionPath.objects.filter(target=environment)
    return Page(
        environment,
        "" if environment.is_retired else version_of(grid, environment),
        _places(grid, environment),
        tuple(servers.order_by("is_retired", "role", "hostname", "pk")),
        leases.select_related("holder").order_by("pk").first(),
        tuple(
            paths.select_related("upstream").order_by(
                "upstream__kind", "package_class", "pk"
            )
        ),
    )


def timeline(environment: Environment) -> QuerySet[EnvironmentEvent]:
    """What was done to it, the latest first."""
    rows = EnvironmentEvent.objects.filter(environment=environment)
    return rows.select_related("actor").order_by("-at", "-pk")


def _places(grid: Matrix, environment: Environment) -> tuple[Place, ...]:
    """The components that are placed or installed there."""
    rows = Placement.objects.filter(environment=environment).select_related("server")
    placed: dict[int, list[Placement]] = {}
    for row in rows.order_by("server__hostname", "pk"):
        placed.setdefault(row.component_id, []).append(row)
    if environment not in grid.environments:
        return ()
    place = grid.environments.index(environment)
    found = [
        Place(
            line.cells[place],
            line.component.name,
            line.component.code,
            tuple(placed.get(line.component.pk, ())),
        )
        for line in grid.lines
    ]
    return tuple(each for each in found if each.placements or each.cell.version)
