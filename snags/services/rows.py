"""What every verb does: lock the snag, judge the move, write the timeline line."""

from datetime import datetime
from typing import Any

from opsdesk.accounts.models import User
from opsdesk.core import clock
from opsdesk.core.errors import RuleError
from opsdesk.core.records import save
from snags.clockwork import BREACH
from snags.days import day_of
from snags.models import Clock, RollupNote, Snag, SnagEvent
from snags.moves import MOVES

# Verbs after which every figure is what it was; a new snag is noted when it is raised.
UNCOUNTED = frozenset(
    {"raised", "edited", "judged", "shared", "unshared", "worked_around"}
)


def locked(snag: Snag) -> Snag:
    """The snag as it is now, held until the transaction ends: parents come first."""
    return Snag.objects.select_for_update(of=("self",), no_key=True).get(pk=snag.pk)


def instant(snag: Snag, at: datetime | None) -> datetime:
    """The instant a verb happens: now, or earlier when somebody says so.

    Earlier is bounded by when the snag was reported and by now. Whole seconds, like
    all that clocks count.
    """
    now = clock.now()
    if at is None:
        return now
    if not snag.reported_at <= at <= now:
        raise RuleError(
            "That time must lie between when it was reported and now.", code="bad_time"
        )
    return at.replace(microsecond=0)


def judge(snag: Snag, verb: str) -> None:
    """Refuse a verb its state does not allow."""
    if snag.status not in MOVES[verb].sources:
        words = verb.replace("_", " ")
        raise RuleError(
            f"{snag.ref} is {snag.status_label.lower()}, so it cannot {words} now.",
            code="not_now",
        )


def move(snag: Snag, verb: str, *fields: str, actor: User | None, at: datetime) -> None:
    """Take the judged step and save it with the other fields the verb changed."""
    snag.status = MOVES[verb].target
    snag.updated_at = at
    save(snag, "status", "updated_at", *fields, actor=actor)


def log(
    snag: Snag, verb: str, *, actor: User | None, at: datetime, **params: Any
) -> SnagEvent:
    """Write one line of the timeline, and have the figures it may change counted."""
    if verb not in UNCOUNTED:
        note_days(*days_of(snag))
    return SnagEvent.objects.create(
        snag=snag, verb=verb, params=params, actor=actor, at=at
    )


def note_days(*instants: datetime | None) -> None:
    """Have the days of these instants counted again by the next rollup."""
    days = {day_of(moment) for moment in instants if moment}
    RollupNote.objects.bulk_create(RollupNote(day=day) for day in sorted(days))


def days_of(snag: Snag) -> tuple[datetime | None, ...]:
    """The instants whose days count this snag or one of its clocks.

    A voided breach is among them: its day must forget it.
    """
    clocks = Clock.objects.filter(snag=snag).order_by()
    counted = {snag.reported_at, snag.resolved_at, snag.closed_at}
    for stopped, breached, level, due in clocks.values_list(
        "stopped_at", "breached_at", "events__level", "events__due_at"
    ):
        counted |= {stopped, breached, due if level == BREACH else None}
    return tuple(counted)
