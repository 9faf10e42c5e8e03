"""What window rules come to: their occurrences, kept 18 months ahead.

Whoever writes occurrences holds the rule, then its environments by id, and reads the
clock after: a change that starts meanwhile has either started before the window or
finds it. A window never begins before it was declared.
"""

from bisect import bisect_left
from collections.abc import Iterable
from datetime import datetime, timedelta
from zoneinfo import ZoneInfoNotFoundError

from django.db import transaction
from psycopg2.extras import DateTimeTZRange

from environments.expanding import AHEAD, Pattern, Span, expand
from environments.models import Environment, Occurrence, WindowKind, WindowRule
from environments.services import telling
from opsdesk.core import clock
from opsdesk.core.errors import RuleError

A_DAY = timedelta(days=1)
Place = tuple[int, datetime, datetime]  # environment, from, until


def pattern_of(rule: WindowRule) -> Pattern:
    """The rule as the arithmetic of wall-clock time reads it."""
    return Pattern(
        datetime.fromisoformat(rule.starts_local),
        rule.minutes,
        rule.time_zone,
        rule.rrule,
        widens=rule.is_freeze,
    )


def spans_of(rule: WindowRule, at: datetime) -> list[Span]:
    """Every time it is open from now on. Raises RuleError when it cannot be read."""
    try:
        return expand(pattern_of(rule), at, at + AHEAD)
    except (ValueError, ZoneInfoNotFoundError) as error:
        raise RuleError(str(error.args[0]), code="bad_rule") from None


def locked_rule(rule: WindowRule) -> WindowRule:
    """The rule as it is now, held until the transaction ends."""
    return WindowRule.objects.select_for_update(of=("self",)).get(pk=rule.pk)


def locked_places(environments: Iterable[Environment]) -> list[Environment]:
    """The environments by id, held until the transaction ends."""
    ids = {environment.pk for environment in environments}
    rows = Environment.objects.select_for_update(of=("self",), no_key=True)
    return list(rows.filter(pk__in=ids).order_by("pk"))


def settle(
    rule: WindowRule, places: Iterable[Environment], *, at: datetime
) -> tuple[int, list[Span]]:
    """Make what is still to come agree with the rule; how many were added, and all.

    What agrees already stays the row it is, and so does what merely became shorter:
    leave given for it still holds. What no longer agrees is cancelled, or ends now if
    it has begun.
    """
    spans = [] if rule.cancelled_at else spans_of(rule, at)
    wanted = {
        (place.pk, max(span.start, at), span.end): span
        for place in places
        for span in spans
        if max(span.start, at) < span.end
    }
    differing = _that_differ(rule, wanted, at)
    missing = sorted(wanted)
    for row in differing:
        part = _part(row, missing, at)
        if part is None:
            _end(row, at)
        else:
            del wanted[part]
            start = row.starts_at if row.starts_at < at else part[1]
            row.during = DateTimeTZRange(start, part[2])
            row.save(update_fields=["during"])
    rule.occurrences.filter(cancelled_at__isnull=True, during__endswith__gt=at).update(
        is_hard=rule.is_hard
    )
    Occurrence.objects.bulk_create(_made(rule, place, at) for place in wanted)
    return len(wanted), spans


def expand_ahead() -> int:
    """Write what has come within 18 months; how many that were. Twice adds nothing.

    A rule that cannot be read stops no other: the first RuleError is raised at the end.
    """
    live = WindowRule.objects.filter(cancelled_at__isnull=True).order_by("pk")
    added, unreadable = 0, None
    for pk in live.values_list("pk", flat=True):
        try:
            added += _expand(pk)
        except RuleError as error:
            unreadable = unreadable or error
    if unreadable:
        raise unreadable
    return added


@transaction.atomic
def remind() -> int:
    """Say once, a day ahead, that a freeze starts; returns how many were told of."""
    at = clock.now()
    soon = (
        Occurrence.objects.filter(
            kind=WindowKind.FREEZE,
            cancelled_at__isnull=True,
            reminded_at__isnull=True,
            during__startswith__gt=at,
            during__startswith__lte=at + A_DAY,
        )
        .select_related("rule", "environment")
        .order_by("pk")
        .select_for_update(of=("self",), skip_locked=True)
    )
    rows = list(soon)
    telling.starts_soon(rows)
    return Occurrence.objects.filter(pk__in=[row.pk for row in rows]).update(
        reminded_at=at
    )


@transaction.atomic
def _expand(pk: int) -> int:
    rules = WindowRule.objects.filter(pk=pk, cancelled_at__isnull=True)
    rule = rules.select_for_update(of=("self",), skip_locked=True).first()
    if rule is None:
        return 0  # another worker has it
    places = locked_places(rule.environments.all())
    return settle(rule, places, at=clock.exact())[0]


def _that_differ(
    rule: WindowRule, wanted: dict[Place, Span], at: datetime
) -> list[Occurrence]:
    """Those to come that are not wanted as they are; `wanted` keeps what is missing."""
    rows = rule.occurrences.filter(cancelled_at__isnull=True, during__endswith__gt=at)
    return [
        row
        for row in rows.order_by("pk")
        if not wanted.pop(
            (row.environment_id, max(row.starts_at, at), row.ends_at), None
        )
    ]


def _part(row: Occurrence, wanted: list[Place], at: datetime) -> Place | None:
    """What of its time is still wanted, without a break in what has begun."""
    begins = max(row.starts_at, at)
    found = bisect_left(wanted, (row.environment_id, begins))
    if found == len(wanted):
        return None
    environment, start, end = wanted[found]
    is_inside = environment == row.environment_id and end <= row.ends_at
    has_a_break = row.starts_at < at < start
    return wanted[found] if is_inside and not has_a_break else None


def _made(rule: WindowRule, place: Place, at: datetime) -> Occurrence:
    environment_id, start, end = place
    return Occurrence(
        rule=rule,
        environment_id=environment_id,
        kind=rule.kind,
        is_hard=rule.is_hard,
        during=DateTimeTZRange(start, end),
        declared_at=at,
        # Whoever hears of it today need not be told again tomorrow.
        reminded_at=at if start <= at + A_DAY else None,
    )


def _end(row: Occurrence, at: datetime) -> None:
    if row.starts_at < at:
        row.during = DateTimeTZRange(row.starts_at, at)
    else:
        row.cancelled_at = at
    row.save(update_fields=["during", "cancelled_at"])
