"""Freezes a change may need leave for: those in its way, where and when it goes."""

from datetime import datetime

from django.db.backends.postgresql.psycopg_any import DateTimeTZRange
from django.db.models import Q

from changes.models import ChangeRequest
from environments.models import Environment, Occurrence, WindowKind
from environments.queries.pairs import windows_of
from opsdesk.accounts.models import User


def freezes_in_the_way(
    user: User, change: ChangeRequest, at: datetime
) -> list[Occurrence]:
    """Hard freezes that do not let its kind through and are not over, which bind a
    place it goes to: now, in its slot or between its earliest start and latest end."""
    aims = change.targets.select_related("environment__pairs_with").order_by("pk")
    bound = Q(pk__in=[])
    for aim in aims:
        when = Q(during__contains=at)
        if aim.slot:
            when |= Q(during__overlap=aim.slot)
        if change.earliest_start and change.latest_end:
            span = DateTimeTZRange(change.earliest_start, change.latest_end)
            when |= Q(during__overlap=span)
        bound |= Q(environment__in=windows_of(aim.environment)) & when
    rows = Occurrence.objects.filter(
        bound,
        environment__in=Environment.objects.visible_to(user),
        kind=WindowKind.FREEZE,
        is_hard=True,
        cancelled_at__isnull=True,
        during__endswith__gt=at,
    ).select_related("rule", "environment")
    return [
        row
        for row in rows.order_by("during", "pk")
        if change.kind not in row.rule.exempt_kinds
    ]
