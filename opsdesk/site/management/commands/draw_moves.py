from typing import Any

from django.core.management.base import BaseCommand

from snags.moves import MOVES, Status


def diagram() -> str:
    """The life of a snag as a Mermaid state diagram, from the one table of moves."""
    arrows: dict[tuple[str, str], list[str]] = {}
    for move in MOVES.values():
        for source in Status:
            if source in move.sources and source != move.target:
                arrows.setdefault((source, move.target), []).append(move.verb)
    lines = [
        f"    {source} --> {target}: {', '.join(verbs)}"
        for (source, target), verbs in arrows.items()
    ]
    return "\n".join(["stateDiagram-v2", f"    [*] --> {Status.NEW}: raise", *lines])


class Command(BaseCommand):
    help = "Draw the life of a snag, for docs/architecture.md."

    def handle(self, *args: Any, **options: Any) -> None:
        self.stdout.write(diagram())
