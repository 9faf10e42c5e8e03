"""The clocks of one snag as its page shows them: what is left, since when, by what."""

from dataclasses import dataclass
from datetime import datetime

from django.urls import reverse

from opsdesk.accounts.models import User
from opsdesk.core.wording import moment, span
from sla.clocks import Reading
from snags.clockwork import reading_of
from snags.models import Clock, Pause, Snag
from snags.permissions import is_outside_supplier
from snags.queries.feed import new_since, stamp
from snags.wording import promised, target_text, worked

FIRST = "First response"


@dataclass(frozen=True)
class Face:
    """One clock: `tone` is breached, risk, ok, paused or met; `due` ticks live."""

    pk: int
    name: str
    tone: str
    left: str
    word: str
    note: str
    percent: int
    due: datetime | None
    url: str

    @property
    def is_live(self) -> bool:
        return self.due is not None


@dataclass(frozen=True)
class Strip:
    faces: list[Face]
    hours: str
    answered: bool
    stamp: str


@dataclass(frozen=True)
class Pulse:
    """What a page that has been open for a while has missed."""

    changed: bool
    new_entries: int
    strip: Strip


def strip_of(user: User, snag: Snag, now: datetime) -> Strip:
    """The latest clock of each kind; none for a supplier, who owes us by a contract."""
    clocks = _latest(snag)
    answered = not any(c.is_live and c.kind == Clock.Kind.RESPONSE for c in clocks)
    shown = [] if is_outside_supplier(user, snag) else clocks
    pauses = list(Pause.objects.filter(snag=snag).order_by("from_at", "pk"))
    faces = [face_of(clock, reading_of(clock, pauses, now), now) for clock in shown]
    hours = f"P{shown[0].priority}" if shown else ""
    return Strip(faces, hours, answered, _stamp(shown, faces, snag))


def pulse(user: User, snag: Snag, now: datetime, *, since: str, seen: str) -> Pulse:
    """Has anything this person may see changed since the stamp?"""
    strip = strip_of(user, snag, now)
    current = f"{strip.stamp}.{stamp(user, snag)}"
    return Pulse(current != since, new_since(user, snag, seen), strip)


def pulse_stamp(strip: Strip, seen: str) -> str:
    return f"{strip.stamp}.{seen}"


def _latest(snag: Snag) -> list[Clock]:
    rows = (
        Clock.objects.filter(snag=snag)
        .exclude(state=Clock.State.CANCELLED)
        .select_related("contract_version")
        .order_by("kind", "-cycle")
    )
    latest: dict[str, Clock] = {}
    for clock in rows:
        latest.setdefault(clock.kind, clock)
    return [latest[kind] for kind in Clock.Kind if kind in latest]


def _stamp(clocks: list[Clock], faces: list[Face], snag: Snag) -> str:
    """Changes whenever a clock was computed again or its tone turned."""
    numbers = "".join(f"{clock.pk}r{clock.revision}" for clock in clocks)
    tones = "".join(face.tone[0] for face in faces)
    return f"{numbers}{tones}v{snag.version}{snag.status[:2]}"


def face_of(clock: Clock, reading: Reading, now: datetime) -> Face:
    """One clock as a page shows it at an instant."""
    tone = _tone(clock, reading, now)
    left, word, due = _left(clock, reading, tone, now)
    return Face(
        pk=clock.pk,
        name=FIRST
        if clock.kind == Clock.Kind.RESPONSE
        else str(clock.get_kind_display()),
        tone=tone,
        left=left,
        word=word,
        note=_note(clock, reading, tone, now),
        percent=_percent(reading, tone),
        due=due,
        url=reverse("snags:explain", args=[clock.snag_id, clock.pk]),
    )


def _tone(clock: Clock, reading: Reading, now: datetime) -> str:
    if clock.stopped_at:
        return "breached" if clock.was_missed else "met"
    if reading.breached or clock.breached_at:
        return "breached"
    if reading.state == "paused":
        return "paused"
    warned = [due for due, level in reading.levels if level.startswith("warn")]
    return "risk" if warned and min(warned) <= now else "ok"


def _left(
    clock: Clock, reading: Reading, tone: str, now: datetime
) -> tuple[str, str, datetime | None]:
    """The big figure, the word after it, and the instant it counts to if it ticks."""
    if clock.stopped_at:
        return ("Missed", "", None) if tone == "breached" else ("Met", "", None)
    if tone == "paused":
        return worked(max(0, reading.remaining_seconds)), "left, paused", None
    due = reading.due_at or clock.due_at
    if due is None:
        return "Running", "", None
    return span((due - now).total_seconds()), "over" if due < now else "left", due


def _note(clock: Clock, reading: Reading, tone: str, now: datetime) -> str:
    target = target_text(clock)
    if clock.stopped_at:
        verb = "Answered" if clock.kind == Clock.Kind.RESPONSE else "Resolved"
        return f"{verb} in {worked(reading.elapsed_seconds)} · target {target}"
    if tone == "paused":
        return f"Waiting · {worked(reading.elapsed_seconds)} of {target} used"
    due = reading.due_at or clock.due_at
    when = f"Due {promised(due, now)}" if due and due >= now else ""
    if due and due < now:
        when = f"Was due {moment(due, now)}"
    return f"{when} · {worked(reading.elapsed_seconds)} of {target} used"


def _percent(reading: Reading, tone: str) -> int:
    """How much of the ring is drawn: what is used while it runs, all of it after."""
    if tone in {"met", "breached", "paused"}:
        return 100
    total = reading.elapsed_seconds + max(0, reading.remaining_seconds)
    return max(4, round(100 * reading.elapsed_seconds / total)) if total else 100
