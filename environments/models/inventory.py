"""What runs, where, since when, and on what it depends."""

from typing import ClassVar

from django.conf import settings
from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import DateTimeRangeField, RangeOperators
from django.db import models
from django.db.models import F, Q
from simple_history.models import HistoricalRecords

from environments.models.landscape import Environment, Landscape
from opsdesk.accounts.models import Party
from opsdesk.core.fields import bounded_dates, tidy_text
from opsdesk.core.models import Duty


class Server(models.Model):
    """A machine of an environment."""

    class Role(models.TextChoices):
        APP = "app", "Application"
        DATABASE = "db", "Database"
        WEB = "web", "Web"
        REPORT = "report", "Reporting"
        BACKUP = "backup", "Backup"
        OTHER = "other", "Other"

    environment = models.ForeignKey(
        Environment, models.CASCADE, related_name="servers", db_index=False
    )
    hostname = models.CharField(max_length=120)
    role = models.CharField(max_length=6, choices=Role, default=Role.APP)
    os = models.CharField("Operating system", max_length=80, blank=True)
    cpus = models.PositiveSmallIntegerField("CPUs", null=True, blank=True)
    ram_gb = models.PositiveIntegerField("Memory in GB", null=True, blank=True)
    disk_gb = models.PositiveIntegerField("Disk in GB", null=True, blank=True)
    address = models.GenericIPAddressField("IP address", null=True, blank=True)
    location = models.CharField(max_length=120, blank=True)
    supplier = models.ForeignKey(
        Party, models.PROTECT, null=True, blank=True, related_name="+"
    )
    warranty_until_on = models.DateField("Warranty until", null=True, blank=True)
    is_retired = models.BooleanField(default=False)
    version = models.PositiveIntegerField(default=1, editable=False)

    history = HistoricalRecords()

    class Meta:
        ordering: ClassVar = ["environment", "role", "hostname"]
        constraints: ClassVar = [
            models.UniqueConstraint(
                name="one_server_per_hostname", fields=["environment", "hostname"]
            ),
            tidy_text("server_hostname", "hostname"),
            *bounded_dates("server", "warranty_until_on"),
        ]

    def __str__(self) -> str:
        return self.hostname


class Component(models.Model):
    """A part of the ERP that is installed and versioned by itself."""

    class Kind(models.TextChoices):
        APPLICATION = "application", "Application"
        DATABASE = "database", "Database"
        CUSTOMISATION = "customisation", "Customisation"
        REPORT = "report", "Reports"
        INTEGRATION = "integration", "Interface"
        CONFIG = "config", "Configuration"
        PLATFORM = "platform", "Platform"

    landscape = models.ForeignKey(
        Landscape, models.PROTECT, related_name="components", db_index=False
    )
    code = models.CharField(max_length=40)
    name = models.CharField(max_length=120)
    kind = models.CharField(max_length=13, choices=Kind)
    supplier = models.ForeignKey(
        Party, models.PROTECT, null=True, blank=True, related_name="components"
    )
    is_critical = models.BooleanField("The business stops without it", default=False)
    # Of the places it runs in, so many must be up.
    needs = models.PositiveSmallIntegerField("Needs at least", default=1)
    version = models.PositiveIntegerField(default=1, editable=False)

    history = HistoricalRecords()

    class Meta:
        ordering: ClassVar = ["landscape", "code"]
        constraints: ClassVar = [
            models.UniqueConstraint(
                name="one_component_per_code", fields=["landscape", "code"]
            ),
            models.CheckConstraint(
                name="component_needs_one_or_more", condition=Q(needs__gte=1)
            ),
            tidy_text("component_code", "code"),
            tidy_text("component_name", "name"),
        ]

    def __str__(self) -> str:
        return self.name


class Dependency(models.Model):
    """One component does not work without another."""

    component = models.ForeignKey(
        Component, models.CASCADE, related_name="depends_on", db_index=False
    )
    on = models.ForeignKey(Component, models.CASCADE, related_name="depended_on_by")
    note = models.CharField(max_length=200, blank=True)

    class Meta:
        ordering: ClassVar = ["component", "on"]
        verbose_name_plural = "dependencies"
        constraints: ClassVar = [
            models.UniqueConstraint(name="depends_once", fields=["component", "on"]),
            models.CheckConstraint(
                name="does_not_depend_on_itself", condition=~Q(component=F("on"))
            ),
        ]

    def __str__(self) -> str:
        return f"{self.component} on {self.on}"


