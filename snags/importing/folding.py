"""One ticket's rows become one history: steps, pauses, hand-overs and the outcome.

Pure: no database, no clock. Rows count in the order of their times; at equal times in
the order of the file. What the source says of itself (its waits, its resolution, its
verdict) is kept beside what the steps say, never mixed with it.
"""

import hashlib
import json
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from snags.importing.profile import KEEP, PEOPLE, WAITING, Profile
from snags.importing.rows import Row, RowError

Alias = Callable[[str], str]
Span = tuple[int, int | None]

# Waiting for these stops the clocks the business sees.
PAUSING = ("reporter", "change")
SUPPLIER = "supplier"
FINISHED = ("resolved", "closed")
USUAL_PRIORITY = 3  # where the log gives none
# What decides whether two readings of a ticket say the same.
_TOLD = ("caller", "channel", "category", "subcategory", "symptom", "summary")
_TOLD_EACH = ("priority", "impact", "urgency", "group", "assignee", "supplier")


@dataclass(frozen=True, slots=True)
class Step:
    """One line of the timeline; `actor` is a name in the source, None is the system."""

    at: int
    verb: str
    actor: str | None
    params: dict[str, Any]


@dataclass(slots=True)
class History:
    """What a ticket's rows add up to. Instants are seconds since 1970."""

    number: str
    opened_at: int
    reported_at: int
    first_at: int
    last_at: int
    last: Row
    steps: list[Step] = field(default_factory=list)
    waits: list[tuple[int, int | None, str]] = field(default_factory=list)
    pauses: list[tuple[str, int, int | None, str | None]] = field(default_factory=list)
    handovers: list[tuple[str, int, int | None]] = field(default_factory=list)
    stretches: list[Span] = field(default_factory=list)  # resolved until reopened
    answered_at: int | None = None
    closed_at: int | None = None
    state: str = "new"
    owner: str | None = None
    team: str | None = None
    priority: int = USUAL_PRIORITY
    impact: int = 3
    urgency: int = 2
    reopenings: int = 0
    digest: str = ""
    priorities: list[tuple[int, int]] = field(default_factory=list)  # since when which
    notes: Counter[str] = field(default_factory=Counter)

    @property
    def resolved_at(self) -> int | None:
        """When the steps say it was resolved for good; None while it is open."""
        if self.state not in FINISHED:
            return None
        return self.stretches[-1][0]

    def priority_at(self, at: int) -> int:
        """How pressing it was at an instant."""
        found = (which for since, which in reversed(self.priorities) if since <= at)
        return next(found, USUAL_PRIORITY)

    @property
    def names(self) -> set[str]:
        """Everybody whom the history names."""
        values = self.last.values
        people = {step.actor for step in self.steps}
        people |= {self.owner, *(values.get(name) for name in PEOPLE)}
        return {name for name in people if name}


def fold(
    number: str, rows: Sequence[Row], profile: Profile, alias: Alias = str
) -> History:
    """Make one history of the rows of a ticket; raises RowError with the reason.

    `alias` gives the name by which a person is shown.
    """
    told = _in_order(rows, profile)
    opened = next(
        (row.values["opened_at"] for row in reversed(told) if _opened(row)), None
    )
    first, last = told[0].at, told[-1].at
    if first is None or last is None:
        raise RowError("a row has no time")
    start = first if opened is None else opened
    history = History(number, start, min(start, first), first, last, last=told[-1])
    history.notes["duplicate_rows"] = len(rows) - len(told)
    history.digest = _digest(number, start, told)
    walk = _Walk(history, profile, alias)
    for row in told:
        walk.take(row)
    walk.finish()
    return history


