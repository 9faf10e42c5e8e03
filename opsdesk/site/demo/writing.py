"""Lives become rows: the columns each happening leaves behind, saved in bulk.

The services would do the same one verb at a time; five hundred lives through them take
a minute, and a first start must not.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from random import Random
from typing import TypeVar

from django.db import transaction
from simple_history.utils import bulk_create_with_history

from opsdesk.accounts.models import User
from opsdesk.site.demo import company
from opsdesk.site.demo.lives import LEVELS, Happening, Life
from opsdesk.site.demo.places import World
from sla.calendars import Calendar
from sla.clocks import Interval
from snags.clockwork import intervals
from snags.models import (
    Clock,
    ClockEvent,
    ClockRevision,
    Effort,
    Handover,
    Pause,
    Snag,
    SnagComment,
    SnagEvent,
)
from snags.services.clocks import Cause, cache_due, compute, passed
from snags.services.import_clocks import Promises
from snags.services.reckoning import revision_of

Status = Snag.Status
Row = TypeVar("Row")
KINDS_OF_WORK = (Effort.Kind.ANALYSIS, Effort.Kind.FIX, Effort.Kind.TALK)


@dataclass
class Rows:
    """One snag and all that hangs on it, not yet saved."""

    snag: Snag
    life: Life
    events: list[SnagEvent] = field(default_factory=list)
    comments: list[SnagComment] = field(default_factory=list)
    pauses: list[Pause] = field(default_factory=list)
    handovers: list[Handover] = field(default_factory=list)
    clocks: list[Clock] = field(default_factory=list)
    fired: list[ClockEvent] = field(default_factory=list)
    revisions: list[ClockRevision] = field(default_factory=list)
    answered_at: datetime | None = None

    def log(self, what: Happening, verb: str, **params: object) -> None:
        self.events.append(
            SnagEvent(
                snag=self.snag, verb=verb, params=params, actor=what.who, at=what.at
            )
        )

    def say(self, what: Happening) -> None:
        if not what.text or what.who is None:
            return
        mine = what.who.pk != self.life.reporter.pk
        answers = what.audience == "everyone" and mine
        if answers and self.answered_at is None:
            self.answered_at = what.at
        self.snag.comment_count += 1
        self.comments.append(
            SnagComment(
                snag=self.snag,
                author=what.who,
                audience=what.audience,
                supplier=self.handovers[-1].supplier
                if what.audience == "supplier" and self.handovers
                else None,
                body=what.text,
                at=what.at,
                is_response=answers,
            )
        )


def write(
    world: World, lives: list[Life], office: Calendar, now: datetime
) -> list[Snag]:
    """Save every life; the same lives give the same rows."""
    promises = Promises(world.landscape)
    rows = [_rows(world, life, office) for life in lives]
    for row in rows:
        _clocks(row, promises, now)
    with transaction.atomic():
        _save(rows, now)
    return [row.snag for row in rows]


def _rows(world: World, life: Life, office: Calendar) -> Rows:
    rows = Rows(_snag(world, life), life)
    raised = Happening(life.reported_at, "raised", rows.snag.logged_by or life.reporter)
    rows.log(raised, "raised", channel=rows.snag.channel)
    if life.by_voice:
        rows.answered_at = life.reported_at
    for what in life.happenings:
        _apply(world, rows, what, office)
        rows.snag.updated_at = what.at
    return rows


def _snag(world: World, life: Life) -> Snag:
    story = life.story
    impact, urgency = LEVELS[life.priority]
    in_system = story.resolution != "answered"
    day = life.reported_at.date()
    return Snag(
        kind=life.kind,
        title=life.title,
        detail=life.detail,
        snaglist=world.snaglists[company.SNAGLIST_OF[story.module]],
        environment=world.production,
        module=world.modules[story.module],
        process=world.processes[story.process] if in_system else None,
        step=story.step if in_system else "",
        designed_step=story.designed,
        actual_step=story.actual,
        cause=story.cause,
        original_decision=_only(
            life, "revisit", "Blueprint, decision 14: " + life.title
        ),
        addition=_only(life, "extend", life.detail),
        first_seen_on=day if life.kind == "unforeseen" else None,
        needed_by_on=day + timedelta(days=7) if life.kind == "data_enquiry" else None,
        impact=impact,
        urgency=urgency,
        priority=life.priority,
        reported_by=life.reporter,
        logged_by=life.owner if life.by_voice else None,
        channel="phone" if life.by_voice else "web",
        department=life.reporter.department,
        reported_at=life.reported_at,
        updated_at=life.reported_at,
    )


def _only(life: Life, kind: str, text: str) -> str:
    return text if life.kind == kind else ""


def _apply(world: World, rows: Rows, what: Happening, office: Calendar) -> None:
    """What one happening changes; the verbs are those of the services."""
    match what.verb:
        case "said":
            rows.say(what)
        case "triaged" | "started" | "waits":
            _work(rows, what)
        case "handed_over":
            _hand_over(world, rows, what)
        case "answered" | "handed_back":
            _take_back(rows, what)
        case "resolved":
            _resolve(rows, what, office)
        case "reopened":
            _reopen(rows, what)
        case _:
            _close(rows, what)


def _work(rows: Rows, what: Happening) -> None:
    snag = rows.snag
    if what.verb == "triaged" and what.who:
        snag.status, snag.owner = Status.TRIAGED, what.who
        snag.team = what.who.team
        rows.log(what, "triaged", owner=what.who.name, priority=snag.priority)
    elif what.verb == "started":
        snag.status = Status.IN_PROGRESS
        rows.log(what, "started")
    else:
        snag.status, snag.waiting_for = Status.WAITING, "reporter"
        rows.pauses.append(
            Pause(snag=snag, reason="reporter", from_at=what.at, actor=what.who)
        )
        rows.say(what)
        rows.log(what, "waits", waiting_for="reporter")


def _close(rows: Rows, what: Happening) -> None:
    rows.snag.status, rows.snag.closed_at = Status.CLOSED, what.at
    rows.snag.auto_close_at = None
    rows.log(what, what.verb)


def _hand_over(world: World, rows: Rows, what: Happening) -> None:
    snag, supplier = rows.snag, world.parties[rows.life.story.supplier]
    snag.status, snag.waiting_for = Status.WAITING, "supplier"
    snag.handed_to = supplier
    rows.handovers.append(Handover(snag=snag, supplier=supplier, from_at=what.at))
    rows.log(what, "handed_over", supplier=supplier.name)
    rows.say(what)


def _take_back(rows: Rows, what: Happening) -> None:
    snag = rows.snag
    rows.say(what)
    if what.verb == "answered":
        rows.pauses[-1].to_at = what.at
        rows.log(what, "resumed")
    else:
        rows.handovers[-1].to_at = what.at
        rows.log(what, "handed_back", supplier=rows.handovers[-1].supplier.name)
    snag.status, snag.waiting_for, snag.handed_to = Status.IN_PROGRESS, "", None


def _resolve(rows: Rows, what: Happening, office: Calendar) -> None:
    snag = rows.snag
    snag.status, snag.resolved_at = Status.RESOLVED, what.at
    snag.resolution = rows.life.story.resolution or "configuration"
    snag.resolution_note = what.text
    snag.auto_close_at = office.after_business_days(what.at, 5)
    if rows.answered_at is None:
        rows.answered_at = what.at
    rows.log(what, "resolved", resolution=snag.resolution)


def _reopen(rows: Rows, what: Happening) -> None:
    snag = rows.snag
    assert snag.resolved_at is not None
    rows.pauses.append(
        Pause(
            snag=snag,
            reason=Pause.Reason.RESOLVED,
            from_at=snag.resolved_at,
            to_at=what.at,
            actor=what.who,
        )
    )
    snag.status = Status.IN_PROGRESS
    snag.resolution, snag.resolution_note = "", ""
    snag.resolved_at = snag.auto_close_at = None
    snag.reopen_count += 1
    rows.log(what, "reopened")
    rows.say(what)


def _clocks(rows: Rows, promises: Promises, now: datetime) -> None:
    """Response and resolution as the engine counts them."""
    version = promises.at(rows.snag.reported_at)
    assert version is not None
    held = intervals(rows.pauses)
    for target in version.targets.all():
        if target.priority != rows.snag.priority:
            continue
        response = target.kind == Clock.Kind.RESPONSE
        clock = Clock(
            snag=rows.snag,
            kind=target.kind,
            party=version.contract.party,
            contract_version=version,
            priority=rows.snag.priority,
            started_at=rows.snag.reported_at,
            target_seconds=target.seconds,
            timeline=promises.timeline(target.calendar_id),
            is_pausable=version.lets_pause(target.kind),
            stopped_at=rows.answered_at if response else rows.snag.resolved_at,
        )
        _settle(rows, clock, held, now)
    cache_due(rows.snag, rows.clocks, held)


def _settle(
    rows: Rows, clock: Clock, held: tuple[Interval, ...], now: datetime
) -> None:
    cause = Cause("started", now)
    reading = compute(clock, held, {}, now)
    events = passed(clock, reading, {}, cause)
    compute(clock, held, {event.level: event for event in events}, now)
    rows.clocks.append(clock)
    rows.fired += events
    rows.events += [
        SnagEvent(
            snag=rows.snag,
            verb="clock_breached" if event.level == "breach" else "clock_warned",
            params={"kind": clock.kind, "level": event.level},
            at=event.due_at,
        )
        for event in events
    ]
    rows.revisions.append(revision_of(clock, None, held, cause))


def _save(rows: list[Rows], now: datetime) -> None:
    bulk_create_with_history(
        [row.snag for row in rows], Snag, batch_size=500, default_date=now
    )
    Pause.objects.bulk_create(_flat(row.pauses for row in rows))
    Handover.objects.bulk_create(_flat(row.handovers for row in rows))
    SnagComment.objects.bulk_create(_flat(row.comments for row in rows))
    Clock.objects.bulk_create(_flat(row.clocks for row in rows))
    ClockEvent.objects.bulk_create(_flat(row.fired for row in rows))
    ClockRevision.objects.bulk_create(_flat(row.revisions for row in rows))
    Effort.objects.bulk_create(_flat(_efforts(row) for row in rows))
    lines = sorted(
        (event for row in rows for event in row.events), key=lambda event: event.at
    )
    SnagEvent.objects.bulk_create(lines, batch_size=1000)


def _flat(many: Iterable[list[Row]]) -> list[Row]:
    return [one for some in many for one in some]


def _efforts(rows: Rows) -> list[Effort]:
    """Minutes the owner noted on days they worked on it."""
    snag = rows.snag
    if snag.owner is None or snag.status in {Status.NEW, Status.TRIAGED}:
        return []
    chance = Random(snag.title)  # noqa: S311 - the same company every time
    return [
        _effort(snag, snag.owner, kind, chance.randrange(10, 90, 5), what.at.date())
        for kind, what in zip(KINDS_OF_WORK, rows.life.happenings, strict=False)
    ]


def _effort(snag: Snag, person: User, kind: str, minutes: int, day: date) -> Effort:
    return Effort(snag=snag, person=person, kind=kind, minutes=minutes, spent_on=day)
