"""Why a clock's deadline is what it is: every window, holiday and pause, in words."""

from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from opsdesk.accounts.models import User
from opsdesk.core.wording import moment, span
from sla.clocks import Line, Terms, explain
from sla.models import CalendarVersion
from sla.queries import spans
from snags.clockwork import intervals, reading_of, terms_of
from snags.models import Clock, ClockEvent, ClockRevision, Pause, Snag
from snags.permissions import is_outside_supplier
from snags.queries.strip import Face, face_of
from snags.wording import target_text, worked

# A deadline of years is told by its first and last stretches.
MOST_LINES = 400
MOST_ROWS = 200


@dataclass(frozen=True)
class Step:
    """One stretch of time as a row: when, what it was, what it added."""

    kind: str
    icon: str
    when: str
    note: str
    counted: str
    total: str


@dataclass(frozen=True)
class CalendarUsed:
    name: str
    zone: str
    url_id: int
    since: str


@dataclass(frozen=True)
class RevisionRow:
    number: int
    when: str
    who: str
    cause: str
    old: str
    new: str


@dataclass(frozen=True)
class EventRow:
    level: str
    due: str
    detected: str
    voided: str


@dataclass(frozen=True)
class Explanation:
    clock: Clock
    face: Face
    sentences: list[str]
    calendars: list[CalendarUsed]
    steps: list[Step]
    hidden: int
    revisions: list[RevisionRow]
    events: list[EventRow]


ICONS = {
    "window": "clock",
    "special": "calendar-clock",
    "holiday": "calendar",
    "pause": "pause",
    "closed": "moon",
}
CAUSES = {
    "started": "The snag was reported",
    "answered": "A person answered",
    "resolved": "The snag was resolved",
    "reopened": "The snag was reopened",
    "paused": "Waiting began",
    "resumed": "Waiting ended",
    "priority_raised": "The priority was raised",
    "priority_lowered": "The priority was lowered",
    "reject": "Closed without work",
    "merge": "Merged into another snag",
    "terms_amended": "The contract or calendar was amended",
    "terms_corrected": "The contract or calendar was corrected",
}


def explanation(
    user: User, snag: Snag, clock_id: int, now: datetime
) -> Explanation | None:
    """Account for one clock of this snag; None when this person has no such clock."""
    if is_outside_supplier(user, snag):
        return None
    clock = (
        Clock.objects.filter(snag=snag, pk=clock_id)
        .select_related("contract_version__contract", "party")
        .first()
    )
    if clock is None:
        return None
    pauses = list(Pause.objects.filter(snag=snag).order_by("from_at", "pk"))
    terms = terms_of(clock, intervals(pauses))
    lines = explain(terms, clock.stopped_at or now)
    shown = _bounded(lines)
    calendars, zone = _calendars(clock, now)
    face = face_of(clock, reading_of(clock, pauses, now), now)
    return Explanation(
        clock=clock,
        face=face,
        sentences=_sentences(clock, face, terms, lines, now),
        calendars=calendars,
        steps=[_step(line, zone) for line in shown],
        hidden=len(lines) - len(shown),
        revisions=_revisions(clock, now),
        events=_events(clock, now),
    )


def _sentences(
    clock: Clock, face: Face, terms: Terms, lines: list[Line], now: datetime
) -> list[str]:
    promise = clock.contract_version.contract
    said = [
        f"{promise.name} promises a {face.name.lower()} within {target_text(clock)}"
        f" of opening hours for priority P{clock.priority}.",
        f"The clock started {moment(clock.started_at, now)}.",
    ]
    paused = sum(
        (line.end - line.start).total_seconds()
        for line in lines
        if line.kind == "pause"
    )
    if paused and clock.is_pausable:
        said.append(f"It was on hold for {span(paused)}; that time does not count.")
    elif terms.pauses == () and not clock.is_pausable:
        said.append("Waiting does not stop this clock.")
    said.append(_ending(clock, face, lines, now))
    return said


def _ending(clock: Clock, face: Face, lines: list[Line], now: datetime) -> str:
    used = worked(lines[-1].running_total) if lines else "no time"
    if clock.state == Clock.State.CANCELLED:
        return "It was taken off: nobody is held to it any more."
    if clock.stopped_at:
        outcome = "missed" if clock.was_missed else "kept"
        return (
            f"It stopped {moment(clock.stopped_at, now)} after"
            f" {worked(clock.elapsed_seconds or 0)}; it was due"
            f" {moment(clock.due_at, now) if clock.due_at else 'never'}:"
            f" the promise was {outcome}."
        )
    if face.tone == "paused":
        return f"It is on hold now with {used} used; {face.left} is left."
    if clock.due_at is None:
        return f"So far {used} is used."
    return f"So it is due {moment(clock.due_at, now)}."


def _bounded(lines: list[Line]) -> list[Line]:
    if len(lines) <= MOST_LINES:
        return lines
    half = MOST_LINES // 2
    return [*lines[:half], *lines[-half:]]


def _step(line: Line, zone: ZoneInfo) -> Step:
    start, end = line.start.astimezone(zone), line.end.astimezone(zone)
    same_day = start.date() == end.date()
    until = f"{end:%H:%M}" if same_day else f"{end:%a} {end.day} {end:%b} {end:%H:%M}"
    return Step(
        kind=line.kind,
        icon=ICONS[line.kind],
        when=f"{start:%a} {start.day} {start:%b} {start:%H:%M} – {until}",
        note=line.note,
        counted=f"+ {worked(line.counted_seconds)}" if line.counted_seconds else "–",
        total=worked(line.running_total),
    )


def _calendars(clock: Clock, now: datetime) -> tuple[list[CalendarUsed], ZoneInfo]:
    """The calendar versions the clock runs by, and the zone its times are told in."""
    ids = spans(clock.timeline)
    rows = CalendarVersion.objects.filter(pk__in=ids).select_related("calendar")
    known = {row.pk: row for row in rows.order_by("pk")}
    used = []
    zone = ZoneInfo("UTC")
    for since, pk in clock.timeline:
        version = known[pk]
        zone = ZoneInfo(version.hours["timezone"])
        used.append(
            CalendarUsed(
                name=str(version),
                zone=version.hours["timezone"],
                url_id=version.calendar_id,
                since=moment(datetime.fromisoformat(since), now) if since else "",
            )
        )
    return used, zone


def _revisions(clock: Clock, now: datetime) -> list[RevisionRow]:
    rows = ClockRevision.objects.filter(clock=clock).select_related("actor")
    return [
        RevisionRow(
            number=row.number,
            when=moment(row.at, now),
            who=row.actor.name if row.actor else "opsdesk",
            cause=CAUSES.get(row.cause, row.cause.replace("_", " ").capitalize()),
            old=moment(row.old_due_at, now) if row.old_due_at else "–",
            new=moment(row.new_due_at, now) if row.new_due_at else "on hold",
        )
        for row in rows.order_by("-number")[:MOST_ROWS]
    ]


def _events(clock: Clock, now: datetime) -> list[EventRow]:
    rows = ClockEvent.objects.filter(clock=clock).order_by("due_at", "pk")
    return [
        EventRow(
            level=_level(row.level),
            due=moment(row.due_at, now),
            detected=moment(row.detected_at, now),
            voided=f"Void: {row.void_cause.replace('_', ' ')}" if row.voided_at else "",
        )
        for row in rows[:MOST_ROWS]
    ]


def _level(name: str) -> str:
    if name.startswith("warn"):
        return f"{name.removeprefix('warn')} % used"
    if name.startswith("late"):
        return f"{span(int(name.removeprefix('late')) * 60)} late"
    return "Target missed"
