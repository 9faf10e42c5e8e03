"""What stops when servers or components are down: a pure judgement of one environment.

A component is down where fewer of its places are up than it needs; what does not work
without it follows, and so on. Circles of dependencies end.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Part:
    """A component of the environment: how many of its places must be up.

    A place is the id of a server, or None where nobody has said which.
    """

    key: int
    name: str
    needs: int = 1
    places: tuple[int | None, ...] = ()
    is_critical: bool = False


@dataclass(frozen=True)
class Plant:
    """An environment's parts and, by part, what each does not work without."""

    parts: Sequence[Part]
    depends_on: Mapping[int, Collection[int]] = field(default_factory=dict)


def stopped(
    plant: Plant,
    *,
    servers: Collection[int] = frozenset(),
    parts: Collection[int] = frozenset(),
) -> dict[int, str]:
    """Why each part is down, by its key, when these servers and parts are down."""
    reasons: dict[int, str] = {}
    for part in plant.parts:
        up = [place for place in part.places if place not in servers]
        if part.key in parts:
            reasons[part.key] = "Taken down"
        elif len(up) < part.needs:
            reasons[part.key] = (
                f"{len(up)} of {len(part.places)} up, needs {part.needs}"
            )
    names = {part.key: part.name for part in plant.parts}
    waiting = list(reasons)
    while waiting:
        down = waiting.pop(0)
        for key, needed in plant.depends_on.items():
            if down in needed and key in names and key not in reasons:
                reasons[key] = f"Needs {names[down]}"
                waiting.append(key)
    return reasons


def layers(plant: Plant) -> list[list[Part]]:
    """The parts from left to right: each to the right of what it depends on.

    Within a column they stand as high as what they need, so that few arrows cross.
    In a circle the order is that of the parts; nothing is drawn twice.
    """
    depths: dict[int, int] = {}
    known = {part.key for part in plant.parts}

    def depth(key: int, above: frozenset[int]) -> int:
        if key not in depths:
            needed = (set(plant.depends_on.get(key, ())) & known) - above - {key}
            found = [depth(each, above | {key}) for each in sorted(needed)]
            depths[key] = 1 + max(found, default=-1)
        return depths[key]

    for part in plant.parts:
        depth(part.key, frozenset())
    columns: list[list[Part]] = [
        [] for _ in range(max(depths.values(), default=-1) + 1)
    ]
    for part in plant.parts:
        columns[depths[part.key]].append(part)
    return _level(columns, plant)


def _level(columns: list[list[Part]], plant: Plant) -> list[list[Part]]:
    heights: dict[int, float] = {}
    for column in columns:
        column.sort(key=lambda part: _height(part, plant, heights))
        for place, part in enumerate(column):
            heights[part.key] = place
    return columns


def _height(part: Part, plant: Plant, heights: Mapping[int, float]) -> float:
    """The middle of what a part needs, as far as that is placed already."""
    needed = plant.depends_on.get(part.key, ())
    found = [heights[on] for on in needed if on in heights]
    return sum(found) / len(found) if found else 0.0
