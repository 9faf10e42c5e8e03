"""The verbs that move a snag through its life; the table of moves is `snags.moves`."""

from collections.abc import Iterable
from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction

from opsdesk.accounts.models import Party, User
from opsdesk.core import clock
from opsdesk.core.errors import RuleError, require
from opsdesk.core.services import duties
from opsdesk.core.services.outbox import Note, notify
from sla.calendars import Hours, compile  # noqa: A004
from sla.queries import load
from snags import permissions
from snags.models import Clock, Handover, Pause, Snag
from snags.services import clocks, files, talk
from snags.services.clocks import Cause
from snags.services.raising import matrix_priority
from snags.services.rows import days_of, instant, judge, locked, log, move, note_days

Waiting = Snag.WaitingFor
Resolution = Snag.Resolution

# Waiting for these stops the clocks the business sees; waiting for a supplier does not.
PAUSES = {Waiting.REPORTER: Pause.Reason.REPORTER, Waiting.CHANGE: Pause.Reason.CHANGE}
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
def triage(
    snag: Snag,
    *,
    actor: User,
    owner: User,
    impact: int,
    urgency: int,
    team: Party | None = None,
    cause: str = "",
    priority: int | None = None,
    priority_reason: str = "",
    at: datetime | None = None,
) -> Snag:
    """Say how pressing it is and who answers; another priority needs a reason."""
    snag = locked(snag)
    at = instant(snag, at)
    require(permissions.can_work_on(actor, snag))
    judge(snag, "triage")
    _check_owner(snag, owner)
    by_matrix = matrix_priority(impact, urgency)
    wanted = priority or by_matrix
    if wanted != by_matrix and not priority_reason:
        raise RuleError(
            f"Impact and urgency make this P{by_matrix}; say why it is P{wanted}.",
            code="reason_needed",
        )
    was = snag.priority
    new_owner = snag.owner_id != owner.pk
    snag.owner, snag.team, snag.cause = owner, team or owner.team, cause
    snag.impact, snag.urgency, snag.priority = impact, urgency, wanted
    snag.priority_reason = priority_reason if wanted != by_matrix else ""
    move(
        snag,
        "triage",
        "owner",
        "team",
        "cause",
        "impact",
        "urgency",
        "priority",
        "priority_reason",
        actor=actor,
        at=at,
    )
    if was != wanted:
        clocks.reprioritise(snag, Cause(_priority_cause(was, wanted), at, actor))
        note_days(*days_of(snag))
    log(snag, "triaged", actor=actor, at=at, owner=owner.name, priority=wanted)
    if new_owner:
        _tell_owner(snag, actor)
    return snag


@transaction.atomic
def start(snag: Snag, *, actor: User, at: datetime | None = None) -> Snag:
    """Take the snag on: whoever starts work answers for it."""
    snag = locked(snag)
    at = instant(snag, at)
    require(permissions.can_work_on(actor, snag))
    judge(snag, "start")
    snag.owner = actor
    snag.team = snag.team or actor.team
    move(snag, "start", "owner", "team", actor=actor, at=at)
    log(snag, "started", actor=actor, at=at)
    note_days(*days_of(snag))
    return snag


@transaction.atomic
def wait(
    snag: Snag,
    *,
    actor: User,
    waiting_for: str,
    body: str = "",
    follow_up_at: datetime | None = None,
    files_added: Iterable[files.Upload] = (),
    at: datetime | None = None,
) -> Snag:
    """Wait for the reporter, a change or a third party, until a day to ask again.

    A question to the reporter goes out as an answer to them. For a supplier, hand over.
    """
    snag = locked(snag)
    at = instant(snag, at)
    require(permissions.can_work_on(actor, snag))
    judge(snag, "wait")
    if waiting_for == Waiting.SUPPLIER:
        raise RuleError("Hand it over to the supplier instead.", code="use_hand_over")
    if waiting_for == Waiting.REPORTER and not body:
        raise RuleError("Say what you need to know from the reporter.", code="no_text")
    snag.owner = snag.owner or actor
    snag.waiting_for = waiting_for
    _owe_follow_up(snag, follow_up_at, actor)
    move(snag, "wait", "owner", "waiting_for", "follow_up", actor=actor, at=at)
    if body:
        talk.comment(snag, body=body, actor=actor, files_added=files_added)
    if waiting_for in PAUSES:
        clocks.pause(snag, PAUSES[Waiting(waiting_for)], Cause("paused", at, actor))
    log(snag, "waits", actor=actor, at=at, waiting_for=waiting_for)
    return snag


