from collections.abc import Iterable
from typing import Any, Protocol

from django.core.management.base import BaseCommand

from changes.moves import (
    CHANGE_MOVES,
    PACKAGE_MOVES,
    PROMOTION_MOVES,
    TEMPLATE_MOVES,
    ChangeState,
    PackageState,
    PromotionState,
    TemplateState,
)
from snags.moves import MOVES, Status


class Move(Protocol):
    @property
    def verb(self) -> str: ...
    @property
    def sources(self) -> frozenset[Any]: ...
    @property
    def target(self) -> Any: ...


def drawn(moves: Iterable[Move], states: Iterable[str], begin: str) -> str:
    """A life as a Mermaid state diagram; it begins in the first of the states."""
    places = [str(state) for state in states]
    arrows: dict[tuple[str, str], list[str]] = {}
    for move in moves:
        for source in places:
            if source in move.sources and source != move.target:
                arrows.setdefault((source, move.target), []).append(move.verb)
    lines = [
        f"    {source} --> {target}: {', '.join(verbs)}"
        for (source, target), verbs in arrows.items()
    ]
    return "\n".join(["stateDiagram-v2", f"    [*] --> {places[0]}: {begin}", *lines])


def diagrams() -> dict[str, str]:
    """The life of everything that has one, from the only tables of moves."""
    return {
        "a snag": drawn(MOVES.values(), Status, "raise"),
        "a change": drawn(CHANGE_MOVES.values(), ChangeState, "draft"),
        "a package": drawn(PACKAGE_MOVES.values(), PackageState, "draft"),
        "a promotion": drawn(PROMOTION_MOVES.values(), PromotionState, "schedule"),
        "a template": drawn(TEMPLATE_MOVES.values(), TemplateState, "propose"),
    }


class Command(BaseCommand):
    help = "Draw every life that has a table of moves, for docs/architecture.md."

    def handle(self, *args: Any, **options: Any) -> None:
        for name, diagram in diagrams().items():
            self.stdout.write(f"The life of {name}:\n\n{diagram}\n")
