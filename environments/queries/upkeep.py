"""What must be renewed and looked after, and what downtime was judged to cost."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Q, QuerySet

from environments import downtime
from environments.models import (
    DowntimeCost,
    Environment,
    Landscape,
    Licence,
    MaintenanceTask,
    TlsCertificate,
)
from opsdesk.core.models import Duty


@dataclass(frozen=True)
class TaskLine:
    """A piece of maintenance: what is owed of it now, when it was last done."""

    task: MaintenanceTask
    owed: Duty | None
    last: Duty | None

    def is_overdue(self, at: datetime) -> bool:
        return self.owed is not None and self.owed.due_at < at


@dataclass(frozen=True)
class CostLine:
    cost: DowntimeCost
    verdict: downtime.Verdict


def tasks(environment: Environment) -> list[TaskLine]:
    """The maintenance of an environment, what is due first at the top."""
    rows = MaintenanceTask.objects.filter(environment=environment)
    known = list(rows.select_related("duty").order_by("title", "pk"))
    series = _duties(known)
    lines = [_line(task, series) for task in known]
    return sorted(
        lines, key=lambda line: (line.owed is None, line.owed and line.owed.due_at)
    )


def certificates(environment: Environment) -> QuerySet[TlsCertificate]:
    rows = TlsCertificate.objects.filter(environment=environment)
    return rows.select_related("renewal__owner").order_by("ends_on", "host")


def licences(landscape: Landscape) -> QuerySet[Licence]:
    """What ends first at the top, what never ends at the bottom."""
    rows = Licence.objects.filter(landscape=landscape)
    return rows.select_related("supplier", "renewal__owner").order_by("ends_on", "name")


def downtime_costs() -> list[CostLine]:
    """Every judgement kept, the latest first."""
    rows = DowntimeCost.objects.select_related("landscape", "saved_by")
    return [
        CostLine(
            row,
            downtime.judge(
                busy_cost_per_hour=row.busy_cost_per_hour,
                quiet_cost_per_hour=row.quiet_cost_per_hour,
                busy_hours_down=row.busy_hours_down,
                quiet_hours_down=row.quiet_hours_down,
                failover_cost_per_year=row.failover_cost_per_year,
            ),
        )
        for row in rows.order_by("-saved_at", "-pk")[:100]
    ]


def _duties(tasks: Sequence[MaintenanceTask]) -> dict[int, list[Duty]]:
    """What is and was owed of each task, by its first duty, in order."""
    first = [task.duty_id for task in tasks]
    rows = Duty.objects.filter(Q(pk__in=first) | Q(series__in=first))
    found: dict[int, list[Duty]] = {}
    for duty in rows.select_related("owner", "done_by").order_by("pk"):
        found.setdefault(duty.series_id or duty.pk, []).append(duty)
    return found


def _line(task: MaintenanceTask, series: dict[int, list[Duty]]) -> TaskLine:
    own = series[task.duty_id]
    done = [duty for duty in own if duty.done_at is not None]
    owed = next((duty for duty in reversed(own) if duty.done_at is None), None)
    return TaskLine(task, owed, done[-1] if done else None)