@transaction.atomic
def resume(snag: Snag, *, actor: User, at: datetime | None = None) -> Snag:
    """The wait is over; work goes on and clocks count again."""
    snag = locked(snag)
    at = instant(snag, at)
    asked = snag.waiting_for == Waiting.REPORTER and permissions.is_reporter(
        actor, snag
    )
    require(asked or permissions.can_work_on(actor, snag))
    judge(snag, "resume")
    return _take_back(snag, "resume", "resumed", actor=actor, at=at)


@transaction.atomic
def answer(snag: Snag, *, body: str, actor: User, **said: object) -> Snag:
    """The reporter answers; a snag that waited for them goes on."""
    talk.comment(snag, body=body, actor=actor, **said)  # type: ignore[arg-type]
    snag.refresh_from_db()
    waited = snag.waiting_for == Waiting.REPORTER
    if waited and permissions.is_reporter(actor, snag):
        return resume(snag, actor=actor)
    return snag


@transaction.atomic
def hand_over(
    snag: Snag,
    *,
    supplier: Party,
    actor: User,
    body: str = "",
    reference: str = "",
    follow_up_at: datetime | None = None,
    at: datetime | None = None,
) -> Snag:
    """Give the ball to a supplier; the owner stays, the business's clock runs on."""
    snag = locked(snag)
    at = instant(snag, at)
    require(permissions.can_work_on(actor, snag))
    judge(snag, "hand_over")
    if not supplier.is_supplier or not supplier.is_active:
        raise RuleError(f"{supplier} is not a supplier.", code="not_a_supplier")
    if snag.handed_to_id == supplier.pk:
        raise RuleError(f"{supplier} has it already.", code="already_there")
    _end_wait(snag, actor, at)
    snag.owner = snag.owner or actor
    snag.waiting_for, snag.handed_to = Waiting.SUPPLIER, supplier
    _owe_follow_up(snag, follow_up_at, actor)
    move(
        snag,
        "hand_over",
        "owner",
        "waiting_for",
        "handed_to",
        "follow_up",
        actor=actor,
        at=at,
    )
    Handover.objects.create(
        snag=snag, supplier=supplier, reference=reference, from_at=at
    )
    log(snag, "handed_over", actor=actor, at=at, supplier=supplier.name)
    if body:
        talk.comment(snag, body=body, actor=actor, audience=talk.Audience.SUPPLIER)
    notify(
        talk.supplier_contacts(supplier.pk),
        Note(
            key=f"snag-{snag.pk}-handed-{at.timestamp():.0f}",
            title=f"{snag.ref} is with you: {snag.title}",
            body=body or snag.detail[:2000],
            url=snag.get_absolute_url(),
        ),
    )
    return snag


@transaction.atomic
def accept(snag: Snag, *, actor: User, at: datetime | None = None) -> Snag:
    """The supplier has seen what was handed over; said once a hand-over."""
    snag = locked(snag)
    at = instant(snag, at)
    require(permissions.speaks_for_supplier(actor, snag))
    open_row = Handover.objects.filter(snag=snag, to_at__isnull=True)
    if not open_row.filter(acknowledged_at__isnull=True).update(acknowledged_at=at):
        raise RuleError("It was acknowledged already.", code="already_answered")
    supplier = snag.handed_to.name if snag.handed_to else ""
    log(snag, "accepted", actor=actor, at=at, supplier=supplier)
    if snag.owner is not None:
        notify([snag.owner], _accepted(snag, supplier))
    return snag


