"""How rows of the inventory become words, pills and drawings; nothing is read here."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.http import QueryDict
from django.utils import timezone

from environments.impact import Plant, layers, stopped
from environments.models import Server
from environments.queries.impact import risks
from environments.queries.inventory import Board, Tile
from environments.queries.matrix import Cell, Matrix
from environments.queries.page import Page
from environments.queries.upkeep import TaskLine
from environments.wording import Badge, badge, ends
from opsdesk.accounts.access import Role, access_of
from opsdesk.accounts.models import User
from opsdesk.core import charts
from opsdesk.core.wording import moment

SIGNS = {
    "dev_test": "wrench",
    "training": "graduation-cap",
    "production": "database",
    "failover": "shield-check",
}
MARKS = {
    "in_sync": ("", "", ""),
    "absent": ("", "", ""),
    "differs": ("blue", "", "Not as in production"),
    "lagging": ("amber", "hourglass", "Lagging"),
    "out_of_sync": ("red", "triangle-alert", "Out of sync"),
}


@dataclass(frozen=True)
class Mark:
    """A cell of the matrix: version, tone, icon and what stands below it."""

    text: str
    tone: str
    icon: str
    note: str
    since: datetime | None


def board(row: Board, now: datetime) -> dict[str, Any]:
    """A landscape's lanes, each tile with its pill."""
    return {
        "landscape": row.landscape,
        "missing": row.missing,
        "retired": row.retired,
        "lanes": [
            {
                "kind": lane.kind,
                "label": lane.label,
                "icon": SIGNS[lane.kind],
                "tiles": [
                    {"tile": tile, "parity": _parity(tile, now)} for tile in lane.tiles
                ],
            }
            for lane in row.lanes
        ],
    }


def page(row: Page, now: datetime) -> dict[str, Any]:
    """The head's facts and what runs there, each with how it stands."""
    lines = [{"place": each, "mark": _mark(each.cell, now)} for each in row.places]
    return {"row": row, "icon": SIGNS[row.environment.kind], "lines": lines}


def grid(row: Matrix, now: datetime) -> dict[str, Any]:
    """A landscape's matrix, its cells as marks."""
    return {
        "landscape": row.landscape,
        "heads": [(each, SIGNS[each.kind]) for each in row.environments],
        "lines": [
            (line.component, [_mark(cell, now) for cell in line.cells])
            for line in row.lines
        ],
    }


def tasks(lines: Iterable[TaskLine], user: User, now: datetime) -> list[dict[str, Any]]:
    """Maintenance with who may say that it is done."""
    is_manager = access_of(user).has(Role.MANAGER)
    return [
        {
            "line": line,
            "is_overdue": line.is_overdue(now),
            "may_do": line.owed is not None
            and (is_manager or user.pk in {line.owed.owner_id, line.owed.deputy_id}),
        }
        for line in lines
    ]


def ending(rows: Iterable[Any], now: datetime) -> list[tuple[Any, str]]:
    """Licences or certificates with the tone of how soon they end."""
    today = timezone.localdate(now)
    return [(row, ends(row.ends_on, today)) for row in rows]


def impact(plant: Plant, servers: Sequence[Server], asked: QueryDict) -> dict[str, Any]:
    """The drawing, what stops and why, and what each server alone would stop."""
    down_servers = {row.pk for row in servers if str(row.pk) in asked.getlist("server")}
    wanted = asked.getlist("component")
    down_parts = {part.key for part in plant.parts if str(part.key) in wanted}
    reasons = stopped(plant, servers=down_servers, parts=down_parts)
    boxes = [
        [
            charts.Box(
                part.key,
                part.name,
                reasons.get(part.key, f"{len(part.places)} up, needs {part.needs}"),
                is_down=part.key in reasons,
                is_strong=part.is_critical,
                href=_toggled(asked, part.key, down_parts),
            )
            for part in column
        ]
        for column in layers(plant)
    ]
    known = {part.key for part in plant.parts}
    arrows = [
        charts.Arrow(on, key)
        for key, needed in plant.depends_on.items()
        for on in sorted(needed)
        if {key, on} <= known
    ]
    return {
        "graph": charts.graph("What needs what", boxes, arrows),
        "stops": [part.name for part in plant.parts if part.key in reasons],
        "servers": [(row, row.pk in down_servers) for row in servers],
        "parts": [(part, part.key in down_parts) for part in plant.parts],
        "risks": risks(plant, servers),
        "is_asked": bool(down_servers or down_parts),
    }


def _toggled(asked: QueryDict, key: int, down: set[int]) -> str:
    """The same question with one more component down, or one fewer."""
    query = asked.copy()
    query.setlist("component", [str(each) for each in sorted(down ^ {key})])
    return f"?{query.urlencode()}"


def _parity(tile: Tile, now: datetime) -> Badge | None:
    if tile.environment.kind == "production":
        return None
    return badge(tile.standing, tile.differing, now)


def _mark(cell: Cell, now: datetime) -> Mark:
    tone, icon, note = MARKS[cell.standing.state]
    if cell.standing.due_at is not None:
        note = f"Due {moment(cell.standing.due_at, now)}"
    version = cell.version
    text = version.label if version else "–"
    return Mark(text, tone, icon, note, version.since if version else None)
