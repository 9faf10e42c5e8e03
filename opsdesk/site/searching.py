"""Search across the product, for the palette."""

from dataclasses import dataclass

from opsdesk.accounts.models import User
from snags.models import Snag
from snags.queries.searching import LONGEST, search

MOST = 8


@dataclass(frozen=True)
class Hit:
    label: str
    url: str
    icon: str

    def as_json(self) -> dict[str, str]:
        return {"label": self.label, "url": self.url, "icon": self.icon}


def suggest(user: User, text: str) -> list[Hit]:
    """What a person may see that matches, best first: a number, or two letters on."""
    text = text.strip()[:LONGEST]
    if len(text) < 2 and not text.isdecimal():
        return []
    return [_hit(snag) for snag in search(user, text, MOST)]


def _hit(snag: Snag) -> Hit:
    icon = "circle-check" if snag.is_finished else "list-checks"
    return Hit(f"{snag.ref} {snag.title}", snag.get_absolute_url(), icon)
