"""A batch of folded histories becomes snags, in one transaction.

What is there already and says the same is left alone; what the source has gone on with
is brought up to date; what somebody has since worked on here is never touched.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db import transaction
from simple_history.utils import bulk_create_with_history, bulk_update_with_history

from environments.models import Module
from opsdesk.accounts.models import Party, User
from opsdesk.core import clock
from sla.walltime import moment_of
from snags.importing.folding import History
from snags.importing.profile import Profile
from snags.models import (
    Clock,
    ClockEvent,
    ClockRevision,
    Handover,
    Pause,
    Snag,
    SnagComment,
    SnagEvent,
    SourceRecord,
)
from snags.services.import_clocks import Plan, Promises, plan_clocks
from snags.services.import_places import (
    MAIL_DOMAIN,
    NOBODY,
    Naming,
    Place,
    modules_named,
    parties_named,
    people_named,
)
from snags.services.raising import matrix_priority
from snags.services.rows import note_days

WORKED_ON = "somebody has worked on it in opsdesk since"
DIFFERS = "its history differs from what was imported before"
# Columns an import decides; everything else belongs to the people working here.
FIELDS = (
    "title",
    "detail",
    "module",
    "impact",
    "urgency",
    "priority",
    "priority_reason",
    "owner",
    "team",
    "handed_to",
    "status",
    "waiting_for",
    "resolution",
    "resolution_note",
    "reported_at",
    "resolved_at",
    "closed_at",
    "updated_at",
    "next_due_at",
    "at_risk_from",
    "reopen_count",
)


@dataclass
class Outcome:
    """What a batch did; `held` gives the reason by ticket number."""

    created: int = 0
    updated: int = 0
    unchanged: int = 0
    held: dict[str, str] = field(default_factory=dict)


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


@transaction.atomic
def write_batch(
    histories: Sequence[History],
    *,
    place: Place,
    profile: Profile,
    naming: Naming,
    promises: Promises,
) -> Outcome:
    """Write a batch: all of it or, when the process dies, nothing."""
    outcome = Outcome()
    known = _records(profile.system, histories)
    new = [h for h in histories if h.number not in known]
    changed = [
        h for h in histories if h.number in known and known[h.number].digest != h.digest
    ]
    outcome.unchanged = len(histories) - len(new) - len(changed)
    changed = _untouched(changed, known, outcome)
    if new or changed:
        around = _around([*new, *changed], place, profile, naming, promises)
        built = [_build(history, around, Snag()) for history in new]
        _create(built, around)
        _update(changed, known, around)
        _note(built)
        outcome.created, outcome.updated = len(new), len(changed)
    return outcome


def _records(system: str, histories: Iterable[History]) -> dict[str, SourceRecord]:
    numbers = [history.number for history in histories]
    rows = SourceRecord.objects.filter(system=system, number__in=numbers)
    return {row.number: row for row in rows.order_by("pk")}


def _untouched(
    changed: list[History], known: dict[str, SourceRecord], outcome: Outcome
) -> list[History]:
    """Those whose snag only the source has moved, and whose past is still the same."""
    pks = sorted(known[history.number].snag_id for history in changed)
    locked = Snag.objects.select_for_update(of=("self",), no_key=True)
    list(locked.filter(pk__in=pks).order_by("pk").values_list("pk", flat=True))
    foreign = (
        SnagEvent.objects.filter(snag__in=pks, actor__isnull=False)
        .exclude(actor__email__endswith=f"@{MAIL_DOMAIN}")
        .values_list("snag_id", flat=True)
    )
    worked_on = set(foreign.order_by("snag_id"))
    worked_on |= set(
        SnagComment.objects.filter(snag__in=pks)
        .values_list("snag_id", flat=True)
        .order_by("snag_id")
    )
    told = _told(pks)
    kept = []
    for history in changed:
        pk = known[history.number].snag_id
        if pk in worked_on:
            outcome.held[history.number] = WORKED_ON
        elif told[pk] - _steps(history):
            outcome.held[history.number] = DIFFERS
        else:
            kept.append(history)
    return kept


def _told(pks: Sequence[int]) -> dict[int, Counter[tuple[datetime, str]]]:
    """The timeline lines there are: they can be added to, never changed."""
    told: dict[int, Counter[tuple[datetime, str]]] = defaultdict(Counter)
    rows = SnagEvent.objects.filter(snag__in=pks).exclude(verb__startswith="clock_")
    for pk, at, verb in rows.values_list("snag_id", "at", "verb").order_by("pk"):
        told[pk][at, verb] += 1
    return told


def _steps(history: History) -> Counter[tuple[datetime, str]]:
    return Counter((moment_of(step.at), step.verb) for step in history.steps)


def _around(
    histories: Sequence[History],
    place: Place,
    profile: Profile,
    naming: Naming,
    promises: Promises,
) -> Around:
    names = {name for history in histories for name in history.names}
    return Around(
        place=place,
        naming=naming,
        profile=profile,
        promises=promises,
        now=clock.now(),
        people=people_named({*names, NOBODY}, naming),
        teams=parties_named(
            {h.team for h in histories if h.team}, Party.Kind.TEAM.value
        ),
        suppliers=parties_named(
            {name for h in histories for name, _, _ in h.handovers},
            Party.Kind.SUPPLIER.value,
        ),
        modules=modules_named(
            {c for h in histories if (c := h.last.values.get("category"))},
            place.landscape,
        ),
    )


def _build(history: History, around: Around, snag: Snag) -> Built:
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


def _create(built: list[Built], around: Around) -> None:
    if not built:
        return
    bulk_create_with_history(
        [one.snag for one in built], Snag, default_change_reason="Imported"
    )
    SourceRecord.objects.bulk_create(
        _record(one.history, one.snag, around, SourceRecord()) for one in built
    )
    SnagEvent.objects.bulk_create(
        event for one in built for event in _events(one, around, Counter())
    )
    _hang(built)
    Clock.objects.bulk_create(clock for one in built for clock in one.plan.clocks)
    _log_clocks(built)


def _update(
    histories: list[History], known: dict[str, SourceRecord], around: Around
) -> None:
    """Bring snags up to date: columns and stretches anew, timeline lines added."""
    if not histories:
        return
    pks = sorted(known[history.number].snag_id for history in histories)
    snags = {snag.pk: snag for snag in Snag.objects.filter(pk__in=pks).order_by("pk")}
    told = _told(pks)
    before = [_days(snag) for snag in snags.values()]
    built = [
        _build(history, around, snags[known[history.number].snag_id])
        for history in histories
    ]
    bulk_update_with_history(
        [one.snag for one in built], Snag, FIELDS, default_change_reason="Imported"
    )
    records = [
        _record(one.history, one.snag, around, known[one.history.number])
        for one in built
    ]
    SourceRecord.objects.bulk_update(records, _RECORD_FIELDS)
    SnagEvent.objects.bulk_create(
        event for one in built for event in _events(one, around, told[one.snag.pk])
    )
    Pause.objects.filter(snag__in=pks).delete()
    Handover.objects.filter(snag__in=pks).delete()
    _hang(built)
    _replace_clocks(built, pks)
    note_days(*(day for days in before for day in days))
    _note(built)


def _hang(built: Iterable[Built]) -> None:
    Pause.objects.bulk_create(pause for one in built for pause in one.pauses)
    Handover.objects.bulk_create(row for one in built for row in one.handovers)


def _replace_clocks(built: list[Built], pks: Sequence[int]) -> None:
    """Clocks keep their rows and their revisions; what they show is computed anew."""
    rows = Clock.objects.filter(snag__in=pks).order_by("pk")
    known = {(c.snag_id, c.kind, c.party_id, c.cycle): c for c in rows}
    fresh, kept = [], []
    for one in built:
        for planned, revision in zip(one.plan.clocks, one.plan.revisions, strict=True):
            old = known.get(
                (one.snag.pk, planned.kind, planned.party_id, planned.cycle)
            )
            if old is None:
                fresh.append(planned)
                continue
            planned.pk = old.pk
            planned.revision = revision.number = old.revision + 1
            revision.old_due_at = old.due_at
            kept.append(planned)
    Clock.objects.bulk_create(fresh)
    if kept:
        Clock.objects.bulk_update(kept, _CLOCK_FIELDS)
    _log_clocks(built)


def _log_clocks(built: Iterable[Built]) -> None:
    plans = [one.plan for one in built if one.plan.clocks]
    ClockEvent.objects.bulk_create(
        (event for plan in plans for event in plan.events), ignore_conflicts=True
    )
    ClockRevision.objects.bulk_create(r for plan in plans for r in plan.revisions)


def _events(
    one: Built, around: Around, told: Counter[tuple[datetime, str]]
) -> list[SnagEvent]:
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


def _record(
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


_RECORD_FIELDS = (
    "digest",
    "opened_at",
    "resolved_at",
    "closed_at",
    "made_sla",
    "waits",
    "facts",
    "imported_at",
)
_CLOCK_FIELDS = [
    name.name
    for name in Clock._meta.concrete_fields  # noqa: SLF001 - every column but the key
    if name.name not in {"id", "snag", "kind", "party", "cycle"}
]


def _title(history: History, profile: Profile) -> str:
    values: dict[str, Any] = dict(history.last.values)
    parts = [values[name] for name in profile.title if values.get(name)]
    return (" · ".join(parts) or history.number)[:200]


def _owner(history: History, around: Around, status: str) -> User | None:
    if history.owner:
        return around.person(history.owner)
    return None if status == Snag.Status.NEW else around.person(NOBODY)


def _days(snag: Snag) -> tuple[datetime | None, ...]:
    return snag.reported_at, snag.resolved_at, snag.closed_at


def _note(built: Iterable[Built]) -> None:
    """Have every day these snags and their clocks count on counted again."""
    instants: set[datetime | None] = set()
    for one in built:
        instants.update(_days(one.snag))
        instants.update(clock.stopped_at for clock in one.plan.clocks)
        instants.update(clock.breached_at for clock in one.plan.clocks)
    note_days(*instants)


def _moment(seconds: int | None) -> datetime | None:
    return None if seconds is None else moment_of(seconds)


def _iso(seconds: int) -> str:
    return moment_of(seconds).isoformat()
