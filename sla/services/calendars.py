"""Calendars: created, amended from an instant on, corrected, taken out of use.

Each change is a new version with its reason; the clocks that run by it are computed
again by `snags`, which pulls the TermsChange written in the same transaction.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime

from django.db import transaction

from opsdesk.accounts.models import User
from opsdesk.core import clock
from opsdesk.core.errors import RuleError, require
from opsdesk.core.records import check_version, save
from sla.calendars import Timeline, compiled
from sla.hours import CalendarError, Hours, Window
from sla.models import CalendarVersion, Contract, ServiceCalendar, Target, TermsChange
from sla.permissions import can_edit_terms
from sla.queries import load, timeline_of
from sla.services.holidays import region_days, years_around
from sla.services.versions import announce, ask_reason, check_latest, correct, from_when

Special = Mapping[date, tuple[Window, ...]]
MAX_DAYS = 4_000


@dataclass(frozen=True)
class Draft:
    """Hours somebody typed, judged and ready to become a version."""

    hours: Hours
    region: str
    names: dict[str, str]


def draft(
    *,
    timezone: str,
    week: str,
    region: str = "",
    days: Mapping[date, str] | None = None,
    special: Special | None = None,
    now: datetime,
) -> Draft:
    """Judge hours: a known zone, no overlap, an opening soon; named days off joined."""
    off = region_days(region, years_around(now)) | dict(days or {})
    if len(off) + len(special or {}) > MAX_DAYS:
        raise RuleError(f"A calendar names at most {MAX_DAYS:,} days.", code="too_many")
    try:
        plain = Hours.parse(week, timezone)
        hours = Hours(timezone, plain.weekly, frozenset(off), dict(special or {}))
        hours.validate(now.date())
    except CalendarError as error:
        raise RuleError(str(error), code="bad_hours") from error
    return Draft(hours, region, {day.isoformat(): name for day, name in off.items()})


@transaction.atomic
def create_calendar(
    *,
    actor: User,
    name: str,
    timezone: str,
    week: str,
    description: str = "",
    region: str = "",
    days: Mapping[date, str] | None = None,
    special: Special | None = None,
) -> ServiceCalendar:
    """Support hours under a name, in force from the beginning of time."""
    require(can_edit_terms(actor))
    wanted = draft(
        timezone=timezone,
        week=week,
        region=region,
        days=days,
        special=special,
        now=clock.now(),
    )
    calendar = ServiceCalendar(name=name, description=description)
    save(calendar, actor=actor)
    _version(calendar, wanted, actor=actor, number=1).save()
    return calendar


@transaction.atomic
def amend_calendar(
    calendar: ServiceCalendar,
    *,
    actor: User,
    version: int | None,
    timezone: str,
    week: str,
    effective_at: datetime | None = None,
    reason: str = "",
    region: str = "",
    days: Mapping[date, str] | None = None,
    special: Special | None = None,
) -> CalendarVersion:
    """Other hours from an instant on; what was consumed before it stays as it was."""
    require(can_edit_terms(actor))
    calendar = _locked(calendar)
    now = clock.now()
    number = check_latest(_latest(calendar), version)
    wanted = draft(
        timezone=timezone,
        week=week,
        region=region,
        days=days,
        special=special,
        now=now,
    )
    amended = _version(calendar, wanted, actor=actor, number=number)
    amended.effective_from = from_when(effective_at, now)
    amended.reason = reason
    amended.save()
    check_reachable(calendar, now)
    announce(TermsChange.Mode.AMENDMENT, calendar, actor)
    return amended


@transaction.atomic
def correct_calendar(
    calendar: ServiceCalendar,
    *,
    actor: User,
    version: int | None,
    replaces: int,
    reason: str,
    timezone: str,
    week: str,
    region: str = "",
    days: Mapping[date, str] | None = None,
    special: Special | None = None,
) -> CalendarVersion:
    """The hours of a version were wrong: replaced for the time it is in force.

    Running clocks are counted again from their start; a deadline that thereby lies in
    the past is a breach with the cause "correction".
    """
    require(can_edit_terms(actor))
    ask_reason(reason)
    calendar = _locked(calendar)
    now = clock.now()
    number = check_latest(_latest(calendar), version)
    wanted = draft(
        timezone=timezone,
        week=week,
        region=region,
        days=days,
        special=special,
        now=now,
    )
    right = _version(calendar, wanted, actor=actor, number=number)
    correct(calendar.versions.in_force().filter(number=replaces).first(), right, reason)
    check_reachable(calendar, now)
    announce(TermsChange.Mode.CORRECTION, calendar, actor)
    return right


@transaction.atomic
def rename_calendar(
    calendar: ServiceCalendar,
    *,
    actor: User,
    version: int | None,
    name: str,
    description: str = "",
) -> ServiceCalendar:
    """Another name or description; the hours stay.

    Whoever read an older version keeps both texts (StaleError).
    """
    require(can_edit_terms(actor))
    calendar = _locked(calendar)
    check_version(calendar, version)
    calendar.name, calendar.description = name, description
    save(calendar, "name", "description", "version", actor=actor)
    return calendar


@transaction.atomic
def set_calendar_active(
    calendar: ServiceCalendar, *, actor: User, is_active: bool
) -> ServiceCalendar:
    """Offer a calendar to new promises, or no longer; never while one counts by it."""
    require(can_edit_terms(actor))
    calendar = _locked(calendar)
    user = None if is_active else _contract_by(calendar)
    if user is not None:
        raise RuleError(f"“{user}” counts by it. Amend that first.", code="in_use")
    calendar.is_active = is_active
    save(calendar, "is_active", actor=actor)
    return calendar


def check_reachable(calendar: ServiceCalendar, now: datetime) -> None:
    """Refuse hours by which a promise in force could never fall due (R14)."""
    hours = load(timeline_of(calendar.pk))
    starts = [now, *(at for at in _begins(calendar) if at > now)]
    for target in _targets_by(calendar):
        for start in starts:
            reach(hours, target, start)


def reach(hours: Timeline, target: Target, start: datetime) -> datetime:
    """When a promise made at an instant falls due; refused when it never would."""
    try:
        if target.seconds is not None:
            return hours.deadline(start, target.seconds)
        return hours.after_business_days(start, target.business_days or 0)
    except CalendarError as error:
        raise RuleError(
            f"By these hours “{target}” would never fall due. {error}",
            code="never_due",
        ) from error


def schedule_with(calendar_id: int, wanted: Hours, since: datetime | None) -> Timeline:
    """The calendar's timeline as it would be with these hours from an instant on.

    The version in force from that very instant is replaced, as a correction does.
    """
    versions = CalendarVersion.objects.in_force().filter(calendar=calendar_id)
    steps = {row.effective_from: row.as_hours() for row in versions.order_by("number")}
    steps[since] = wanted
    ordered = sorted(steps.items(), key=lambda step: (step[0] is not None, step[0]))
    return Timeline(tuple((start, compiled(hours)) for start, hours in ordered))


def _version(
    calendar: ServiceCalendar, wanted: Draft, *, actor: User, number: int
) -> CalendarVersion:
    return CalendarVersion(
        calendar=calendar,
        number=number,
        hours=wanted.hours.to_json(),
        holiday_region=wanted.region,
        holiday_names=wanted.names,
        created_by=actor,
    )


def _locked(calendar: ServiceCalendar) -> ServiceCalendar:
    return ServiceCalendar.objects.select_for_update(no_key=True).get(pk=calendar.pk)


def _latest(calendar: ServiceCalendar) -> CalendarVersion | None:
    return calendar.versions.order_by("-number").first()


def _begins(calendar: ServiceCalendar) -> list[datetime]:
    rows = calendar.versions.in_force().filter(effective_from__isnull=False)
    return [at for at in rows.values_list("effective_from", flat=True) if at]


def _targets_by(calendar: ServiceCalendar) -> list[Target]:
    rows = Target.objects.filter(
        calendar=calendar,
        version__replaced_by__isnull=True,
        version__contract__is_active=True,
    )
    return list(rows.order_by("version", "priority", "kind"))


def _contract_by(calendar: ServiceCalendar) -> Contract | None:
    rows = Contract.objects.active().filter(
        versions__replaced_by__isnull=True, versions__targets__calendar=calendar
    )
    return rows.order_by("name").first()
