"""What the dashboard says around its figures."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.conf import settings
from django.utils import timezone

from opsdesk.core import wording
from sla.models import Priority
from sla.views.asking import Asked
from sla.views.behind import span_of
from snags.buckets import ERROR
from snags.figures import MANY_WEEKS, OLD_DAYS, Board, Decision, Freshness


@dataclass(frozen=True)
class Waiting:
    """A line of "Needs a decision"."""

    url: str
    ref: str
    title: str
    priority: int
    owner: str
    text: str
    tone: str


def head(what: Asked) -> dict[str, Any]:
    """What stands under the page's title."""
    parts = [span_of(what.period)]
    if what.chosen.priority:
        priority = Priority(what.chosen.priority)
        parts.append(f"P{priority.value} {priority.label.lower()}")
    if what.chosen.team:
        parts.append(what.chosen.team.name)
    if what.cut.departments is not None:
        parts.append("your departments")
    return {"span": " · ".join(parts), "as_of": as_of(what.fresh)}


def notes(board: Board, what: Asked) -> dict[str, Any]:
    """What stands beside the figures: how they are meant."""
    golive, now = what.chosen.golive, board.live.total
    day = golive.day if golive else None
    return {
        "zone": settings.TIME_ZONE.replace("_", " "),
        "error": f"{100 * ERROR:.0f}",
        "golive_day": wording.day(day, board.period.last) if day else "",
        "step": _step(len(board.weeks)),
        "curve_step": _step(len(board.curve)),
        "open_note": f"{now.open:,} open · {now.old:,} for {OLD_DAYS} days and longer",
    }


def as_of(fresh: Freshness) -> str:
    """When the figures were counted and how long ago that is."""
    if fresh.as_of is None or fresh.lag_seconds is None:
        return "nothing has been counted yet"
    at = timezone.localtime(fresh.as_of)
    return f"figures as of {at:%H:%M}, {wording.span(fresh.lag_seconds)} ago"


def waiting(board: Board, now: datetime) -> list[Waiting]:
    return [_waiting(decision, now) for decision in board.decisions]


def _waiting(decision: Decision, now: datetime) -> Waiting:
    late = decision.next_due_at is not None and decision.next_due_at < now
    since = decision.next_due_at if late else decision.reported_at
    assert since is not None
    length = wording.span((now - since).total_seconds())
    return Waiting(
        url=decision.url,
        ref=f"SN-{decision.pk}",
        title=decision.title,
        priority=decision.priority,
        owner=decision.owner or "Nobody",
        text=f"{length} over" if late else f"{length} unowned",
        tone="red" if late else "amber",
    )


def _step(weeks: int) -> str:
    return "week" if weeks <= MANY_WEEKS else "four weeks"