@transaction.atomic
def hand_back(
    snag: Snag, *, actor: User, body: str = "", at: datetime | None = None
) -> Snag:
    """The supplier (or support for them) gives the ball back to its owner here."""
    snag = locked(snag)
    at = instant(snag, at)
    supplier = permissions.speaks_for_supplier(actor, snag)
    require(supplier or permissions.can_work_on(actor, snag))
    judge(snag, "hand_back")
    if snag.handed_to is None:
        raise RuleError("No supplier has it.", code="not_handed_over")
    name = snag.handed_to.name
    if body:
        audience = talk.Audience.SUPPLIER if supplier else talk.Audience.INTERNAL
        talk.comment(snag, body=body, actor=actor, audience=audience)
    snag = _take_back(
        snag, "hand_back", "handed_back", actor=actor, at=at, supplier=name
    )
    _tell_owner(snag, actor)
    return snag


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
    _end_wait(snag, actor, at)
    snag.owner = snag.owner or actor
    snag.resolution, snag.resolution_note = resolution, resolution_note
    snag.cause = cause or snag.cause
    snag.resolved_at = at
    for kind in (Clock.Kind.RESPONSE, Clock.Kind.RESOLUTION):
        clocks.stop(snag, kind, Cause("resolved", at, actor))
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
    note_days(*days_of(snag))
    notify([_not(snag.reported_by, actor)], _confirm_please(snag))
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
    _tell_owner(snag, actor)
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
    for row in sorted((snag, into), key=lambda row: row.pk):
        locked(row)  # in id order, so two merges of a pair cannot deadlock
    snag, into = locked(snag), locked(into)
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
    note_days(*days_of(snag))
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
    _end_wait(snag, actor, at)
    snag.owner = snag.owner or actor
    snag.resolution, snag.resolution_note = resolution, resolution_note
    snag.resolved_at = snag.closed_at = at
    clocks.stop(snag, Clock.Kind.RESPONSE, Cause(verb, at, actor))
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
    note_days(*days_of(snag))
    notify([_not(snag.reported_by, actor)], _closed_because(snag))
    return snag


def _take_back(
    snag: Snag, verb: str, logged: str, *, actor: User, at: datetime, **params: object
) -> Snag:
    if snag.status != Snag.Status.WAITING:
        raise RuleError("It does not wait for anybody.", code="not_now")
    _end_wait(snag, actor, at)
    move(snag, verb, "waiting_for", "handed_to", "follow_up", actor=actor, at=at)
    log(snag, logged, actor=actor, at=at, **params)
    return snag


def _end_wait(snag: Snag, actor: User, at: datetime) -> None:
    """Whoever was waited for: the pause, the hand-over and the follow-up end."""
    clocks.unpause(snag, Cause("resumed", at, actor))
    Handover.objects.filter(snag=snag, to_at__isnull=True).update(to_at=at)
    snag.waiting_for, snag.handed_to = "", None
    if snag.follow_up is not None:
        duties.drop(snag.follow_up)
        snag.follow_up = None


def _drop_duties(snag: Snag) -> None:
    if snag.workaround_review is not None:
        duties.drop(snag.workaround_review)
        snag.workaround_review = None


def _owe_follow_up(snag: Snag, due_at: datetime | None, actor: User) -> None:
    if snag.follow_up is not None:
        duties.drop(snag.follow_up)
        snag.follow_up = None
    if due_at is not None:
        snag.follow_up = duties.owe(
            kind="follow_up",
            title=f"Ask again about {snag.ref} {snag.title}"[:200],
            owner=snag.owner or actor,
            due_at=due_at,
            url=snag.get_absolute_url(),
        )


def _check_owner(snag: Snag, owner: User) -> None:
    if not owner.is_active or not permissions.can_work_on(owner, snag):
        raise RuleError(f"{owner} cannot work on this snag.", code="bad_owner")


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
    office = compile(Hours.parse(OFFICE_HOURS, settings.TIME_ZONE))
    return office.after_business_days(at, 5)


def _priority_cause(was: int, now: int) -> str:
    return "priority_raised" if now < was else "priority_lowered"


def _not(person: User, actor: User) -> User | None:
    return None if person.pk == actor.pk else person


def _tell_owner(snag: Snag, actor: User) -> None:
    if snag.owner is None or snag.owner_id == actor.pk:
        return
    stamp = snag.updated_at.timestamp()
    notify(
        [snag.owner],
        Note(
            key=f"snag-{snag.pk}-yours-{stamp:.0f}",
            title=f"{snag.ref} is yours: {snag.title}",
            body=f"{actor.name} passed it to you.",
            url=snag.get_absolute_url(),
        ),
    )


def _accepted(snag: Snag, supplier: str) -> Note:
    return Note(
        key=f"snag-{snag.pk}-accepted-{snag.updated_at.timestamp():.0f}",
        title=f"{snag.ref}: {supplier} has it",
        body=f"{supplier} acknowledged “{snag.title}”.",
        url=snag.get_absolute_url(),
    )


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