class _Walk:
    """The state of a history while its rows are taken."""

    def __init__(self, history: History, profile: Profile, alias: Alias) -> None:
        self.h = history
        self.profile = profile
        self.alias = alias
        self.state = ""
        self.since: int = history.reported_at
        self.by: str | None = None
        self.supplier = ""
        values = history.last.values
        reporter = values.get("logger") or values.get("caller")
        channel = values.get("channel") or "import"
        note = f"{history.number} in {profile.system}"
        self._log(history.reported_at, "raised", reporter, channel=channel, note=note)

    def take(self, row: Row) -> None:
        at = row.at
        assert at is not None
        actor = row.values.get("updated_by") or row.values.get("assignee")
        self._assign(row, at, actor)
        self._prioritise(row, at, actor)
        state = row.state
        if state == KEEP:
            self.h.notes["states_kept"] += 1
            state = self.state or "new"
        self._source_waits(row, at)
        if state != self.state:
            self._leave(state, at, actor, row)
            self._enter(state, at, actor, row)
            self.state, self.since, self.by = state, at, actor

    def finish(self) -> None:
        """Leave open what is open at the last row."""
        self._close_stretch(None)
        self.h.state = self.state
        if self.h.owner is None:
            self.h.owner = self.h.last.values.get("resolver")

    def _assign(self, row: Row, at: int, actor: str | None) -> None:
        owner, team = row.values.get("assignee"), row.values.get("group")
        new_owner = owner is not None and owner != self.h.owner
        new_team = team is not None and team != self.h.team
        if not new_owner and not new_team:
            return
        self.h.owner = owner or self.h.owner
        self.h.team = team or self.h.team
        shown = self.alias(owner) if owner else team
        self._log(at, "assigned", actor, owner=shown, team=self.h.team)

    def _prioritise(self, row: Row, at: int, actor: str | None) -> None:
        was, now = self.h.priority, row.values.get("priority")
        self.h.impact = row.values.get("impact") or self.h.impact
        self.h.urgency = row.values.get("urgency") or self.h.urgency
        if now is None or now == was:
            return
        self.h.priority = now
        # What its first row says counts from the report.
        since = at if self.state else self.h.reported_at
        self.h.priorities.append((since, now))
        if self.state:
            self._log(at, "prioritised", actor, was=was, now=now)

    def _source_waits(self, row: Row, at: int) -> None:
        """The source's own waiting spans end with its next row, whatever that says."""
        waits = self.h.waits
        if waits and waits[-1][1] is None:
            start, _, label = waits.pop()
            if row.state.startswith(WAITING) and row.label == label:
                waits.append((start, None, label))
                return
            if at > start:
                waits.append((start, at, label))
        if row.state.startswith(WAITING):
            waits.append((at, None, row.label))

    def _leave(self, state: str, at: int, actor: str | None, row: Row) -> None:
        """What ends when another state begins."""
        if self.state == f"{WAITING}{SUPPLIER}":
            supplier = self.supplier
            self._log(at, "handed_back", actor, supplier=supplier)
        elif self.state.startswith(WAITING) and state == "in_progress":
            self._log(at, "resumed", actor, source=row.label)
        elif self.state in FINISHED and state not in FINISHED:
            self.h.reopenings += 1
            self._log(at, "reopened", actor, source=row.label)
        self._close_stretch(at, state)

    def _close_stretch(self, at: int | None, state: str = "") -> None:
        """Write the pause, hand-over or resolved stretch that the last state was."""
        whom = self.state.removeprefix(WAITING) if WAITING in self.state else ""
        if whom in PAUSING and at != self.since:
            self.h.pauses.append((whom, self.since, at, self.by))
        elif whom == SUPPLIER:
            self.h.handovers.append((self.supplier, self.since, at))
        elif self.state in FINISHED and at is not None and state not in FINISHED:
            self.h.stretches[-1] = (self.h.stretches[-1][0], at)
            self.h.closed_at = None

    def _enter(self, state: str, at: int, actor: str | None, row: Row) -> None:
        if state.startswith(WAITING):
            self._wait(state.removeprefix(WAITING), at, actor, row)
        elif state in FINISHED:
            self._end(state, at, actor, row)
        elif state == "in_progress" and self.state in {"", "new", "triaged"}:
            self._log(at, "started", actor, source=row.label)
        elif state != "in_progress" and (self.state or state == "triaged"):
            # The source has no work going on, though it had: it is sorted, no more.
            self._log(at, "triaged", actor, priority=self.h.priority, source=row.label)

    def _wait(self, whom: str, at: int, actor: str | None, row: Row) -> None:
        if whom == SUPPLIER:
            self.supplier = row.values.get("supplier") or self.profile.supplier
            self._log(
                at, "handed_over", actor, supplier=self.supplier, source=row.label
            )
            return
        self._log(at, "waits", actor, waiting_for=whom, source=row.label)
        if whom == "reporter" and self.h.answered_at is None:
            self.h.answered_at = at

    def _end(self, state: str, at: int, actor: str | None, row: Row) -> None:
        if self.state not in FINISHED:
            if state == "closed":
                self.h.notes["closed_unresolved"] += 1
            resolution = row.values.get("resolution") or "answered"
            self._log(at, "resolved", actor, resolution=resolution, source=row.label)
            self.h.stretches.append((at, None))
            self.h.answered_at = self.h.answered_at or at
        if state == "closed":
            self._log(at, "auto_closed", None, source=row.label)
            self.h.closed_at = at
        else:
            # Closed, then resolved again: no work began, so it is not a reopening.
            self.h.closed_at = None

    def _log(self, at: int, verb: str, actor: str | None, **params: Any) -> None:
        kept = {key: value for key, value in params.items() if value is not None}
        if verb == "auto_closed":
            self.h.steps.append(Step(at, verb, None, kept))
        else:
            who = actor or self.h.owner or self.h.last.values.get("resolver") or ""
            self.h.steps.append(Step(at, verb, who, kept))


