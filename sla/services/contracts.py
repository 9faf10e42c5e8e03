"""Contracts: created, amended from a date on, corrected, taken out of use."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime

from django.db import transaction

from environments.models import Landscape
from opsdesk.accounts.models import Party, User
from opsdesk.core import clock
from opsdesk.core.errors import RuleError, require
from opsdesk.core.records import save
from sla.models import Contract, ContractVersion, ServiceCalendar, Target, TermsChange
from sla.permissions import can_edit_terms
from sla.queries import load, timeline_of
from sla.services.calendars import reach
from sla.services.versions import announce, ask_reason, check_latest, correct, from_when

MAX_SHARES = 5
MAX_LATE_MINUTES = 60 * 24 * 365


@dataclass(frozen=True)
class Line:
    """One promise to write: minutes or working days, counted by a calendar."""

    kind: str
    priority: int
    calendar: ServiceCalendar
    minutes: int | None = None
    business_days: int | None = None


@dataclass(frozen=True)
class Conditions:
    """What a contract says besides its targets."""

    reopen_mode: str = ContractVersion.ReopenMode.RESUME
    reopen_window_days: int = 5
    pause_response: bool = False
    warn_percents: tuple[int, ...] = (75,)
    late_minutes: tuple[int, ...] = ()
    compliance_percent: int = 95
    auto_close_days: int = 5


@transaction.atomic
def create_contract(
    *,
    actor: User,
    name: str,
    party: Party,
    targets: Sequence[Line],
    kind: str = Contract.Kind.SLA,
    landscape: Landscape | None = None,
    conditions: Conditions | None = None,
    effective_at: datetime | None = None,
) -> Contract:
    """Promise service from a date on: snags reported from then on have its clocks."""
    require(can_edit_terms(actor))
    _check_party(kind, party)
    now = clock.now()
    contract = Contract(name=name, kind=kind, party=party, landscape=landscape)
    save(contract, actor=actor)
    version = _version(contract, conditions or Conditions(), actor=actor, number=1)
    version.effective_from = effective_at or now
    version.save()
    _write(version, targets, now)
    return contract


@transaction.atomic
def amend_contract(
    contract: Contract,
    *,
    actor: User,
    version: int | None,
    targets: Sequence[Line],
    conditions: Conditions,
    effective_at: datetime | None = None,
    reason: str = "",
) -> ContractVersion:
    """Other terms for snags reported from an instant on; running clocks keep theirs."""
    require(can_edit_terms(actor))
    contract = _locked(contract)
    now = clock.now()
    number = check_latest(_latest(contract), version)
    amended = _version(contract, conditions, actor=actor, number=number)
    amended.effective_from = from_when(effective_at, now)
    amended.reason = reason
    amended.save()
    _write(amended, targets, now)
    announce(TermsChange.Mode.AMENDMENT, contract, actor)
    return amended


@transaction.atomic
def correct_contract(
    contract: Contract,
    *,
    actor: User,
    version: int | None,
    replaces: int,
    reason: str,
    targets: Sequence[Line],
    conditions: Conditions,
) -> ContractVersion:
    """The terms of a version were wrong: its running clocks are held to the right ones.

    They are counted again from their start. A promise that was not in the wrong version
    does not start on snags already reported, unless their priority changes.
    """
    require(can_edit_terms(actor))
    ask_reason(reason)
    contract = _locked(contract)
    now = clock.now()
    number = check_latest(_latest(contract), version)
    right = _version(contract, conditions, actor=actor, number=number)
    correct(contract.versions.in_force().filter(number=replaces).first(), right, reason)
    _write(right, targets, now)
    announce(TermsChange.Mode.CORRECTION, contract, actor)
    return right


@transaction.atomic
def set_contract_active(
    contract: Contract, *, actor: User, is_active: bool
) -> Contract:
    """Let new snags fall under it, or no longer; running clocks run on."""
    require(can_edit_terms(actor))
    contract = _locked(contract)
    contract.is_active = is_active
    save(contract, "is_active", actor=actor)
    return contract


def _version(
    contract: Contract, conditions: Conditions, *, actor: User, number: int
) -> ContractVersion:
    _check(conditions)
    values = asdict(conditions)
    values["warn_percents"] = sorted(set(conditions.warn_percents))
    values["late_minutes"] = sorted(set(conditions.late_minutes))
    return ContractVersion(contract=contract, number=number, created_by=actor, **values)


def _check(conditions: Conditions) -> None:
    if any(not 1 <= share <= 99 for share in conditions.warn_percents):
        raise RuleError("Warn at 1 to 99 percent of the time.", code="bad_share")
    if any(not 1 <= late <= MAX_LATE_MINUTES for late in conditions.late_minutes):
        raise RuleError("Remind within a year of a miss.", code="bad_reminder")
    if max(len(conditions.warn_percents), len(conditions.late_minutes)) > MAX_SHARES:
        raise RuleError(
            f"At most {MAX_SHARES} warnings and {MAX_SHARES} reminders.",
            code="too_many",
        )


def _write(version: ContractVersion, lines: Sequence[Line], now: datetime) -> None:
    """Write a version's targets; each must be able to fall due."""
    if not lines:
        raise RuleError("Promise at least one target.", code="no_targets")
    targets = [Target(version=version, **_fields(line)) for line in lines]
    in_use = set(
        ServiceCalendar.objects.filter(
            pk__in={target.calendar_id for target in targets}, is_active=True
        ).values_list("pk", flat=True)
    )
    for target in targets:
        if target.calendar_id not in in_use:
            raise RuleError(
                f"“{target.calendar}” is out of use; choose another calendar.",
                code="calendar_inactive",
            )
        start = max(now, version.effective_from)
        reach(load(timeline_of(target.calendar_id)), target, start)
    Target.objects.bulk_create(targets)


def _fields(line: Line) -> dict[str, object]:
    return {
        "kind": line.kind,
        "priority": line.priority,
        "calendar": line.calendar,
        "minutes": line.minutes,
        "business_days": line.business_days,
    }


def _check_party(kind: str, party: Party) -> None:
    if (kind == Contract.Kind.SUPPLIER) != party.is_supplier:
        raise RuleError(
            "A supplier's contract is promised by a supplier, every other by"
            " the organisation or a team.",
            code="bad_party",
        )


def _locked(contract: Contract) -> Contract:
    return Contract.objects.select_for_update(of=("self",), no_key=True).get(
        pk=contract.pk
    )


def _latest(contract: Contract) -> ContractVersion | None:
    return contract.versions.order_by("-number").first()
