"""What a package's timeline says: one table from verb to sentence."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from changes.models import PackageEvent
from changes.moves import PackageState
from opsdesk.core.wording import listed, several

TONES: dict[str, str] = {
    PackageState.DRAFT: "slate",
    PackageState.SEALED: "green",
    PackageState.BLOCKED: "red",
    PackageState.WITHDRAWN: "slate",
}
# More names than this are counted instead.
NAMED = 3


@dataclass(frozen=True)
class Told:
    """One line, after the actor's name: a sentence, an icon and its tone, a note."""

    text: str
    icon: str
    tone: str = ""
    note: str = ""


def told(event: PackageEvent) -> Told:
    """The sentence of one event; a verb nobody wrote one for is a bug and raises."""
    params: Mapping[str, Any] = event.params
    note = str(params.get("note", ""))
    paths = list(params.get("paths", ()))
    names = listed(paths) if len(paths) <= NAMED else several(len(paths), "file")
    supersedes = (
        f" to supersede {params['supersedes']}" if params.get("supersedes") else ""
    )
    because = f" because of {params['snag']}" if params.get("snag") else ""
    return {
        "draft": Told(f"drafted it{supersedes}", "plus"),
        "edit": Told("described it anew", "pencil"),
        "upload": Told(f"added {names}", "upload"),
        "declare": Told(f"declared {names}", "file-text"),
        "remove": Told(f"took {names} out", "trash-2"),
        "seal": Told("sealed it", "lock", "green"),
        "block": Told(f"blocked it{because}", "ban", "red", note),
        "unblock": Told("lifted the block", "rotate-ccw", "green", note),
        "withdraw": Told("withdrew it", "undo-2", "", note),
    }[event.verb]
