"""A snag is resolved, confirmed, reopened, or closed without work."""

from collections.abc import Iterable
from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction

from opsdesk.accounts.models import User
from opsdesk.core import clock
from opsdesk.core.errors import RuleError, require
from opsdesk.core.services import duties
from opsdesk.core.services.outbox import Note, notify
from sla.calendars import Hours, compiled
from sla.queries import load
from snags import permissions
from snags.models import Clock, Snag
from snags.services import clocks, files, talk
from snags.services.clocks import Cause
from snags.services.lifecycle.steps import end_wait, tell_owner, unless
from snags.services.rows import days_of, instant, judge, locked, log, move, note_days

Resolution = Snag.Resolution
# How work may end (REQ-15): a process is put right in the system, nothing else counts.
IN_THE_SYSTEM = (
    Resolution.CONFIGURATION,
    Resolution.CHANGE,
    Resolution.DATA_CORRECTION,
    Resolution.TRAINING,
    Resolution.NO_FAULT,
)
REFUSALS = (Resolution.NO_FAULT, Resolution.DEFERRED, Resolution.NOT_ACCEPTED)
OFFICE_HOURS = "Mon-Fri 09:00-17:00"


def resolutions_for(snag: Snag) -> tuple[Resolution, ...]:
    """The ways this snag may be resolved."""
    if snag.process_id:
        return IN_THE_SYSTEM
    return (*IN_THE_SYSTEM, Resolution.ANSWERED)


@transaction.atomic
def resolve(
    snag: Snag,
    *,
    actor: User,
    resolution: str,
    resolution_note: str,
    cause: str = "",
    at: datetime | None = None,
) -> Snag:
    """The cause is gone: clocks stop and the reporter is asked to confirm.

    Without an earlier answer this is the answer. Silence closes it after the working
    days the contract names.
    """
    snag = locked(snag)
    at = instant(snag, at)
    require(permissions.can_work_on(actor, snag))
    judge(snag, "resolve")
    if resolution not in resolutions_for(snag):
        raise RuleError(
            "A process is put right in the system: choose how, or note a workaround"
            " and keep it open."
            if snag.process_id
            else "That is not a way to resolve a snag.",
            code="resolution_not_allowed",
        )
    end_wait(snag, actor, at)
    snag.owner = snag.owner or actor
    snag.resolution, snag.resolution_note = resolution, resolution_note
    snag.cause = cause or snag.cause
    snag.resolved_at = at
    clocks.stop(snag, Cause("resolved", at, actor))
    snag.auto_close_at = _auto_close_at(snag, at)
    _drop_duties(snag)
    move(snag, "resolve", *_OUTCOME, actor=actor, at=at)
    log(
        snag,
        "resolved",
        actor=actor,
        at=at,
        resolution=resolution,
        note=resolution_note,
    )
    notify([unless(snag.reported_by, actor)], _confirm_please(snag))
    return snag


@transaction.atomic
def reply_and_resolve(
    snag: Snag,
    *,
    actor: User,
    resolution: str,
    body: str,
    files_added: Iterable[files.Upload] = (),
) -> Snag:
    """One message that answers and resolves; the words are the note, told once."""
    uploads = files.check_uploads(files_added)
    if uploads:
        talk.comment(snag, body=body, actor=actor, files_added=uploads)
    return resolve(snag, actor=actor, resolution=resolution, resolution_note=body)


@transaction.atomic
def confirm(snag: Snag, *, actor: User, at: datetime | None = None) -> Snag:
    """The reporter says it is fixed: closed."""
    snag = locked(snag)
    at = instant(snag, at)
    require(permissions.can_confirm(actor, snag), "Only the reporter may confirm this.")
    judge(snag, "confirm")
    return _close(snag, "confirm", "confirmed", actor=actor, at=at)


@transaction.atomic
def close_unanswered(*, limit: int = 200) -> int:
    """Close what was resolved and not answered in time; harmless when run twice."""
    at = clock.now()
    due = (
        Snag.objects.filter(auto_close_at__lte=at)
        .select_related("reported_by", "owner")
        .order_by("auto_close_at", "pk")
        .select_for_update(of=("self",), skip_locked=True, no_key=True)[:limit]
    )
    rows = list(due)
    for snag in rows:
        _close(snag, "auto_close", "auto_closed", actor=None, at=at)
    return len(rows)


@transaction.atomic
def reopen(snag: Snag, *, actor: User, body: str, at: datetime | None = None) -> Snag:
    """It is not fixed after all: back to its owner, with the reason."""
    snag = locked(snag)
    at = instant(snag, at)
    require(permissions.can_reopen(actor, snag))
    judge(snag, "reopen")
    if not body:
        raise RuleError("Say what is still wrong.", code="no_text")
    if snag.merged_into_id:
        raise RuleError("It was merged; write on the original.", code="merged")
    days = days_of(snag)
    snag.owner = snag.owner or actor
    snag.resolution, snag.resolution_note = "", ""
    snag.resolved_at = snag.closed_at = snag.auto_close_at = None
    snag.reopen_count += 1
    move(snag, "reopen", *_OUTCOME, "closed_at", "reopen_count", actor=actor, at=at)
    clocks.reopen(snag, Cause("reopened", at, actor))
    log(snag, "reopened", actor=actor, at=at)
    talk.comment(snag, body=body, actor=actor)
    note_days(*days)
    tell_owner(snag, actor)
    return snag


