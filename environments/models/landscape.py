from typing import ClassVar, Self
from zoneinfo import available_timezones

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import F, Q
from django.urls import reverse
from simple_history.models import HistoricalRecords

from opsdesk.accounts.models import Party, User
from opsdesk.core.fields import bounded_dates, tidy_text


def known_zone(name: str) -> None:
    if name not in available_timezones():
        raise ValidationError("“%(zone)s” is not a time zone.", params={"zone": name})


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
    time_zone = models.CharField(
        max_length=64, default="Europe/London", validators=[known_zone]
    )
    # How long failover and training may lag behind production.
    failover_sync_hours = models.PositiveSmallIntegerField(default=24)
    training_sync_days = models.PositiveSmallIntegerField(default=7)
    version = models.PositiveIntegerField(default=1, editable=False)

    history = HistoricalRecords()

    class Meta:
        ordering: ClassVar = ["name"]
        constraints: ClassVar = [tidy_text("landscape_name", "name")]

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        return reverse("environments:landscape", args=[self.pk])


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

    def in_use(self) -> Self:
        return self.exclude(status=Environment.Status.RETIRED)


class Environment(models.Model):
    """A running copy of the ERP, with one of the four jobs a landscape needs done."""

    class Kind(models.TextChoices):
        PRODUCTION = "production", "Production"
        FAILOVER = "failover", "Failover"
        DEV_TEST = "dev_test", "Dev / Test"
        TRAINING = "training", "Training"

    class Status(models.TextChoices):
        ACTIVE = "active", "Active"
        QUARANTINED = "quarantined", "Quarantined"
        RETIRED = "retired", "Retired"

    class Hosting(models.TextChoices):
        IN_HOUSE = "in_house", "In house"
        SUPPLIER = "supplier", "By a supplier"

    class Data(models.TextChoices):
        LIVE = "live", "Live"
        MASKED = "masked", "Masked copy"
        UNMASKED = "unmasked", "Unmasked copy"
        MADE_UP = "made_up", "Made up"

    landscape = models.ForeignKey(
        Landscape, models.PROTECT, related_name="environments"
    )
    kind = models.CharField(max_length=10, choices=Kind)
    name = models.CharField(max_length=80)
    # Short, unique in the landscape, typed again where an act is grave: PRD, TRN.
    code = models.CharField(max_length=12, blank=True)
    status = models.CharField(max_length=11, choices=Status, default=Status.ACTIVE)
    url = models.URLField(blank=True)
    app_version = models.CharField(max_length=40, blank=True)
    is_serving = models.BooleanField("Serves the business now", default=False)
    # The production a failover is a copy of.
    pairs_with = models.ForeignKey(
        "self", models.PROTECT, null=True, blank=True, related_name="failovers"
    )
    hosting = models.CharField(max_length=8, choices=Hosting, default=Hosting.IN_HOUSE)
    supplier = models.ForeignKey(
        Party, models.PROTECT, null=True, blank=True, related_name="hosted"
    )
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="environments",
    )
    data_owner = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="data_owned",
    )
    data = models.CharField(max_length=8, choices=Data, default=Data.MADE_UP)
    last_refreshed_at = models.DateTimeField(null=True, blank=True)
    rto_minutes = models.PositiveIntegerField("Back within", null=True, blank=True)
    rpo_minutes = models.PositiveIntegerField("Loses at most", null=True, blank=True)
    needs_window = models.BooleanField("Changes only in maintenance", default=False)
    needs_backup = models.BooleanField("Backup before a change", default=False)
    # "Stop the line": nothing starts here until somebody lets it go on.
    paused_at = models.DateTimeField(null=True, blank=True)
    paused_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+"
    )
    pause_reason = models.CharField(max_length=200, blank=True)
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
                name="one_environment_per_code",
                fields=["landscape", "code"],
                condition=~Q(code=""),
            ),
            models.UniqueConstraint(
                name="one_serving_environment_per_landscape",
                fields=["landscape"],
                condition=Q(is_serving=True),
            ),
            models.UniqueConstraint(
                name="one_production_per_landscape",
                fields=["landscape"],
                condition=Q(kind="production") & ~Q(status="retired"),
            ),
            models.CheckConstraint(
                name="retired_environment_serves_nobody",
                condition=~Q(status="retired") | Q(is_serving=False),
            ),
            models.CheckConstraint(
                name="only_a_failover_is_paired",
                condition=Q(pairs_with__isnull=True)
                | Q(kind="failover") & ~Q(pairs_with=F("id")),
            ),
            models.CheckConstraint(
                name="paused_environment_says_why",
                condition=Q(paused_at__isnull=True, pause_reason="")
                | Q(paused_at__isnull=False, paused_by__isnull=False)
                & ~Q(pause_reason=""),
            ),
            tidy_text("environment_name", "name"),
            *bounded_dates("environment", "last_refreshed_at", "paused_at"),
        ]

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        return reverse("environments:detail", args=[self.pk])

    @property
    def is_retired(self) -> bool:
        return self.status == self.Status.RETIRED

    @property
    def may_serve(self) -> bool:
        """Do people work there, or would they after a failover?"""
        return self.kind in {self.Kind.PRODUCTION, self.Kind.FAILOVER}
