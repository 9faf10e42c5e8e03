"""Replay one snag's events against a policy: the whole rule book as a pure fold.

The services apply the same rules row by row; this fold takes a history at once and
carries the cases taken from other systems. At equal instants a stop counts over a
pause, a pause over a change of priority or policy, and that over the start, whatever
order they come in.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal

from sla.calendars import Hours, Schedule, Timeline, compiled
from sla.clocks import Reading, read
from sla.terms import Interval, Level, Terms, facts_s, level_s, target_s
from sla.walltime import moment_of, seconds_of

Category = Literal["active", "pause", "stop"]
ReopenMode = Literal["resume", "new_cycle", "never"]
KINDS = ("response", "resolution")

EVENT_TYPES = ("created", "policy", "priority", "response", "status", "observe")
CATEGORIES: tuple[Category, ...] = ("active", "pause", "stop")


@dataclass(frozen=True, slots=True)
class Event:
    """One thing that happened. `policy` and `hours` replace what was before.

    New hours count from the start (a correction) unless `amends_from` names the
    instant from which they hold (an amendment).
    """

    at: datetime
    type: str
    status: str | None = None
    policy: Mapping[str, Any] = field(default_factory=dict)
    hours: Hours | None = None
    amends_from: datetime | None = None

    def __post_init__(self) -> None:
        """Refuse an event of an unknown type with a ValueError."""
        if self.type not in EVENT_TYPES:
            raise ValueError(f"There is no event called {self.type!r}.")


@dataclass(frozen=True, slots=True)
class Policy:
    """Targets and the rules by which statuses and answers move the clocks.

    A target is in minutes or working days, never both; None is no promise.
    """

    response_minutes: int | None = None
    response_business_days: int | None = None
    resolution_minutes: int | None = None
    resolution_business_days: int | None = None
    response_pausable: bool = True
    resolve_implies_response: bool = True
    leave_open_is_response: bool = False
    reopen_mode: ReopenMode = "resume"
    pause_statuses: frozenset[str] = frozenset()
    stop_statuses: frozenset[str] = frozenset()
    level: Level | None = None

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> "Policy":
        """Read a policy from JSON values; keys it does not know are left alone."""
        known = {name: data[name] for name in cls.__slots__ if name in data}
        for name in ("pause_statuses", "stop_statuses"):
            known[name] = frozenset(known.get(name) or ())
        known["level"] = _level(known.get("level"))
        return cls(**known)

    def category(self, status: str | None) -> Category:
        """What a status does to the clocks; only its category counts (R5)."""
        if status in self.stop_statuses:
            return "stop"
        return "pause" if status in self.pause_statuses else "active"

    def target(self, kind: str) -> tuple[int | None, int | None]:
        """Return the target of a kind in seconds, or in working days, or neither."""
        response = kind == "response"
        minutes = self.response_minutes if response else self.resolution_minutes
        days = (
            self.response_business_days if response else self.resolution_business_days
        )
        return None if minutes is None else minutes * 60, days


@dataclass(frozen=True, slots=True)
class History:
    """What the events of a snag leave behind, up to the last of them."""

    start: datetime
    at: datetime
    policy: Policy
    calendar: Schedule
    status_category: Category
    pauses: tuple[Interval, ...]
    responded_at: datetime | None
    stopped_at: datetime | None
    cycle_start: datetime

    def terms(self, kind: str) -> Terms | None:
        """Return the terms of the response or resolution clock; None: no promise.

        A snag that is stopped unanswered also ends the wait for an answer.
        """
        seconds, days = self.policy.target(kind)
        if not seconds and not days:
            return None
        response = kind == "response"
        answered = self.responded_at or self.stopped_at
        pausable = self.policy.response_pausable or not response
        return Terms(
            start=self.start if response else self.cycle_start,
            seconds=seconds,
            business_days=days,
            calendar=self.calendar,
            pauses=self.pauses if pausable else (),
            stopped_at=answered if response else self.stopped_at,
        )

    def reading(self, kind: str) -> Reading | None:
        """Read one clock as of the last event; None without a promise."""
        terms = self.terms(kind)
        return None if terms is None else read(terms, self.at)

    def facts(self) -> dict[str, object]:
        """Return deadlines, durations and verdicts under the names of the vectors."""
        facts: dict[str, object] = {
            "response_at": self.responded_at,
            "resolution_at": self.stopped_at,
            "sla_status": self.verdict(),
        }
        for kind in KINDS:
            facts |= self._facts_of(kind)
        return facts

    def verdict(self) -> str | None:
        """Sum the clocks up in one word; a missed promise outweighs all else."""
        readings = {
            kind: shown for kind in KINDS if (shown := self.reading(kind)) is not None
        }
        if not readings:
            return None
        if any(shown.breached for shown in readings.values()):
            return "failed"
        waiting = [kind for kind, shown in readings.items() if shown.state != "stopped"]
        if not waiting:
            return "fulfilled"
        if self.status_category == "pause":
            return "paused"
        return "first_response_due" if waiting[0] == "response" else "resolution_due"

    def _facts_of(self, kind: str) -> dict[str, object]:
        terms, shown = self.terms(kind), self.reading(kind)
        if terms is None or shown is None:
            return {f"{kind}_{name}": None for name in _FACTS} | {f"{kind}_late": False}
        level = self.policy.level
        values = (
            shown.due_at,
            None if level is None else level_at(terms, level, self.at),
            shown.elapsed_seconds,
            shown.paused_seconds,
            shown.remaining_seconds,
            shown.overdue_seconds,
            shown.breached,
        )
        return {
            f"{kind}_{name}": value for name, value in zip(_FACTS, values, strict=True)
        }


_FACTS = (
    "deadline",
    "level_at",
    "elapsed_seconds",
    "paused_seconds",
    "diff_seconds",
    "late_seconds",
    "late",
)


def replay_ticket(
    policy: Mapping[str, Any], events: Iterable[Event], hours: Hours
) -> History:
    """Fold the events of one snag into its history, ready to be read.

    Raises ValueError without a "created" event or when one comes before it.
    """
    fold = _Fold(dict(policy), hours)
    for event in sorted(events, key=fold.order):
        fold.take(event)
    return fold.history()


class _Fold:
    """The state of a replay while events are taken in their order."""

    def __init__(self, policy: dict[str, Any], hours: Hours) -> None:
        self.data = policy
        self.policy = Policy.from_json(policy)
        self.entries: list[tuple[datetime | None, Hours]] = [(None, hours)]
        self.category: Category = "active"
        self.pauses: list[Interval] = []
        self.start: datetime | None = None
        self.cycle_start: datetime | None = None
        self.at: datetime | None = None
        self.paused_from: datetime | None = None
        self.responded_at: datetime | None = None
        self.stopped_at: datetime | None = None

    def order(self, event: Event) -> tuple[datetime, int, int]:
        """Sort by time, then so that what counts most is taken last."""
        category = self.policy.category(event.status)
        return event.at, EVENT_TYPES.index(event.type), CATEGORIES.index(category)

    def take(self, event: Event) -> None:
        """Apply one event."""
        if (self.start is None) != (event.type == "created"):
            raise ValueError("A history begins with one created event.")
        self.at = event.at
        if event.type == "created":
            self.start = self.cycle_start = event.at
            self._move(self.policy.category(event.status), event.at)
        elif event.type == "response":
            self.responded_at = self.responded_at or event.at
        elif event.type == "status":
            category = self.policy.category(event.status)
            if self._leaves_open(category):
                self.responded_at = self.responded_at or event.at
            self._move(category, event.at)
        self._amend(event)

    def history(self) -> History:
        """Return the outcome; an unfinished pause stays open."""
        if self.start is None or self.at is None or self.cycle_start is None:
            raise ValueError("A history begins with one created event.")
        pauses = list(self.pauses)
        if self.paused_from is not None:
            pauses.append((self.paused_from, None))
        return History(
            start=self.start,
            at=self.at,
            policy=self.policy,
            calendar=_schedule(self.entries),
            status_category=self.category,
            pauses=tuple(pauses),
            responded_at=self.responded_at,
            stopped_at=self.stopped_at,
            cycle_start=self.cycle_start,
        )

    def _amend(self, event: Event) -> None:
        if event.policy:
            self.data |= event.policy
            self.policy = Policy.from_json(self.data)
        if event.hours is not None:
            if event.amends_from is None:
                self.entries = [(None, event.hours)]
            else:
                self.entries.append((event.amends_from, event.hours))

    def _leaves_open(self, category: Category) -> bool:
        return (
            self.policy.leave_open_is_response
            and self.category == "active"
            and category != "active"
        )

    def _move(self, category: Category, at: datetime) -> None:
        """Enter a category: pauses open and close, and the clocks stop or go on."""
        if category != "pause" and self.paused_from is not None:
            self.pauses.append((self.paused_from, at))
            self.paused_from = None
        if self.category == "stop" and category != "stop":
            self._reopen(at)
        if category == "pause" and self.paused_from is None:
            self.paused_from = at
        if category == "stop" and self.stopped_at is None:
            self.stopped_at = at
            if self.policy.resolve_implies_response:
                self.responded_at = self.responded_at or at
        self.category = category

    def _reopen(self, at: datetime) -> None:
        """Go on after a stop, as the policy says (R7)."""
        if self.stopped_at is None or self.policy.reopen_mode == "never":
            return
        if self.policy.reopen_mode == "resume":
            self.pauses.append((self.stopped_at, at))
        else:
            self.cycle_start = at
        self.stopped_at = None


def _schedule(entries: list[tuple[datetime | None, Hours]]) -> Schedule:
    parts = tuple((since, compiled(hours)) for since, hours in entries)
    return parts[0][1] if len(parts) == 1 else Timeline(parts)


def _level(data: Mapping[str, Any] | None) -> Level | None:
    if data is None:
        return None
    minutes = data.get("minutes")
    return Level(
        name="level",
        percent=data.get("percent"),
        seconds_offset=None if minutes is None else minutes * 60,
        days_offset=data.get("business_days"),
    )


def level_at(terms: Terms, level: Level, at: datetime) -> datetime | None:
    """Return the instant of one level, or None while an open pause hides it."""
    start, _, pauses, hold = facts_s(terms, seconds_of(at))
    found = level_s(terms, level, start, target_s(terms, start, pauses), pauses)
    return moment_of(found) if hold is None or found <= hold else None
