"""Who is working on an environment: one at a time."""

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Q

from environments.models.landscape import Environment
from opsdesk.core.fields import bounded_dates


class Lease(models.Model):
    """An environment taken for one operation; nobody else starts until it ends."""

    class Kind(models.TextChoices):
        PROMOTION = "promotion", "Promotion"
        ROLLBACK = "rollback", "Roll-back"
        REFRESH = "refresh", "Refresh"
        DRILL = "drill", "Failover drill"
        FAILOVER = "failover", "Failover"

    environment = models.ForeignKey(
        Environment, models.PROTECT, related_name="leases", db_index=False
    )
    kind = models.CharField(max_length=9, choices=Kind)
    # What holds it, as people name it, and where to read about it.
    label = models.CharField(max_length=160)
    url = models.CharField(max_length=250, blank=True)
    holder = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+"
    )
    started_at = models.DateTimeField()
    expected_end_at = models.DateTimeField(null=True)
    warned_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)

    class Meta:
        ordering: ClassVar = ["-started_at", "-id"]
        constraints: ClassVar = [
            models.UniqueConstraint(
                name="one_lease_per_environment",
                fields=["environment"],
                condition=Q(ended_at__isnull=True),
            ),
            models.CheckConstraint(
                name="lease_ends_after_it_starts",
                condition=Q(ended_at__isnull=True)
                | Q(ended_at__gte=models.F("started_at")),
            ),
            *bounded_dates(
                "lease", "started_at", "expected_end_at", "warned_at", "ended_at"
            ),
        ]
        indexes: ClassVar = [
            models.Index(fields=["environment", "-started_at"], name="lease_history")
        ]

    def __str__(self) -> str:
        return self.label
