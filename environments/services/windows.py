"""Freezes and maintenance windows: planned, changed and called off."""

from datetime import datetime
from typing import TypedDict, Unpack

from django.db import transaction

from environments import permissions
from environments.expanding import SHAPE
from environments.models import Environment, Landscape, WindowKind, WindowRule
from environments.services import telling
from environments.services.occurring import locked_places, locked_rule, settle
from environments.services.rows import log
from opsdesk.accounts.models import User
from opsdesk.core import clock
from opsdesk.core.errors import RuleError, require
from opsdesk.core.records import check_version, save

COLUMNS = (
    "name",
    "reason",
    "starts_local",
    "minutes",
    "time_zone",
    "rrule",
    "is_hard",
    "exempt",
)


class WindowFacts(TypedDict, total=False):
    """What a window is; `starts_local` is wall-clock time of `time_zone`, naive."""

    name: str
    reason: str
    environments: list[Environment]
    starts_local: datetime
    minutes: int
    time_zone: str
    rrule: str
    is_hard: bool
    exempt: str


@transaction.atomic
def create_window(
    landscape: Landscape, *, actor: User, kind: str, **facts: Unpack[WindowFacts]
) -> WindowRule:
    """Plan a freeze or a maintenance window; a freeze is announced.

    A freeze that should have begun already begins now. Raises RuleError when the rule
    cannot be read, overlaps itself, or comes to nothing in the next 18 months.
    """
    require(permissions.can_plan_windows(actor, kind))
    rule = WindowRule(landscape=landscape, kind=kind, created_by=actor)
    _describe(rule, facts)
    save(rule, actor=actor)
    rule.environments.set(_own(landscape, facts["environments"]))
    places = locked_places(facts["environments"])
    _settle(rule, places, "window_added", actor=actor, told=places)
    return rule


@transaction.atomic
def edit_window(
    rule: WindowRule,
    *,
    actor: User,
    version: int | None,
    **facts: Unpack[WindowFacts],
) -> WindowRule:
    """Change a window from now on; what has happened under it stays as it was.

    An environment left out is free from now on, and its timeline says so too.
    """
    rule = _live(rule)
    require(permissions.can_plan_windows(actor, rule.kind))
    check_version(rule, version)
    _describe(rule, facts)
    save(rule, *COLUMNS, "version", actor=actor)
    before = list(rule.environments.all())
    after = _own(rule.landscape, facts["environments"])
    held = locked_places([*before, *after])
    rule.environments.set(after)
    places = [row for row in held if row in after]
    _settle(rule, places, "window_changed", actor=actor, told=held)
    return rule


@transaction.atomic
def cancel_window(rule: WindowRule, *, actor: User, reason: str) -> WindowRule:
    """Call a window off: what was to come does not, and one that is open ends now."""
    rule = _live(rule)
    require(permissions.can_plan_windows(actor, rule.kind))
    places = locked_places(rule.environments.all())
    at = clock.exact()
    rule.cancelled_at, rule.cancelled_by, rule.cancel_reason = at, actor, reason
    rule.version += 1
    save(rule, "cancelled_at", "cancelled_by", "cancel_reason", "version", actor=actor)
    was_on = rule.occurrences.filter(
        cancelled_at__isnull=True, during__contains=at
    ).exists()
    settle(rule, places, at=at)
    _log(rule, places, "window_cancelled", actor=actor, at=at, reason=reason)
    if rule.is_freeze:
        tell = telling.ended_early if was_on else telling.cancelled
        tell(rule, places, but=actor)
    return rule


def _live(rule: WindowRule) -> WindowRule:
    rule = locked_rule(rule)
    if rule.cancelled_at:
        raise RuleError(f"{rule} was called off already.", code="window_cancelled")
    return rule


def _describe(rule: WindowRule, facts: WindowFacts) -> None:
    rule.name, rule.reason = facts["name"], facts.get("reason", "")
    rule.starts_local = f"{facts['starts_local']:{SHAPE}}"
    rule.minutes, rule.time_zone = facts["minutes"], facts["time_zone"]
    rule.rrule = facts.get("rrule", "")
    rule.is_hard = rule.is_freeze and facts.get("is_hard", True)
    rule.exempt = facts.get("exempt", "") if rule.is_hard else ""


def _own(landscape: Landscape, wanted: list[Environment]) -> list[Environment]:
    if not wanted or any(row.landscape_id != landscape.pk for row in wanted):
        raise RuleError(f"Choose environments of {landscape}.", code="bad_environments")
    return wanted


def _settle(
    rule: WindowRule,
    places: list[Environment],
    verb: str,
    *,
    actor: User,
    told: list[Environment],
) -> None:
    """Write what it comes to, say so on the timelines of `told`, announce a freeze."""
    at = clock.exact()
    _, spans = settle(rule, places, at=at)
    coming = [span for span in spans if not span.is_empty]
    if not coming:
        raise RuleError("Nothing of it lies in the next 18 months.", code="never_comes")
    start, end = max(coming[0].start, at), coming[0].end
    _log(rule, told, verb, actor=actor, at=at, start=start.isoformat())
    if rule.kind == WindowKind.FREEZE:
        telling.announced(rule, places, (start, end), but=actor)


def _log(
    rule: WindowRule,
    places: list[Environment],
    verb: str,
    *,
    actor: User,
    at: datetime,
    **params: str,
) -> None:
    for place in places:
        log(
            place,
            verb,
            actor=actor,
            at=at,
            window=rule.name,
            kind=rule.kind,
            is_hard=rule.is_hard,
            pk=rule.pk,
            **params,
        )
