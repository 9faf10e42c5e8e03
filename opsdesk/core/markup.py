"""The small pieces every page repeats, as functions: icon, avatar, pills, times.

Templates reach them as tags (templatetags/ui.py); a view that prepares rows may call
them directly. Everything a person typed is escaped here.
"""

from datetime import datetime
from functools import cache
from typing import Protocol

from django.templatetags.static import static
from django.utils.html import format_html
from django.utils.safestring import SafeString

from opsdesk.core import icons, wording
from opsdesk.core.assets import SPRITE

PRIORITIES = {1: "Critical", 2: "High", 3: "Medium", 4: "Low"}
TONES = frozenset({"", "red", "amber", "green", "blue", "violet", "teal", "slate"})
# A state's ring and colour; what is not listed gets a dot in the tone it is given.
STATUSES = {
    "new": "slate",
    "triaged": "slate",
    "in_progress": "amber",
    "waiting": "violet",
    "resolved": "green",
    "closed": "slate",
}
RING = (
    '<svg class="ring" viewBox="0 0 20 20" aria-hidden="true">'
    '<circle class="t" cx="10" cy="10" r="7.5"/>'
    '<circle class="v" cx="10" cy="10" r="7.5" pathLength="100"'
    ' stroke-dasharray="{} 100" transform="rotate(-90 10 10)"/></svg>'
)


NO_TARGET = format_html('<span class="sla none">{}</span>', "No target")


class Person(Protocol):
    """Whoever has a face: users, and what stands for them in tests and imports."""

    name: str

    @property
    def initials(self) -> str: ...

    @property
    def hue(self) -> int: ...


@cache
def icon(name: str, extra: str = "") -> SafeString:
    """A listed icon, hidden from screen readers: the words beside it speak."""
    classes = f"i {extra}".strip()
    return format_html(
        '<svg class="{}" aria-hidden="true"><use href="{}#{}"/></svg>',
        classes,
        static(SPRITE),
        icons.known(name),
    )


def avatar(person: Person | None, size: str = "") -> SafeString:
    """A person's initials on their colour; nobody is a dashed outline. `lg`, `xs`."""
    if person is None or not getattr(person, "name", ""):
        return format_html(
            '<span class="av none {}" title="Nobody yet">{}'
            '<span class="sr">Nobody yet</span></span>',
            size,
            icon("user"),
        )
    return format_html(
        '<span class="av h{} {}" title="{}"><span aria-hidden="true">{}</span>'
        '<span class="sr">{}</span></span>',
        person.hue,
        size,
        person.name,
        person.initials,
        person.name,
    )


def prio(value: int, label: object = None) -> SafeString:
    """A priority's sign: its shape and colour, and its word for whoever cannot see.

    `label` shows the word: True for the usual one, or a text of one's own.
    """
    level = int(value)
    word = label if isinstance(label, str) and label else PRIORITIES[level]
    return format_html(
        '<span class="prio p{}" title="{}">{}<span class="{}">{}</span></span>',
        level,
        f"P{level} {word}",
        icon(f"p{level}"),
        "" if label else "sr",
        word,
    )


def status(value: str, label: str = "", tone: str = "") -> SafeString:
    """A state: ring, colour and word; a state of another app gets a dot in its tone."""
    colour = STATUSES.get(str(value))
    return format_html(
        '<span class="status t-{}">{}<span>{}</span></span>',
        _tone(tone) or colour or "slate",
        icon(f"st-{value}" if colour else "circle-dot"),
        label or str(value).replace("_", " ").capitalize(),
    )


def pill(text: object, tone: str = "", sign: str = "") -> SafeString:
    """A short fact in a tone, with an icon if it is named."""
    return format_html(
        '<span class="pill {}">{}{}</span>',
        _tone(tone),
        icon(sign) if sign else "",
        text,
    )


def sla(promise: wording.Deadline | None) -> SafeString:
    """How a promise stands: ring, figure, word; a running one ticks in the browser."""
    if promise is None:
        return NO_TARGET
    return format_html(
        '<span class="sla {}">' + RING + "{}" + '<span class="w">{}</span></span>',
        promise.state,
        promise.percent,
        _figure(promise),
        promise.after,
    )


def clock_time(at: datetime | None, now: datetime, extra: str = "") -> SafeString:
    """An instant in the reader's zone; the full date is one hover away."""
    if at is None:
        return format_html('<span class="muted">{}</span>', "never")
    return format_html(
        '<time datetime="{}" title="{}" class="{}">{}</time>',
        at.isoformat(),
        wording.full_moment(at),
        extra,
        wording.moment(at, now),
    )


def kbd(keys: str) -> SafeString:
    """A key or a chord; Mod is ⌘ on a Mac and Ctrl elsewhere."""
    if keys.startswith("Mod"):
        return format_html('<kbd data-mod="{0}">Ctrl {0}</kbd>', keys[3:].strip())
    return format_html("<kbd>{}</kbd>", keys)


def _figure(promise: wording.Deadline) -> SafeString:
    if promise.due_at is None:
        return format_html('<span class="num">{}</span>', promise.text)
    return format_html(
        '<time data-count datetime="{}">{}</time>',
        promise.due_at.isoformat(),
        promise.text,
    )


def _tone(tone: str) -> str:
    if tone not in TONES:
        raise LookupError(f"{tone!r} is not a tone; see opsdesk/core/markup.py.")
    return tone
