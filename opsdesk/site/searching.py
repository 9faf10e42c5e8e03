"""Search across the product, for the palette."""

import re
from dataclasses import dataclass

from snags.queries.searching import search

from opsdesk.accounts.models import User
from snags.models import Snag

MOST = 8
NUMBER = re.compile(r"^(?:SN-?)?(\d{1,18})$", re.IGNORECASE)


@dataclass(frozen=True)
class Hit:
    label: str
    url: str
    icon: str

    def as_json(self) -> dict[str, str]:
        return {"label": self.label, "url": self.url, "icon": self.icon}


def suggest(user: User, text: str) -> list[Hit]:
    """What a person may see that matches, best first; needs two letters."""
    text = text.strip()[:200]
    if len(text) < 2:
        return []
    if number := NUMBER.match(text):
        rows = Snag.objects.visible_to(user).filter(pk=int(number[1]))
        return [_hit(snag) for snag in rows.order_by("pk")]
    return [_hit(snag) for snag in search(user, text)[:MOST]]


def _hit(snag: Snag) -> Hit:
    icon = "circle-check" if snag.is_finished else "list-checks"
    return Hit(f"{snag.ref} {snag.title}", snag.get_absolute_url(), icon)
