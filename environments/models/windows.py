"""When changes may happen, and when they may not: rules, and what they come to."""

from datetime import datetime
from typing import ClassVar

from django.conf import settings
from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import DateTimeRangeField, RangeOperators
from django.contrib.postgres.indexes import GistIndex
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now
from django.urls import reverse
from simple_history.models import HistoricalRecords

from environments.models.landscape import Environment, Landscape, known_zone
from opsdesk.core.fields import bounded_dates, tidy_text
from opsdesk.core.wording import minutes, several


class WindowKind(models.TextChoices):
    FREEZE = "freeze", "Freeze"
    MAINTENANCE = "maintenance", "Maintenance"


class WindowRule(models.Model):
    """A named stretch of wall-clock time, once or again and again (RFC 5545 RRULE)."""

    landscape = models.ForeignKey(
        Landscape, models.PROTECT, related_name="window_rules", db_index=False
    )
    kind = models.CharField(max_length=11, choices=WindowKind)
    name = models.CharField(max_length=120)
    reason = models.CharField(max_length=200, blank=True)
    environments = models.ManyToManyField(Environment, related_name="window_rules")
    time_zone = models.CharField(max_length=64, validators=[known_zone])
    # Local time in that zone, so kept without one.
    starts_local = models.CharField(max_length=16)  # 2026-03-29T23:00
    minutes = models.PositiveIntegerField("Lasts")
    rrule = models.CharField("Repeats", max_length=250, blank=True)
    is_hard = models.BooleanField("Nothing may start", default=True)
    # Kinds of change a freeze lets through by its own terms, with commas between.
    exempt = models.CharField(max_length=60, blank=True)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+"
    )
    cancelled_at = models.DateTimeField(null=True, blank=True)
    cancelled_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+"
    )
    cancel_reason = models.CharField(max_length=200, blank=True)
    version = models.PositiveIntegerField(default=1, editable=False)

    history = HistoricalRecords()

    class Meta:
        ordering: ClassVar = ["landscape", "kind", "name"]
        constraints: ClassVar = [
            models.UniqueConstraint(
                name="one_live_window_per_name",
                fields=["landscape", "kind", "name"],
                condition=Q(cancelled_at__isnull=True),
            ),
            models.CheckConstraint(
                name="window_lasts", condition=Q(minutes__gte=1, minutes__lte=527040)
            ),
            models.CheckConstraint(
                name="cancelled_window_says_why",
                condition=Q(cancelled_at__isnull=True, cancel_reason="")
                | Q(cancelled_at__isnull=False, cancelled_by__isnull=False)
                & ~Q(cancel_reason=""),
            ),
            tidy_text("window_name", "name"),
            *bounded_dates("window", "cancelled_at"),
        ]

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        return reverse("environments:window", args=[self.pk])

    @property
    def is_freeze(self) -> bool:
        return self.kind == WindowKind.FREEZE

    @property
    def lasts(self) -> str:
        """How long by the clock on the wall: 5 days, 3 h 00 m."""
        days, rest = divmod(self.minutes, 24 * 60)
        return minutes(self.minutes) if rest else several(days, "day")

    @property
    def exempt_kinds(self) -> frozenset[str]:
        """The kinds of change that may go on during this freeze."""
        return frozenset(filter(None, self.exempt.split(",")))


class Occurrence(models.Model):
    """One time a window is open in one environment: [from, until) in UTC."""

    rule = models.ForeignKey(
        WindowRule, models.CASCADE, related_name="occurrences", db_index=False
    )
    environment = models.ForeignKey(
        Environment, models.CASCADE, related_name="occurrences", db_index=False
    )
    kind = models.CharField(max_length=11, choices=WindowKind)
    is_hard = models.BooleanField(default=True)
    during = DateTimeRangeField()
    declared_at = models.DateTimeField(db_default=Now())
    cancelled_at = models.DateTimeField(null=True)
    # When people were told that it starts within a day.
    reminded_at = models.DateTimeField(null=True)

    class Meta:
        ordering: ClassVar = ["during", "id"]
        constraints: ClassVar = [
            # Expanding a rule twice, or by two workers at once, adds nothing.
            ExclusionConstraint(
                name="one_occurrence_at_a_time",
                expressions=[
                    ("rule", RangeOperators.EQUAL),
                    ("environment", RangeOperators.EQUAL),
                    ("during", RangeOperators.OVERLAPS),
                ],
                condition=Q(cancelled_at__isnull=True),
            ),
            models.CheckConstraint(
                name="occurrence_lasts", condition=Q(during__isempty=False)
            ),
            *bounded_dates("occurrence", "cancelled_at", "reminded_at"),
        ]
        indexes: ClassVar = [
            GistIndex(
                "environment",
                "during",
                name="occurrence_now",
                condition=Q(cancelled_at__isnull=True),
            ),
            models.Index("rule", "environment", name="occurrence_of_rule"),
        ]

    def __str__(self) -> str:
        return f"{self.rule} in {self.environment}"

    @property
    def starts_at(self) -> datetime:
        starts: datetime = self.during.lower
        return starts

    @property
    def ends_at(self) -> datetime:
        """The first instant it is over."""
        ends: datetime = self.during.upper
        return ends
