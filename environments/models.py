from typing import ClassVar, Self

from django.db import models
from django.db.models import Q
from simple_history.models import HistoricalRecords

from opsdesk.accounts.models import User
from opsdesk.core.fields import tidy_text


class Landscape(models.Model):
    """One ERP instance: what was bought, how it was rolled out, who supports it."""

    class Support(models.TextChoices):
        CENTRALISED = "centralised", "Centralised"
        DEVOLVED = "devolved", "Devolved to departments or sites"

    name = models.CharField(max_length=120, unique=True)
    product = models.CharField(max_length=120, blank=True)
    edition = models.CharField(max_length=60, blank=True)
    implementation_model = models.CharField(max_length=120, blank=True)
    support = models.CharField(
        max_length=12, choices=Support, default=Support.CENTRALISED
    )
    version = models.PositiveIntegerField(default=1, editable=False)

    history = HistoricalRecords()

    class Meta:
        ordering: ClassVar = ["name"]
        constraints: ClassVar = [tidy_text("landscape_name", "name")]

    def __str__(self) -> str:
        return self.name


class ModuleQuerySet(models.QuerySet["Module"]):
    def in_use(self, current: int | None = None) -> Self:
        """What may be chosen: those in use, and the one that is chosen already."""
        return self.filter(Q(is_active=True) | Q(pk=current))


class Module(models.Model):
    """A part of the ERP people name when they report: payroll, purchasing, stock."""

    landscape = models.ForeignKey(Landscape, models.CASCADE, related_name="modules")
    name = models.CharField(max_length=80)
    # What an import brought along is not offered until somebody names it here.
    is_active = models.BooleanField(default=True, db_default=True)

    objects = ModuleQuerySet.as_manager()

    class Meta:
        ordering: ClassVar = ["name"]
        constraints: ClassVar = [
            models.UniqueConstraint(
                name="one_module_per_name", fields=["landscape", "name"]
            ),
            tidy_text("module_name", "name"),
        ]

    def __str__(self) -> str:
        return self.name


class EnvironmentQuerySet(models.QuerySet["Environment"]):
    def visible_to(self, user: User) -> Self:
        """Everybody may name an environment; suppliers only meet it through a snag."""
        return self if user.is_active else self.none()

    def serving(self) -> Self:
        return self.filter(is_serving=True)


class Environment(models.Model):
    """A running copy of the ERP, with one of the four jobs a landscape needs done."""

    class Kind(models.TextChoices):
        PRODUCTION = "production", "Production"
        FAILOVER = "failover", "Failover"
        DEV_TEST = "dev_test", "Dev / Test"
        TRAINING = "training", "Training"

    landscape = models.ForeignKey(
        Landscape, models.PROTECT, related_name="environments"
    )
    kind = models.CharField(max_length=10, choices=Kind)
    name = models.CharField(max_length=80)
    url = models.URLField(blank=True)
    app_version = models.CharField(max_length=40, blank=True)
    is_serving = models.BooleanField("Serves the business now", default=False)
    version = models.PositiveIntegerField(default=1, editable=False)

    objects = EnvironmentQuerySet.as_manager()
    history = HistoricalRecords()

    class Meta:
        ordering: ClassVar = ["landscape", "kind", "name"]
        constraints: ClassVar = [
            models.UniqueConstraint(
                name="one_environment_per_name", fields=["landscape", "name"]
            ),
            models.UniqueConstraint(
                name="one_serving_environment_per_landscape",
                fields=["landscape"],
                condition=Q(is_serving=True),
            ),
            tidy_text("environment_name", "name"),
        ]

    def __str__(self) -> str:
        return self.name
