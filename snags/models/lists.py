from typing import ClassVar

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.urls import reverse
from simple_history.models import HistoricalRecords

from environments.models import Landscape, Module
from opsdesk.accounts.models import Party
from opsdesk.core.fields import bounded_dates, tidy_text


class GoLive(models.Model):
    """One go-live of a landscape: the day the business first worked on it."""

    landscape = models.ForeignKey(Landscape, models.PROTECT, related_name="golives")
    name = models.CharField(max_length=120)
    went_live_on = models.DateField()
    version = models.PositiveIntegerField(default=1, editable=False)

    history = HistoricalRecords()

    class Meta:
        ordering: ClassVar = ["-went_live_on", "name"]
        constraints: ClassVar = [
            models.UniqueConstraint(
                name="one_golive_per_name", fields=["landscape", "name"]
            ),
            tidy_text("golive_name", "name"),
            *bounded_dates("golive", "went_live_on"),
        ]

    def __str__(self) -> str:
        return self.name


class Snaglist(models.Model):
    """A named list of what is left to put right: per module, site or phase."""

    golive = models.ForeignKey(GoLive, models.PROTECT, related_name="snaglists")
    name = models.CharField(max_length=120)
    module = models.ForeignKey(Module, models.PROTECT, null=True, blank=True)
    site = models.ForeignKey(Party, models.PROTECT, null=True, blank=True)
    phase = models.CharField(max_length=60, blank=True)
    is_open = models.BooleanField("Takes new snags", default=True)
    version = models.PositiveIntegerField(default=1, editable=False)

    history = HistoricalRecords()

    class Meta:
        ordering: ClassVar = ["name", "id"]
        constraints: ClassVar = [
            models.UniqueConstraint(
                name="one_snaglist_per_name", fields=["golive", "name"]
            ),
            tidy_text("snaglist_name", "name"),
        ]

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        return reverse("snags:snaglist", args=[self.pk])


class BusinessProcess(models.Model):
    """A process of the business and its steps, as the design has them."""

    landscape = models.ForeignKey(Landscape, models.PROTECT, related_name="processes")
    name = models.CharField(max_length=120)
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="owned_processes",
    )
    steps = ArrayField(models.CharField(max_length=120), default=list, blank=True)
    is_active = models.BooleanField(default=True)
    version = models.PositiveIntegerField(default=1, editable=False)

    history = HistoricalRecords()

    class Meta:
        ordering: ClassVar = ["name"]
        verbose_name_plural = "business processes"
        constraints: ClassVar = [
            models.UniqueConstraint(
                name="one_process_per_name", fields=["landscape", "name"]
            ),
            tidy_text("process_name", "name"),
        ]

    def __str__(self) -> str:
        return self.name
