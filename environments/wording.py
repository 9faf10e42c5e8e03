"""What an environment's timeline and its standing are called.

Events store a verb and its parameters; nobody stores prose. Higher apps write verbs of
their own: one that is not in the table is told by its own words.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from environments.models import EnvironmentEvent, Installation
from environments.parity import Standing
from opsdesk.core.wording import listed, moment, several

Params = Mapping[str, Any]
Text = Callable[[Params], str]


@dataclass(frozen=True)
class Saying:
    """How one verb is told after the actor's name, with which icon and tone."""

    text: Text
    icon: str
    tone: str = ""


@dataclass(frozen=True)
class Told:
    """One line of the timeline, ready to show."""

    event: EnvironmentEvent
    text: str
    icon: str
    tone: str


@dataclass(frozen=True)
class Badge:
    """A standing as a pill: its words, tone and icon."""

    text: str
    tone: str
    icon: str


class _Blank(dict[str, Any]):
    """Old events may lack a parameter; the sentence then simply says less."""

    def __missing__(self, key: str) -> str:
        return "…"


def _with(text: str) -> Text:
    return lambda params: text.format_map(_Blank(params))


def _why(text: str) -> Text:
    def told(params: Params) -> str:
        reason = params.get("reason")
        return f"{text}: {reason}" if reason else text

    return told


def _why_of(text: str) -> Text:
    return lambda params: _why(text.format_map(_Blank(params)))(params)


def _fields(text: str) -> Text:
    def told(params: Params) -> str:
        names = [_label(name) for name in params.get("fields", ())]
        return f"{text.format_map(_Blank(params))}: {listed(names)}"

    return told


def _until(text: str) -> Text:
    def told(params: Params) -> str:
        words = text.format_map(_Blank(params))
        ends_on = date.fromisoformat(params["ends_on"])
        return f"{words}, which ends {ends_on.day} {ends_on:%b %Y}"

    return told


def _label(name: str) -> str:
    return LABELS.get(name, name.replace("_", " "))


# What fields are called where their own names are not what people say.
LABELS = {
    "app_version": "the version",
    "is_serving": "whether it serves the business",
    "pairs_with": "what it stands in for",
    "rto_minutes": "how soon it is back",
    "rpo_minutes": "how much it may lose",
    "needs_window": "whether changes need a window",
    "needs_backup": "whether changes need a backup",
    "url": "the address",
    "ram_gb": "memory",
    "disk_gb": "disk",
    "cpus": "CPUs",
    "os": "the operating system",
    "is_retired": "whether it is in use",
    "warranty_until_on": "the end of its warranty",
}


def _installed(params: Params) -> str:
    how = dict(Installation.Source.choices).get(params.get("source", ""), "")
    was = params.get("was")
    text = f"installed {params.get('component', '…')} {params.get('label', '…')}"
    text += f" in place of {was}" if was else ""
    return f"{text} ({how.lower()})" if how else text


def _placed(text: str) -> Text:
    def told(params: Params) -> str:
        server = params.get("server")
        words = text.format_map(_Blank(params))
        return f"{words} on {server}" if server else words

    return told


SAYINGS: dict[str, Saying] = {
    "registered": Saying(_with("registered it"), "plus"),
    "described": Saying(_fields("changed it"), "pencil"),
    "retired": Saying(_why("retired it"), "ban", "red"),
    "quarantined": Saying(_why("quarantined it"), "lock", "amber"),
    "released": Saying(_why("released it"), "check", "green"),
    "paused": Saying(_why("stopped the line"), "pause", "amber"),
    "resumed": Saying(_why("let the line go on"), "play", "green"),
    "server_added": Saying(_with("added the server {server}"), "server"),
    "server_described": Saying(_fields("changed the server {server}"), "server"),
    "placed": Saying(_placed("placed {component}"), "rows-3"),
    "unplaced": Saying(_placed("took away {component}"), "minus"),
    "installed": Saying(_installed, "download", "blue"),
    "removed": Saying(_with("took out {component} {label}"), "undo-2", "red"),
    "certificate_added": Saying(
        _until("noted the certificate of {host}"), "shield-check"
    ),
    "certificate_described": Saying(
        _until("changed the certificate of {host}"), "shield-check"
    ),
    "path_laid": Saying(_with("laid a way in from {upstream} for {package}"), "plus"),
    "path_changed": Saying(
        _with("changed the way in from {upstream} for {package}"), "pencil"
    ),
    "path_dropped": Saying(
        _with("closed the way in from {upstream} for {package}"), "minus"
    ),
    "window_added": Saying(_with("planned {window}"), "calendar-clock", "blue"),
    "window_changed": Saying(_with("changed {window}"), "calendar-clock"),
    "window_cancelled": Saying(_why_of("called off {window}"), "calendar-clock"),
    "lease_taken": Saying(_with("took it for {label}"), "lock", "amber"),
    "lease_ended": Saying(_with("gave it back after {label}"), "check", "green"),
    "task_planned": Saying(_with("planned “{title}”"), "wrench"),
    "task_done": Saying(_with("did “{title}”"), "circle-check", "green"),
}


def tell(event: EnvironmentEvent) -> Told:
    """The sentence of one event."""
    verb = str(event.verb)
    saying = SAYINGS.get(verb) or Saying(_why(verb.replace("_", " ")), "circle-dot")
    return Told(event, saying.text(event.params), saying.icon, saying.tone)


def badge(standing: Standing, count: int, now: datetime) -> Badge | None:
    """How a copy stands against production; nothing where nothing is known."""
    parts = several(count, "component")
    if standing.state == "in_sync":
        return Badge("Matches production", "green", "check")
    if standing.state == "lagging" and standing.due_at is not None:
        due = moment(standing.due_at, now)
        return Badge(f"{parts} to follow by {due}", "amber", "hourglass")
    if standing.state == "out_of_sync":
        return Badge(f"{parts} out of sync", "red", "triangle-alert")
    if standing.state == "differs":
        return Badge(f"{parts} not as in production", "blue", "git-merge")
    return None


def ends(on: date | None, today: date) -> str:
    """How soon something ends: the tone of its date."""
    if on is None:
        return ""
    left = (on - today).days
    return "red" if left < 7 else "amber" if left <= 30 else ""
