from typing import ClassVar

from django.db import models
from django.db.models import Q
from django.db.models.functions import Now


class Rollup(models.Model):
    """What happened in some days in a row to one value of one dimension.

    A row counts `span` days from `start` on: a day, a week from its Monday, or four
    weeks, so that any period is read from few rows. A day is a calendar day in the
    organisation's time zone. `scope` 0 is the whole organisation, else a department.
    `times` counts times to resolve in the steps of `snags.buckets`, as one number.
    """

    class Dimension(models.TextChoices):
        ALL = "all", "Everything"
        GOLIVE = "golive", "Go-live"
        TEAM = "team", "Team"
        OWNER = "owner", "Owner"
        PROCESS = "process", "Process"
        CAUSE = "cause", "Cause"

    class Span(models.IntegerChoices):
        DAY = 1, "Day"
        WEEK = 7, "Week"
        FOUR_WEEKS = 28, "Four weeks"

    span = models.PositiveSmallIntegerField(choices=Span)
    start = models.DateField()
    scope = models.BigIntegerField(default=0)
    dimension = models.CharField(max_length=8, choices=Dimension)
    key = models.CharField(max_length=20, blank=True)
    priority = models.PositiveSmallIntegerField()
    opened = models.PositiveIntegerField(default=0)
    resolved = models.PositiveIntegerField(default=0)
    closed = models.PositiveIntegerField(default=0)
    response_met = models.PositiveIntegerField(default=0)
    response_missed = models.PositiveIntegerField(default=0)
    resolution_met = models.PositiveIntegerField(default=0)
    resolution_missed = models.PositiveIntegerField(default=0)
    breached = models.PositiveIntegerField(default=0)
    times = models.DecimalField(max_digits=640, decimal_places=0, default=0)

    class Meta:
        ordering: ClassVar = ["start", "id"]
        constraints: ClassVar = [
            # Also the index every figure is read by.
            models.UniqueConstraint(
                name="one_rollup_per_days_and_value",
                fields=["scope", "dimension", "span", "start", "key", "priority"],
            ),
            models.CheckConstraint(
                name="rollup_span_is_known", condition=Q(span__in=[1, 7, 28])
            ),
        ]
        indexes: ClassVar = [
            # Recounting some days, and adding them up to weeks.
            models.Index(fields=["span", "start"], name="rollup_by_days")
        ]

    def __str__(self) -> str:
        return f"{self.dimension} {self.key}, {self.span} days from {self.start}"


class RollupNote(models.Model):
    """A day whose counts a write has changed; the rollup takes it and recounts."""

    day = models.DateField()
    noted_at = models.DateTimeField(db_default=Now())

    class Meta:
        ordering: ClassVar = ["id"]

    def __str__(self) -> str:
        return f"{self.day}"