class Placement(models.Model):
    """Where a component runs in an environment, on which server if that is known."""

    environment = models.ForeignKey(
        Environment, models.CASCADE, related_name="placements", db_index=False
    )
    component = models.ForeignKey(Component, models.CASCADE, related_name="placements")
    server = models.ForeignKey(
        Server, models.CASCADE, null=True, blank=True, related_name="placements"
    )

    class Meta:
        ordering: ClassVar = ["environment", "component", "server"]
        constraints: ClassVar = [
            models.UniqueConstraint(
                name="placed_once",
                fields=["environment", "component", "server"],
                nulls_distinct=False,
            )
        ]

    def __str__(self) -> str:
        return f"{self.component} in {self.environment}"


class Installation(models.Model):
    """Which version of a component an environment has had, from when to when (UTC).

    One at any instant: the database refuses an overlap.
    """

    class Source(models.TextChoices):
        PROMOTION = "promotion", "Promotion"
        ROLLBACK = "rollback", "Roll-back"
        REFRESH = "refresh", "Refresh"
        BASELINE = "baseline", "Found so"
        DRIFT = "drift", "Drift accepted"
        CORRECTION = "correction", "Correction"

    environment = models.ForeignKey(
        Environment, models.PROTECT, related_name="installations", db_index=False
    )
    component = models.ForeignKey(
        Component, models.PROTECT, related_name="installations"
    )
    label = models.CharField(max_length=80)
    sha256 = models.CharField(max_length=64, blank=True)
    during = DateTimeRangeField()
    source = models.CharField(max_length=10, choices=Source)
    note = models.CharField(max_length=200, blank=True)
    recorded_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+"
    )

    class Meta:
        ordering: ClassVar = ["environment", "component", "during"]
        constraints: ClassVar = [
            ExclusionConstraint(
                name="one_installation_at_a_time",
                expressions=[
                    ("environment", RangeOperators.EQUAL),
                    ("component", RangeOperators.EQUAL),
                    ("during", RangeOperators.OVERLAPS),
                ],
            ),
            models.CheckConstraint(
                name="installation_lasts", condition=Q(during__isempty=False)
            ),
            tidy_text("installation_label", "label"),
        ]

    def __str__(self) -> str:
        return f"{self.component} {self.label} in {self.environment}"


class Licence(models.Model):
    """A right to use something, and when it ends."""

    landscape = models.ForeignKey(Landscape, models.PROTECT, related_name="licences")
    name = models.CharField(max_length=120)
    supplier = models.ForeignKey(
        Party, models.PROTECT, null=True, blank=True, related_name="+"
    )
    seats = models.PositiveIntegerField(null=True, blank=True)
    ends_on = models.DateField(null=True, blank=True)
    note = models.TextField(blank=True)
    renewal = models.ForeignKey(Duty, models.PROTECT, null=True, related_name="+")
    version = models.PositiveIntegerField(default=1, editable=False)

    history = HistoricalRecords()

    class Meta:
        ordering: ClassVar = ["landscape", "name"]
        constraints: ClassVar = [
            models.UniqueConstraint(
                name="one_licence_per_name", fields=["landscape", "name"]
            ),
            tidy_text("licence_name", "name"),
            *bounded_dates("licence", "ends_on"),
        ]

    def __str__(self) -> str:
        return self.name


class TlsCertificate(models.Model):
    """A certificate an environment shows to the world, and when it ends."""

    environment = models.ForeignKey(
        Environment, models.CASCADE, related_name="certificates", db_index=False
    )
    host = models.CharField(max_length=253)
    issuer = models.CharField(max_length=120, blank=True)
    ends_on = models.DateField()
    renewal = models.ForeignKey(Duty, models.PROTECT, null=True, related_name="+")
    version = models.PositiveIntegerField(default=1, editable=False)

    history = HistoricalRecords()

    class Meta:
        ordering: ClassVar = ["ends_on", "host"]
        constraints: ClassVar = [
            models.UniqueConstraint(
                name="one_certificate_per_host", fields=["environment", "host"]
            ),
            tidy_text("certificate_host", "host"),
            *bounded_dates("certificate", "ends_on"),
        ]

    def __str__(self) -> str:
        return self.host


class MaintenanceTask(models.Model):
    """Work an environment needs again and again: a backup check, a patch, a reindex."""

    environment = models.ForeignKey(
        Environment, models.CASCADE, related_name="maintenance_tasks"
    )
    title = models.CharField(max_length=160)
    every_days = models.PositiveSmallIntegerField(null=True, blank=True)
    duty = models.ForeignKey(Duty, models.PROTECT, related_name="+")
    version = models.PositiveIntegerField(default=1, editable=False)

    history = HistoricalRecords()

    class Meta:
        ordering: ClassVar = ["environment", "title"]
        constraints: ClassVar = [
            models.UniqueConstraint(
                name="one_task_per_title", fields=["environment", "title"]
            ),
            tidy_text("maintenance_task_title", "title"),
        ]

    def __str__(self) -> str:
        return self.title
