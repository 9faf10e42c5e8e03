"""The map people see: which pages the side bar offers to whom.

A row appears once its route exists and the person is admitted there; whoever adds a
page adds a row here and nothing else.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache

from django.urls import NoReverseMatch, resolve, reverse

from changes.permissions import TESTERS
from opsdesk.accounts.access import INTERNAL, Access, Role
from opsdesk.core.policy import policy_of


@dataclass(frozen=True)
class Entry:
    """One row: its group, what it says, where it goes, whom it is meant for.

    `roles` narrows what the route's own policy admits; empty means whoever is admitted.
    `key` is the letter after G; `tab` puts it on a phone's bar, lowest first.
    """

    group: str
    label: str
    icon: str
    url_name: str
    roles: frozenset[str] = frozenset()
    key: str = ""
    tab: int = 0
    short: str = ""


@dataclass(frozen=True)
class Link:
    """An entry as one person sees it on one page."""

    entry: Entry
    url: str
    is_current: bool
    count: int = 0
    is_hot: bool = False

    @property
    def keys(self) -> str:
        return f"G {self.entry.key.upper()}" if self.entry.key else ""

    @property
    def tab_label(self) -> str:
        return self.entry.short or self.entry.label


@dataclass(frozen=True)
class Group:
    label: str
    links: list[Link]


OUTSIDE = frozenset({str(Role.REPORTER)})
SUPPLIER = frozenset({str(Role.SUPPLIER)})

ENTRIES = (
    Entry("", "Inbox", "inbox", "core:inbox", key="i", tab=2),
    Entry(
        "Resolve",
        "Snaglists",
        "list-checks",
        "snags:list",
        INTERNAL,
        key="s",
        tab=1,
        short="Snags",
    ),
    Entry(
        "Resolve",
        "My reports",
        "message-square",
        "snags:mine",
        OUTSIDE,
        key="m",
        tab=1,
        short="Reports",
    ),
    Entry(
        "Resolve",
        "Handed to us",
        "building-2",
        "snags:handed",
        SUPPLIER,
        key="h",
        tab=1,
        short="Snags",
    ),
    Entry("Resolve", "Processes", "rows-3", "snags:processes"),
    Entry("Change", "Change requests", "file-text", "changes:list", key="c"),
    Entry("Change", "Approvals", "user-check", "changes:approvals", key="a"),
    Entry("Change", "My tests", "clipboard-check", "changes:my_tests", TESTERS),
    Entry("Change", "Packages", "database", "changes:packages"),
    Entry("Change", "Promotions", "rocket", "changes:board", key="p"),
    Entry("Change", "Environments", "server", "environments:list", key="e"),
    Entry("Change", "Change calendar", "calendar-clock", "environments:calendar"),
    Entry("Change", "Monitoring", "activity", "monitoring:board", key="w"),
    Entry(
        "Assure",
        "SLA dashboard",
        "gauge",
        "sla:dashboard",
        key="d",
        tab=3,
        short="SLA",
    ),
    Entry("Assure", "Contracts & suppliers", "handshake", "sla:contracts", key="k"),
    Entry("Assure", "Calendars", "calendar-days", "sla:calendars"),
    Entry("Enable", "Training", "graduation-cap", "training:list", key="t"),
    Entry("Administer", "People", "users", "accounts:people", key="u"),
    Entry("Administer", "Parties", "building-2", "accounts:parties"),
    Entry("Administer", "Outbox", "send", "core:outbox"),
)


def navigation(
    access: Access, path: str, counts: dict[str, int] | None = None
) -> list[Group]:
    """The groups a person sees, the current page marked, empty groups left out."""
    offered = [(entry, url) for entry in ENTRIES if (url := _open_to(access, entry))]
    current = max((url for _, url in offered if _holds(url, path)), key=len, default="")
    groups: dict[str, list[Link]] = {}
    for entry, url in offered:
        count = (counts or {}).get(entry.url_name, 0)
        link = Link(entry, url, url == current, count, entry.url_name in HOT)
        groups.setdefault(entry.group, []).append(link)
    return [Group(label, links) for label, links in groups.items()]


# A count on one of these wants attention.
HOT = frozenset({"core:inbox"})


def tabs(groups: list[Group]) -> list[Link]:
    """The few entries that fit a phone's bar, in their order."""
    first: dict[int, Link] = {}
    for link in (link for group in groups for link in group.links):
        if link.entry.tab:
            first.setdefault(link.entry.tab, link)
    return [first[place] for place in sorted(first)]


def log_url(access: Access) -> str | None:
    """Where this person reports something new: the worker's form or the plain one."""
    names = ("snags:new", "snags:report") if access.is_internal else ("snags:report",)
    return next((url for name in names if (url := _admits(access, name))), None)


@cache
def address(url_name: str) -> str | None:
    """A page's address; None while that page does not exist."""
    try:
        return reverse(url_name)
    except NoReverseMatch:
        return None


def _open_to(access: Access, entry: Entry) -> str | None:
    if entry.roles and not access.has(*entry.roles):
        return None
    return _admits(access, entry.url_name)


def _admits(access: Access, url_name: str) -> str | None:
    """The address, if the route's policy lets this person in."""
    url = address(url_name)
    if url is None:
        return None
    rule = policy_of(_view(url), url_name)
    admitted = rule is not None and (not rule.roles or access.has(*rule.roles))
    return url if admitted else None


@cache
def _view(url: str) -> Callable[..., object]:
    return resolve(url).func


def _holds(url: str, path: str) -> bool:
    """Is the page at this address, or below it?"""
    return path == url if url == "/" else path.startswith(url)
