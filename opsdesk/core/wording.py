"""How lengths of time, instants, sizes and counts are written, everywhere the same.

Plain functions, so that a view can prepare a row's strings once instead of a template
formatting them cell by cell. static/opsdesk/js/wording.js says the same in a browser.
"""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Literal

from django.utils import timezone

DAY = 86_400
State = Literal["breached", "risk", "ok", "paused", "met", "none"]
WORDS: dict[str, str] = {
    "breached": "over",
    "risk": "left",
    "ok": "left",
    "paused": "paused",
    "met": "met",
    "none": "",
}


@dataclass(frozen=True)
class Deadline:
    """A promise as a pill shows it: how it stands, what is left, when it ends.

    `due_at` makes the figure tick in the browser; None leaves it as it is written.
    """

    state: State
    text: str
    percent: int = 100
    due_at: datetime | None = None
    word: str | None = None

    @property
    def after(self) -> str:
        """The word that follows the figure."""
        return WORDS[self.state] if self.word is None else self.word


def deadline(
    state: State, due_at: datetime | None, now: datetime, *, percent: int = 100
) -> Deadline:
    """The pill of a promise that ends at an instant; no instant, nothing promised."""
    if due_at is None:
        return Deadline("none", "No target", 0)
    text = span((due_at - now).total_seconds())
    ticks = due_at if state in {"breached", "risk", "ok"} else None
    return Deadline(state, text, percent, ticks)


def span(seconds: float) -> str:
    """A length of time in its two largest units: 45 s, 26 m, 1 h 05 m, 2 d 4 h."""
    whole = int(abs(seconds))
    if whole < 60:
        return f"{whole} s"
    minutes, hours = whole // 60 % 60, whole // 3600 % 24
    if whole < 3600:
        return f"{minutes} m"
    if whole < DAY:
        return f"{hours} h {minutes:02} m"
    return f"{whole // DAY} d {hours} h"


def minutes(count: float) -> str:
    """A length given in minutes; hours are not folded into days, which vary."""
    hours, rest = divmod(round(abs(count)), 60)
    return f"{hours} h {rest:02} m" if hours else f"{rest} m"


def ago(at: datetime, now: datetime) -> str:
    """How long ago, in one word and its unit; a date once it is weeks."""
    seconds = (now - at).total_seconds()
    if seconds < 60:
        return "now"
    if seconds < 3600:
        return f"{seconds // 60:.0f} min"
    if seconds < DAY:
        return f"{seconds // 3600:.0f} h"
    if seconds < 14 * DAY:
        return f"{seconds // DAY:.0f} d"
    return day(timezone.localtime(at).date(), timezone.localtime(now).date())


def moment(at: datetime, now: datetime) -> str:
    """An instant in the reader's zone: 09:05 today, Mon 12:30, 2 Mar 09:05."""
    local, today = timezone.localtime(at), timezone.localtime(now).date()
    hour, distance = f"{local:%H:%M}", (local.date() - today).days
    near = {0: "today", -1: "yesterday", 1: "tomorrow"}
    if distance in near:
        return f"{hour} {near[distance]}"
    if -6 <= distance <= 6:
        return f"{local:%a} {hour}"
    return f"{day(local.date(), today)} {hour}"


def full_moment(at: datetime) -> str:
    """An instant without doubt: Monday 23 November 2026, 10:42 GMT."""
    local = timezone.localtime(at)
    return f"{local:%A} {local.day} {local:%B %Y, %H:%M %Z}"


def day(on: date, today: date) -> str:
    """A date: 2 Mar, with the year when it is another one."""
    text = f"{on.day} {on:%b}"
    return text if on.year == today.year else f"{text} {on.year}"


def file_size(count: int) -> str:
    """A size as people say it: 318 KB, 1.4 MB."""
    if count < 1000:
        return f"{count} B"
    size, unit = count / 1000, "KB"
    for larger in ("MB", "GB", "TB"):
        if size < 999.5:
            break
        size, unit = size / 1000, larger
    return (
        f"{size:.1f} {unit}" if size < 9.95 and unit != "KB" else f"{size:.0f} {unit}"
    )


def capped(count: int, cap: int = 100) -> str:
    """A count that was not counted to the end: 99, 100+."""
    return f"{cap}+" if count >= cap else str(count)


def several(count: int, one: str, many: str = "") -> str:
    """A count with its noun: 1 snag, 4 snags."""
    return f"{count:,} {one if count == 1 else many or one + 's'}"


def listed(names: list[str]) -> str:
    """Names in a sentence: A, B and C."""
    if len(names) < 2:
        return "".join(names)
    return f"{', '.join(names[:-1])} and {names[-1]}"
