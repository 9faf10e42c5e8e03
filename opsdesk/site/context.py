"""What every page's frame shows; nothing is read until a page with a frame is drawn."""

from dataclasses import dataclass
from datetime import datetime
from functools import cached_property, lru_cache
from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.template.loader import render_to_string
from django.utils.safestring import SafeString

from opsdesk.accounts.access import access_of
from opsdesk.accounts.models import User
from opsdesk.core.wording import capped, span
from opsdesk.site import nav
from opsdesk.site import shell as shell_facts

THEMES = {"light", "dark"}

LOG_KEY = ("C", "Log a snag")
# What the help dialog lists; every page with a letter adds its "G then letter".
KEYS = (
    ("Mod K", "Search or jump to"),
    ("/", "Filter the list"),
    LOG_KEY,
    ("J / K", "Next or previous row or snag"),
    ("X", "Select the row"),
    ("Enter", "Open the row"),
    ("R", "Reply"),
    ("A", "Approve"),
    ("?", "This help"),
)


@dataclass(frozen=True)
class Jump:
    """A page one can go to from anywhere."""

    url: str
    sign: str
    label: str
    keys: str


class Frame:
    """Navigation, counts and the page's `now` for one person on one page.

    A view that has counted anyway may set `request.shell_counts`, by route name.
    """

    def __init__(self, request: HttpRequest, user: User) -> None:
        self.request, self.user = request, user

    @cached_property
    def facts(self) -> shell_facts.Facts:
        return shell_facts.facts(self.user)

    @property
    def now(self) -> datetime:
        return self.facts.now

    @property
    def waiting(self) -> int:
        return self.facts.waiting

    @property
    def unread(self) -> str:
        """What waits in the inbox, as the bell says it."""
        return capped(self.waiting)

    @property
    def organisation(self) -> str:
        return settings.ORGANISATION_NAME or self.facts.organisation

    @cached_property
    def groups(self) -> list[nav.Group]:
        counted = getattr(self.request, "shell_counts", {})
        counts = {"core:inbox": self.waiting, **counted}
        return nav.navigation(access_of(self.user), self.request.path, counts)

    @cached_property
    def tabs(self) -> list[nav.Link]:
        return nav.tabs(self.groups)

    @cached_property
    def log_url(self) -> str:
        return nav.log_url(access_of(self.user)) or ""

    @property
    def palette(self) -> SafeString:
        return _drawn("ui/_palette.html", self._jumps, self.log_url)

    @property
    def help(self) -> SafeString:
        """The keyboard's map; says where single keys are switched on and off."""
        return _drawn("ui/_help.html", self._jumps, "", self.user.shortcuts)

    @cached_property
    def _jumps(self) -> tuple[Jump, ...]:
        links = (link for group in self.groups for link in group.links)
        return tuple(
            Jump(link.url, link.entry.icon, link.entry.label, link.keys)
            for link in links
        )

    @property
    def staleness(self) -> str:
        """A sentence when the timers have stopped; nothing while all is well."""
        silence = self.facts.silent_for
        if silence is None:
            return ""
        if self.facts.ticked_at is None:
            said = "The timers have never run: no worker has been started."
        else:
            said = f"The timers have not run for {span(silence.total_seconds())}."
        return (
            f"{said} Deadlines on screen are right, but nobody is being told of new"
            " breaches."
        )


def shell(request: HttpRequest) -> dict[str, Any]:
    """The frame of a page, and what its first paint depends on: the theme."""
    user = getattr(request, "user", None)
    return {
        "theme": _theme(request, user),
        "organisation": settings.ORGANISATION_NAME,
        "frame": Frame(request, user) if isinstance(user, User) else None,
    }


@lru_cache(maxsize=256)
def _drawn(
    template: str, jumps: tuple[Jump, ...], log_url: str, letters: object = None
) -> SafeString:
    """A dialog that is the same for everybody with the same pages: drawn once."""
    context = {"jumps": jumps, "log_url": log_url, "letters": letters, "keys": KEYS}
    return render_to_string(template, context)


def _theme(request: HttpRequest, user: object) -> str:
    """This device's choice, else the person's, else the device's own setting."""
    chosen = request.COOKIES.get("theme", "")
    theme: str = chosen if chosen in THEMES else getattr(user, "theme", "")
    return theme if theme in THEMES else ""