@transaction.atomic
def reject(
    snag: Snag,
    *,
    actor: User,
    resolution: str,
    resolution_note: str,
    at: datetime | None = None,
) -> Snag:
    """Close without work: no fault, deferred, not accepted. The reason is told."""
    snag = locked(snag)
    at = instant(snag, at)
    require(permissions.can_work_on(actor, snag))
    judge(snag, "reject")
    if resolution not in REFUSALS:
        raise RuleError("That is not a reason to reject.", code="bad_resolution")
    if not resolution_note:
        raise RuleError("Say why; the reporter will read it.", code="no_text")
    return _close_without_work(
        snag,
        "reject",
        actor=actor,
        at=at,
        resolution=resolution,
        resolution_note=resolution_note,
    )


@transaction.atomic
def merge(snag: Snag, *, into: Snag, actor: User, at: datetime | None = None) -> Snag:
    """The same thing was reported before: close this one, go on with the original."""
    # In id order, so two merges of a pair cannot deadlock.
    pair = sorted((snag, into), key=lambda row: row.pk)
    held = {row.pk: locked(row) for row in pair}
    snag, into = held[snag.pk], held[into.pk]
    at = instant(snag, at)
    require(permissions.can_work_on(actor, snag))
    require(permissions.can_work_on(actor, into))
    judge(snag, "merge")
    if snag.pk == into.pk:
        raise RuleError("A snag cannot be merged into itself.", code="same_snag")
    if into.merged_into_id:
        raise RuleError(f"{into.ref} was merged itself.", code="merged")
    snag.merged_into = into
    snag = _close_without_work(
        snag,
        "merge",
        actor=actor,
        at=at,
        resolution=Resolution.DUPLICATE,
        resolution_note=f"Goes on as {into.ref}.",
    )
    log(into, "absorbed", actor=actor, at=at, other=snag.pk)
    return snag


_OUTCOME = (
    "owner",
    "waiting_for",
    "handed_to",
    "follow_up",
    "workaround_review",
    "resolution",
    "resolution_note",
    "cause",
    "resolved_at",
    "auto_close_at",
)


def _close(
    snag: Snag, verb: str, logged: str, *, actor: User | None, at: datetime
) -> Snag:
    snag.closed_at = at
    snag.auto_close_at = None
    move(snag, verb, "closed_at", "auto_close_at", actor=actor, at=at)
    log(snag, logged, actor=actor, at=at)
    return snag


def _close_without_work(
    snag: Snag,
    verb: str,
    *,
    actor: User,
    at: datetime,
    resolution: str,
    resolution_note: str,
) -> Snag:
    end_wait(snag, actor, at)
    snag.owner = snag.owner or actor
    snag.resolution, snag.resolution_note = resolution, resolution_note
    snag.resolved_at = snag.closed_at = at
    clocks.stop(snag, Cause(verb, at, actor), kinds={Clock.Kind.RESPONSE})
    clocks.cancel(snag, Cause(verb, at, actor))
    _drop_duties(snag)
    move(snag, verb, *_OUTCOME, "closed_at", "merged_into", actor=actor, at=at)
    log(
        snag,
        f"{verb}d" if verb == "merge" else "rejected",
        actor=actor,
        at=at,
        resolution=resolution,
        into=snag.merged_into_id,
        note="" if verb == "merge" else resolution_note,
    )
    notify([unless(snag.reported_by, actor)], _closed_because(snag))
    return snag


def _drop_duties(snag: Snag) -> None:
    if snag.workaround_review is not None:
        duties.drop(snag.workaround_review)
        snag.workaround_review = None


def _auto_close_at(snag: Snag, at: datetime) -> datetime:
    """When silence closes it: the contract's working days after it was resolved."""
    last = (
        snag.clocks.filter(kind=Clock.Kind.RESOLUTION)
        .select_related("contract_version")
        .order_by("-cycle")
        .first()
    )
    if last is not None:
        days = last.contract_version.auto_close_days
        return load(last.timeline).after_business_days(at, days)
    office = compiled(Hours.parse(OFFICE_HOURS, settings.TIME_ZONE))
    return office.after_business_days(at, 5)


def _confirm_please(snag: Snag) -> Note:
    assert snag.resolved_at is not None
    days = (snag.auto_close_at or snag.resolved_at + timedelta(days=7)).strftime(
        "%d %B"
    )
    return Note(
        key=f"snag-{snag.pk}-resolved-{snag.resolved_at.timestamp():.0f}",
        title=f"{snag.ref} is resolved: {snag.title}",
        body=f"{snag.resolution_note}\n\nIs it fixed? Confirm, or say what is still"
        f" wrong. Without an answer it closes on {days}.",
        url=snag.get_absolute_url(),
    )


def _closed_because(snag: Snag) -> Note:
    return Note(
        key=f"snag-{snag.pk}-closed-{snag.updated_at.timestamp():.0f}",
        title=f"{snag.ref} was closed: {snag.title}",
        body=f"{snag.get_resolution_display()}. {snag.resolution_note}",
        url=snag.get_absolute_url(),
    )
