"""Contracts as their pages show them, and what would be due when."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from django.db.models import Prefetch, QuerySet

from sla.calendars import CalendarError, Schedule
from sla.models import (
    Contract,
    ContractVersion,
    Priority,
    ServiceCalendar,
    Target,
    TermsChange,
)
from sla.queries.promises import load, timeline_of
from sla.wording import length_text

KINDS = tuple(Target.Kind)


@dataclass(frozen=True)
class Forecast:
    """When a promise made at an instant would fall due; None: nothing is promised."""

    priority: int
    kind: str
    label: str
    length: str
    calendar: str
    due_at: datetime | None


@dataclass(frozen=True)
class MatrixRow:
    """The targets of one priority, in the order of the kinds."""

    priority: Priority
    targets: tuple[Target | None, ...]

    @property
    def lengths(self) -> list[tuple[str, str]]:
        return [
            (length_text(t.minutes, t.business_days), str(t.calendar))
            if t
            else ("", "")
            for t in self.targets
        ]


@dataclass(frozen=True)
class ContractLine:
    contract: Contract
    version: ContractVersion | None
    following: ContractVersion | None


def contracts() -> QuerySet[Contract]:
    rows = Contract.objects.select_related("party", "landscape")
    return rows.order_by("-is_active", "kind", "name", "pk")


def contract_lines(at: datetime) -> list[ContractLine]:
    """Every contract with what holds now, those out of use last."""
    versions = ContractVersion.objects.in_force().order_by("effective_from")
    rows = contracts().prefetch_related(Prefetch("versions", versions, to_attr="held"))
    lines = []
    for row in rows:
        held: list[ContractVersion] = row.held
        now = [version for version in held if version.effective_from <= at]
        later = [version for version in held if version.effective_from > at]
        lines.append(
            ContractLine(row, now[-1] if now else None, later[0] if later else None)
        )
    return lines


def contract_version_at(contract: Contract, at: datetime) -> ContractVersion | None:
    """The version that counts at an instant; before the first, the first to come."""
    rows = contract.versions.in_force().prefetch_related("targets__calendar")
    held = list(rows.order_by("effective_from"))
    begun = [version for version in held if version.effective_from <= at]
    return begun[-1] if begun else (held[0] if held else None)


def contract_versions(contract: Contract) -> list[ContractVersion]:
    rows = contract.versions.select_related("created_by", "replaced_by")
    return list(rows.order_by("-number"))


def matrix(version: ContractVersion) -> list[MatrixRow]:
    """Targets by priority and kind; the version's targets are loaded already."""
    held = {(t.priority, t.kind): t for t in version.targets.all()}
    return [
        MatrixRow(priority, tuple(held.get((priority, kind)) for kind in KINDS))
        for priority in Priority
    ]


class Promised(Protocol):
    """What a forecast reads: a stored target, or one that is only tried out."""

    @property
    def kind(self) -> str: ...
    @property
    def priority(self) -> int: ...
    @property
    def minutes(self) -> int | None: ...
    @property
    def business_days(self) -> int | None: ...
    @property
    def calendar(self) -> ServiceCalendar: ...


def forecast(
    version: ContractVersion,
    at: datetime,
    *,
    instead: Mapping[int, Schedule] | None = None,
) -> list[Forecast]:
    """What a snag of each priority, logged at an instant, would be due.

    `instead` holds schedules that are only tried out, by calendar.
    """
    targets = [t for line in matrix(version) for t in line.targets if t is not None]
    return forecast_of(targets, at, instead=instead)


def forecast_of(
    targets: Iterable[Promised],
    at: datetime,
    *,
    instead: Mapping[int, Schedule] | None = None,
) -> list[Forecast]:
    """The same for targets that need not be stored."""
    schedules: dict[int, Schedule] = dict(instead or {})
    for target in (targets := list(targets)):
        pk = target.calendar.pk
        if pk not in schedules:
            schedules[pk] = load(timeline_of(pk))
    return [
        Forecast(
            priority=target.priority,
            kind=target.kind,
            label=str(Target.Kind(target.kind).label),
            length=length_text(target.minutes, target.business_days),
            calendar=str(target.calendar),
            due_at=_due(schedules[target.calendar.pk], target, at),
        )
        for target in targets
    ]


def open_changes(subject_ids: Mapping[str, int]) -> list[TermsChange]:
    """Changes of a calendar or contract that running clocks still wait for."""
    rows = TermsChange.objects.filter(finished_at__isnull=True, **subject_ids)
    return list(rows.order_by("pk"))


def _due(schedule: Schedule, target: Promised, at: datetime) -> datetime | None:
    try:
        if target.minutes is not None:
            return schedule.deadline(at, target.minutes * 60)
        return schedule.after_business_days(at, target.business_days or 0)
    except CalendarError:
        return None
