from typing import ClassVar

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models.functions import Now


class Rollup(models.Model):
    """One day's counts for one value of one dimension, as everybody or a department sees.

    `scope` 0 is the whole organisation, else a department's id. A day is a calendar day
    in the organisation's time zone. `buckets` counts resolution times in the fixed
    logarithmic steps of `snags.buckets`, from which percentiles are read.
    """

    class Dimension(models.TextChoices):
        ALL = "all", "Everything"
        GOLIVE = "golive", "Go-live"
        TEAM = "team", "Team"
        OWNER = "owner", "Owner"
        PROCESS = "process", "Process"
        CAUSE = "cause", "Cause"

    day = models.DateField()
    scope = models.BigIntegerField(default=0)
    dimension = models.CharField(max_length=8, choices=Dimension)
    key = models.CharField(max_length=20)
    priority = models.PositiveSmallIntegerField()
    opened = models.PositiveIntegerField(default=0)
    resolved = models.PositiveIntegerField(default=0)
    closed = models.PositiveIntegerField(default=0)
    response_met = models.PositiveIntegerField(default=0)
    response_missed = models.PositiveIntegerField(default=0)
    resolution_met = models.PositiveIntegerField(default=0)
    resolution_missed = models.PositiveIntegerField(default=0)
    breached = models.PositiveIntegerField(default=0)
    buckets = ArrayField(models.PositiveIntegerField(), default=list)

    class Meta:
        ordering: ClassVar = ["day", "id"]
        constraints: ClassVar = [
            models.UniqueConstraint(
                name="one_rollup_per_day_and_value",
                fields=["scope", "dimension", "day", "key", "priority"],
            )
        ]

    def __str__(self) -> str:
        return f"{self.dimension} {self.key} on {self.day}"


class RollupNote(models.Model):
    """A day whose counts a write has changed; the rollup takes the note and recounts."""

    day = models.DateField()
    noted_at = models.DateTimeField(db_default=Now())

    class Meta:
        ordering: ClassVar = ["id"]

    def __str__(self) -> str:
        return f"{self.day}"
