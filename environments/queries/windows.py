"""When environments are frozen or in maintenance: what gates, boards and pages ask.

An occurrence holds from its first instant up to, not including, its last: a freeze that
ends at 18:00 lets a change start at 18:00:00. Hard freezes come before advisory ones.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Prefetch, QuerySet
from psycopg2.extras import DateTimeTZRange

from environments.models import Environment, Occurrence, WindowKind, WindowRule
from environments.queries.pairs import windows_of
from opsdesk.accounts.models import User


@dataclass(frozen=True)
class Standing:
    """What holds in one environment at an instant, and what comes next."""

    freezes: tuple[Occurrence, ...] = ()
    maintenance: Occurrence | None = None
    upcoming: Occurrence | None = None

    @property
    def freeze(self) -> Occurrence | None:
        """The one to name: a hard one if there is any, the one that ends last."""
        worst = sorted(self.freezes, key=lambda one: (one.is_hard, one.ends_at))
        return worst[-1] if worst else None


def freezes_now(environment: Environment, at: datetime) -> list[Occurrence]:
    """Every freeze that holds there at an instant, hard ones first."""
    places = windows_of(environment)
    return list(_live(places).filter(kind=FREEZE, during__contains=at))


def maintenance_now(environment: Environment, at: datetime) -> Occurrence | None:
    """The maintenance window open there at an instant; of several, the last to end."""
    places = windows_of(environment)
    found = _live(places).filter(kind=MAINTENANCE, during__contains=at)
    return max(found, key=lambda one: one.ends_at, default=None)


def next_windows(environment: Environment, at: datetime, n: int) -> list[Occurrence]:
    """The next few windows of both kinds that start there after an instant."""
    return list(
        _live(windows_of(environment))
        .filter(during__startswith__gt=at)
        .order_by("during", "-is_hard", "pk")[:n]
    )


def freezes_over(environment: Environment, span: DateTimeTZRange) -> list[Occurrence]:
    """Every freeze that holds there at some instant of a range, hard ones first."""
    places = windows_of(environment)
    return list(_live(places).filter(kind=FREEZE, during__overlap=span))


def standings(environments: Iterable[Environment], at: datetime) -> dict[int, Standing]:
    """What holds in each environment and what comes next, in two reads for all."""
    places = {each.pk: windows_of(each) for each in environments}
    every = {place for found in places.values() for place in found}
    now = list(_live(every).filter(during__contains=at))
    coming = list(
        _live(every)
        .filter(during__startswith__gt=at)
        .order_by("environment_id", "during", "-is_hard", "pk")
        .distinct("environment_id")
    )
    return {
        pk: _standing(
            [one for one in now if one.environment in found],
            [one for one in coming if one.environment in found],
        )
        for pk, found in places.items()
    }


def rules(user: User) -> QuerySet[WindowRule]:
    """Every rule a person may read, with its environments."""
    places = Environment.objects.visible_to(user).order_by("kind", "name", "pk")
    return (
        WindowRule.objects.filter(environments__in=places.order_by())
        .distinct()
        .select_related("landscape", "created_by", "cancelled_by")
        .prefetch_related(Prefetch("environments", places))
        .order_by("landscape__name", "kind", "name", "pk")
    )


def next_openings(rules: Iterable[int], at: datetime) -> dict[int, Occurrence]:
    """The occurrence of each rule that is open now or comes next."""
    found = (
        Occurrence.objects.filter(
            rule__in=rules, cancelled_at__isnull=True, during__endswith__gt=at
        )
        .order_by("rule_id", "during", "pk")
        .distinct("rule_id")
    )
    return {row.rule_id: row for row in found}


def occurrences_between(
    user: User, since: datetime, until: datetime
) -> QuerySet[Occurrence]:
    """Everything open at some instant of [since, until), in order."""
    span = DateTimeTZRange(since, until)
    return (
        _live(Environment.objects.visible_to(user))
        .filter(during__overlap=span)
        .order_by("during", "-is_hard", "rule", "environment__kind", "pk")
    )


FREEZE, MAINTENANCE = WindowKind.FREEZE, WindowKind.MAINTENANCE


def _standing(now: list[Occurrence], coming: list[Occurrence]) -> Standing:
    windows = [one for one in now if one.kind == MAINTENANCE]
    return Standing(
        freezes=tuple(one for one in now if one.kind == FREEZE),
        maintenance=max(windows, key=lambda one: one.ends_at, default=None),
        upcoming=min(coming, key=lambda one: one.starts_at, default=None),
    )


def _live(environments: Iterable[Environment]) -> QuerySet[Occurrence]:
    return (
        Occurrence.objects.filter(
            environment__in=environments, cancelled_at__isnull=True
        )
        .select_related("rule", "environment")
        .order_by("-is_hard", "during", "pk")
    )
