"""A snag comes into the world: by its reporter, or by support on their behalf."""

from collections.abc import Iterable
from datetime import date, datetime, timedelta

from django.db import transaction
from django.utils import timezone

from environments.models import Environment, Module
from opsdesk.accounts.models import User
from opsdesk.core import clock
from opsdesk.core.errors import RuleError, require
from opsdesk.core.records import save
from opsdesk.core.services.outbox import Note, notify
from snags import permissions
from snags.models import BusinessProcess, Clock, Snag, Snaglist
from snags.services import clocks, files
from snags.services.clocks import Cause
from snags.services.rows import log, note_days

BY_VOICE = {Snag.Channel.PHONE, Snag.Channel.WALK_IN}
# A call is written up within days; older reports are imported.
EARLIEST_CALL = timedelta(days=14)
NOT_THEIRS = "You write down reports of the departments you look after."


def check_told_at(at: datetime) -> None:
    """Refuse what people may not give as the time they were told: too old or to come.

    Asked by page and API of what is typed; importers place snags anywhere in the past.
    """
    now = clock.now()
    if not now - EARLIEST_CALL <= at <= now:
        earliest = timezone.localtime(now - EARLIEST_CALL)
        raise RuleError(
            f"Choose a time between {earliest:%d %b} and now.", code="bad_time"
        )


def matrix_priority(impact: int, urgency: int) -> int:
    """Impact × urgency: both high is P1, each step down lowers it by one, to P4."""
    return min(4, impact + urgency - 1)


def judge_priority(
    snag: Snag, impact: int, urgency: int, priority: int | None, reason: str
) -> None:
    """Set how pressing it is; another priority than the matrix's needs a reason."""
    by_matrix = matrix_priority(impact, urgency)
    wanted = priority or by_matrix
    if wanted != by_matrix and not reason:
        raise RuleError(
            f"Impact and urgency make this P{by_matrix}; say why it is P{wanted}.",
            code="reason_needed",
        )
    snag.impact, snag.urgency, snag.priority = impact, urgency, wanted
    snag.priority_reason = reason if wanted != by_matrix else ""


def priority_cause(was: int, now: int) -> str:
    """What a recompute after a change of priority is called."""
    return "priority_raised" if now < was else "priority_lowered"


@transaction.atomic
def raise_snag(
    *,
    title: str,
    actor: User,
    snaglist: Snaglist,
    environment: Environment,
    detail: str = "",
    kind: str = Snag.Kind.FAULT,
    impact: int = Snag.Level.LOW,
    urgency: int = Snag.Level.MEDIUM,
    channel: str = Snag.Channel.WEB,
    reported_by: User | None = None,
    module: Module | None = None,
    process: BusinessProcess | None = None,
    step: str = "",
    designed_step: str = "",
    actual_step: str = "",
    observed_by: User | None = None,
    observed_on: date | None = None,
    original_decision: str = "",
    addition: str = "",
    first_seen_on: date | None = None,
    needed_by_on: date | None = None,
    sensitivity: str = Snag.Sensitivity.NORMAL,
    data_approver: User | None = None,
    files_added: Iterable[files.Upload] = (),
    at: datetime | None = None,
) -> Snag:
    """Record what is wrong and start the clock on every promise that covers it.

    `at` is an earlier instant at which it was reported (phone, walk-in), never later
    than now. Reported by voice, the answer was given on the spot: response is met.
    """
    require(permissions.can_raise(actor))
    reporter = reported_by or actor
    on_behalf = reporter.pk != actor.pk
    require(permissions.can_log_for(actor, reporter), NOT_THEIRS)
    _check_place(environment, snaglist, module, process)
    uploads = files.check_uploads(files_added)
    now = clock.now()
    snag = Snag(
        title=title,
        detail=detail,
        kind=kind,
        snaglist=snaglist,
        environment=environment,
        module=module or snaglist.module,
        process=process,
        step=step,
        designed_step=designed_step,
        actual_step=actual_step,
        observed_by=observed_by,
        observed_on=observed_on,
        original_decision=original_decision,
        addition=addition,
        first_seen_on=first_seen_on,
        needed_by_on=needed_by_on,
        sensitivity=sensitivity,
        data_approver=data_approver,
        impact=impact,
        urgency=urgency,
        priority=matrix_priority(impact, urgency),
        channel=channel,
        reported_by=reporter,
        logged_by=actor if on_behalf else None,
        department_id=reporter.department_id,
        reported_at=_reported_at(at, now),
        updated_at=now,
    )
    planned = clocks.plan_clocks(snag, now)
    save(snag, actor=actor)
    clocks.save_new(planned, Cause("started", now, actor))
    log(snag, "raised", actor=actor, at=snag.reported_at, channel=channel)
    if planned and channel in BY_VOICE:
        answered = Cause("answered", snag.reported_at, actor)
        clocks.stop(snag, answered, kinds={Clock.Kind.RESPONSE})
    for upload in uploads:
        files.attach(snag, upload, actor=actor)
    note_days(snag.reported_at)
    notify([reporter], _received(snag))
    return snag


def _reported_at(at: datetime | None, now: datetime) -> datetime:
    """In whole seconds, like all that clocks count, and not to come."""
    if at is not None and at > now:
        raise RuleError("It cannot have been reported in the future.", code="bad_time")
    return (at or now).replace(microsecond=0)


def _check_place(
    environment: Environment,
    snaglist: Snaglist,
    module: Module | None,
    process: BusinessProcess | None,
) -> None:
    """Refuse a closed list, and a list, module or process of another system."""
    if not snaglist.is_open:
        raise RuleError(f"“{snaglist}” takes no new snags.", code="list_closed")
    system = environment.landscape_id
    if snaglist.golive.landscape_id != system:
        raise RuleError(f"“{snaglist}” is for another system.", code="bad_list")
    for named in (module, process):
        if named is not None and named.landscape_id != system:
            raise RuleError(f"“{named}” is part of another system.", code="bad_system")


def _received(snag: Snag) -> Note:
    return Note(
        key=f"snag-{snag.pk}-received",
        title=f"{snag.ref} received: {snag.title}",
        body="Thank you. Support has it now; you will hear when something happens.",
        url=snag.get_absolute_url(),
    )
