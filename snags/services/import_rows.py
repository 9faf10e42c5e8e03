"""From a folded history to the rows of a snag; nothing here writes."""

from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from environments.models import Module
from opsdesk.accounts.models import Party, User
from sla.walltime import moment_of
from snags.importing.folding import History
from snags.importing.profile import Profile
from snags.models import Handover, Pause, Snag, SnagEvent, SourceRecord
from snags.services.import_clocks import Plan, Promises, plan_clocks
from snags.services.import_places import NOBODY, Naming, Place
from snags.services.raising import matrix_priority

Told = Counter[tuple[datetime, str]]


@dataclass
class Around:
    """The people, parties and modules of a batch by their names in the source."""

    place: Place
    naming: Naming
    profile: Profile
    promises: Promises
    now: datetime
    people: dict[str, User] = field(default_factory=dict)
    teams: dict[str, Party] = field(default_factory=dict)
    suppliers: dict[str, Party] = field(default_factory=dict)
    modules: dict[str, Module] = field(default_factory=dict)

    def person(self, name: str | None) -> User:
        return self.people[name or NOBODY]


@dataclass
class Built:
    """One snag with all its rows, not yet saved."""

    history: History
    snag: Snag
    pauses: list[Pause]
    handovers: list[Handover]
    plan: Plan


def build(history: History, around: Around, snag: Snag) -> Built:
    """Set the snag's columns from its history and plan the rows that hang on it."""
    _describe(snag, history, around)
    _place(snag, history, around)
    pauses = [
        Pause(
            snag=snag,
            reason=reason,
            from_at=moment_of(start),
            to_at=_moment(end),
            actor=around.person(actor),
        )
        for reason, start, end, actor in history.pauses
    ]
    handovers = [
        Handover(
            snag=snag,
            supplier=around.suppliers[name],
            from_at=moment_of(start),
            to_at=_moment(end),
        )
        for name, start, end in history.handovers
    ]
    plan = plan_clocks(snag, history, pauses, around.promises, around.now)
    pauses += [
        Pause(snag=snag, reason=Pause.Reason.RESOLVED, from_at=start, to_at=end)
        for start, end in plan.resumed
    ]
    return Built(history, snag, pauses, handovers, plan)


def _describe(snag: Snag, history: History, around: Around) -> None:
    """What it is, how pressing, and for a new snag who reported it where."""
    values = history.last.values
    snag.title = _title(history, around.profile)
    snag.detail = values.get("description") or ""
    snag.module = around.modules.get(values.get("category") or "")
    snag.impact, snag.urgency = history.impact, history.urgency
    snag.priority = history.priority
    by_matrix = matrix_priority(history.impact, history.urgency)
    snag.priority_reason = "" if by_matrix == history.priority else "As imported"
    if snag.pk is None:
        place = around.place
        snag.snaglist, snag.environment = place.snaglist, place.environment
        snag.reported_by = around.person(values.get("caller"))
        if values.get("logger") not in {None, values.get("caller")}:
            snag.logged_by = around.person(values["logger"])
        snag.channel = values.get("channel") or Snag.Channel.IMPORT


def _place(snag: Snag, history: History, around: Around) -> None:
    """Whose it is and where it stands."""
    values = history.last.values
    status, _, whom = history.state.partition(" ")
    snag.owner = _owner(history, around, status)
    snag.team = around.teams.get(history.team or "")
    snag.status, snag.waiting_for = status, whom
    snag.handed_to = None
    if whom == Snag.WaitingFor.SUPPLIER:
        snag.handed_to = around.suppliers[history.handovers[-1][0]]
    finished = history.resolved_at is not None
    snag.resolution = (values.get("resolution") or "answered") if finished else ""
    snag.resolution_note = (values.get("resolution_note") or "") if finished else ""
    snag.reported_at = moment_of(history.reported_at)
    snag.resolved_at = _moment(history.resolved_at)
    snag.closed_at = _moment(history.closed_at)
    snag.updated_at = moment_of(history.last_at)
    snag.reopen_count = history.reopenings


def events_of(one: Built, around: Around, told: Told) -> list[SnagEvent]:
    """The timeline lines that are not there yet."""
    left = Counter(told)
    events = []
    for step in one.history.steps:
        at = moment_of(step.at)
        if left[at, step.verb]:
            left[at, step.verb] -= 1
            continue
        actor = None if step.actor is None else around.person(step.actor)
        events.append(
            SnagEvent(
                snag=one.snag, verb=step.verb, params=step.params, actor=actor, at=at
            )
        )
    return events


def record_of(
    history: History, snag: Snag, around: Around, record: SourceRecord
) -> SourceRecord:
    """What the source says of the ticket, in its own terms."""
    values = history.last.values
    record.snag = snag
    record.system, record.number = around.profile.system, history.number
    record.digest = history.digest
    record.opened_at = moment_of(history.opened_at)
    record.resolved_at = _moment(values.get("resolved_at"))
    record.closed_at = _moment(values.get("closed_at"))
    record.made_sla = values.get("made_sla")
    record.waits = [
        [_iso(start), None if end is None else _iso(end), label]
        for start, end, label in history.waits
    ]
    record.facts = {
        "state": history.last.label,
        "first_at": _iso(history.first_at),
        "last_at": _iso(history.last_at),
        "fields": dict(history.last.facts),
        "notes": {name: n for name, n in history.notes.items() if n},
    }
    record.imported_at = around.now
    return record


def _title(history: History, profile: Profile) -> str:
    values: dict[str, Any] = dict(history.last.values)
    parts = [values[name] for name in profile.title if values.get(name)]
    return (" · ".join(parts) or history.number)[:200]


def _owner(history: History, around: Around, status: str) -> User | None:
    if history.owner:
        return around.person(history.owner)
    return None if status == Snag.Status.NEW else around.person(NOBODY)


def _moment(seconds: int | None) -> datetime | None:
    return None if seconds is None else moment_of(seconds)


def _iso(seconds: int) -> str:
    return moment_of(seconds).isoformat()
