"""What is written down about environments: their timeline, what downtime costs."""

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models.functions import Now

from environments.models.landscape import Environment, Landscape
from opsdesk.core.fields import bounded_dates, tidy_text
from opsdesk.core.models import TimelineEvent


class EnvironmentEvent(TimelineEvent):
    """One line of an environment's timeline."""

    environment = models.ForeignKey(
        Environment, models.CASCADE, related_name="events", db_index=False
    )

    class Meta:
        ordering: ClassVar = ["at", "id"]
        constraints: ClassVar = [*bounded_dates("environment_event", "at")]
        indexes: ClassVar = [
            models.Index("environment", "at", name="environment_timeline")
        ]

    def __str__(self) -> str:
        return f"{self.verb} in {self.environment}"


class DowntimeCost(models.Model):
    """What an outage would cost a year against what a failover costs, as once judged.

    Money in whole units of the organisation's currency, hours in business and other
    hours of a year.
    """

    landscape = models.ForeignKey(
        Landscape, models.CASCADE, related_name="downtime_costs"
    )
    title = models.CharField(max_length=120)
    busy_cost_per_hour = models.DecimalField(max_digits=12, decimal_places=2)
    quiet_cost_per_hour = models.DecimalField(max_digits=12, decimal_places=2)
    busy_hours_down = models.DecimalField(max_digits=8, decimal_places=2)
    quiet_hours_down = models.DecimalField(max_digits=8, decimal_places=2)
    failover_cost_per_year = models.DecimalField(max_digits=12, decimal_places=2)
    saved_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+"
    )
    saved_at = models.DateTimeField(db_default=Now())

    class Meta:
        ordering: ClassVar = ["-saved_at", "-id"]
        constraints: ClassVar = [
            tidy_text("downtime_cost_title", "title"),
            models.CheckConstraint(
                name="downtime_cost_is_not_negative",
                condition=models.Q(
                    busy_cost_per_hour__gte=0,
                    quiet_cost_per_hour__gte=0,
                    busy_hours_down__gte=0,
                    quiet_hours_down__gte=0,
                    failover_cost_per_year__gte=0,
                ),
            ),
        ]

    def __str__(self) -> str:
        return self.title