def _in_order(rows: Sequence[Row], profile: Profile) -> list[Row]:
    """The rows by time, each once; one row for a whole ticket tells its milestones."""
    if "updated_at" not in profile.columns:
        return _milestones(rows[-1])
    if any(row.at is None for row in rows):
        raise RowError("a row has no time")
    seen: set[str] = set()
    told = []
    for row in sorted(rows, key=lambda row: (row.at or 0, row.line)):
        key = json.dumps([row.at, row.label, row.values, row.facts], sort_keys=True)
        if key not in seen:
            seen.add(key)
            told.append(row)
    return told


def _milestones(row: Row) -> list[Row]:
    opened = row.values.get("opened_at")
    if opened is None:
        raise RowError("a ticket has no time at which it was opened")
    times = [(opened, "new")]
    for name, state in (("resolved_at", "resolved"), ("closed_at", "closed")):
        if row.values.get(name) is not None and row.state in FINISHED:
            times.append((max(opened, row.values[name]), state))
    if row.state not in {state for _, state in times}:
        times.append((max(at for at, _ in times), row.state))
    return [
        Row(
            row.line,
            at,
            state,
            row.label if state == row.state else state.title(),
            row.values,
            row.facts,
        )
        for at, state in times
    ]


def _opened(row: Row) -> bool:
    return row.values.get("opened_at") is not None


def _digest(number: str, opened: int, told: Sequence[Row]) -> str:
    """The same for the same facts, whatever the layout they came in."""
    last = told[-1].values
    said = [
        number,
        opened,
        last.get("resolved_at"),
        last.get("closed_at"),
        last.get("made_sla"),
        [last.get(name) for name in _TOLD],
        [
            [row.at, row.state, *(row.values.get(name) for name in _TOLD_EACH)]
            for row in told
        ],
    ]
    text = json.dumps(_settled(said), ensure_ascii=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


def _settled(said: list[Any]) -> list[Any]:
    """Rows that repeat the one before them say nothing more."""
    rows: list[Any] = []
    for row in said[-1]:
        if not rows or rows[-1] != row:
            rows.append(row)
    return [*said[:-1], rows]
