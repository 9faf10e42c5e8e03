"""What downtime was once judged to cost, kept with who judged it and when."""

from decimal import Decimal
from typing import TypedDict, Unpack

from django.db import transaction

from environments import permissions
from environments.models import DowntimeCost, Landscape
from opsdesk.accounts.models import User
from opsdesk.core.errors import require
from opsdesk.core.records import save


class Figures(TypedDict):
    """What went into a judgement: money an hour and a year, hours a year."""

    busy_cost_per_hour: Decimal
    quiet_cost_per_hour: Decimal
    busy_hours_down: Decimal
    quiet_hours_down: Decimal
    failover_cost_per_year: Decimal


@transaction.atomic
def save_downtime_cost(
    *, actor: User, landscape: Landscape, title: str, **figures: Unpack[Figures]
) -> DowntimeCost:
    """Keep a judgement for later; it is never changed."""
    require(permissions.can_judge_cost(actor))
    cost = DowntimeCost(landscape=landscape, title=title, saved_by=actor, **figures)
    save(cost, actor=actor)
    return cost
