from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import F, Q

from opsdesk.core.fields import bounded_dates
from snags.models.snag import Snag


class Pause(models.Model):
    """A stretch in which the business agreed to wait; clocks do not count it."""

    class Reason(models.TextChoices):
        REPORTER = "reporter", "Waiting for the reporter"
        CHANGE = "change", "Waiting for a scheduled change"
        RESOLVED = "resolved_gap", "Was resolved"

    snag = models.ForeignKey(Snag, models.CASCADE, related_name="pauses")
    reason = models.CharField(max_length=12, choices=Reason)
    from_at = models.DateTimeField()
    to_at = models.DateTimeField(null=True, blank=True)
    actor = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+"
    )

    class Meta:
        ordering: ClassVar = ["from_at", "id"]
        constraints: ClassVar = [
            models.UniqueConstraint(
                name="one_open_pause", fields=["snag"], condition=Q(to_at__isnull=True)
            ),
            models.CheckConstraint(
                name="pause_ends_after_start",
                condition=Q(to_at__isnull=True) | Q(to_at__gte=F("from_at")),
            ),
            *bounded_dates("pause", "from_at", "to_at"),
        ]

    def __str__(self) -> str:
        return f"{self.get_reason_display()} from {self.from_at:%Y-%m-%d %H:%M}"
