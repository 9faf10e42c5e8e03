from datetime import date
from typing import ClassVar, Self

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now
from django.urls import reverse
from simple_history.models import HistoricalRecords

from environments.models import Landscape
from opsdesk.accounts.models import Party
from opsdesk.core.fields import bounded_dates, tidy_text
from sla.calendars import Hours


class Priority(models.IntegerChoices):
    """How soon a snag wants an answer; other documents say severity."""

    P1 = 1, "Critical"
    P2 = 2, "High"
    P3 = 3, "Medium"
    P4 = 4, "Low"


class ServiceCalendar(models.Model):
    """Named support hours; what they are at an instant is said by its versions."""

    name = models.CharField(max_length=80, unique=True)
    description = models.CharField(max_length=200, blank=True)
    is_active = models.BooleanField(default=True)
    version = models.PositiveIntegerField(default=1, editable=False)

    history = HistoricalRecords()

    class Meta:
        ordering: ClassVar = ["name"]
        constraints: ClassVar = [tidy_text("calendar_name", "name")]

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        return reverse("sla:calendar", args=[self.pk])


class CalendarVersionQuerySet(models.QuerySet["CalendarVersion"]):
    def in_force(self) -> Self:
        """The versions a timeline is made of: all that no correction has replaced."""
        return self.filter(replaced_by__isnull=True)


class CalendarVersion(models.Model):
    """What a calendar's hours are from an instant on; written once, never changed.

    `effective_from` NULL means from the beginning of time. An amendment adds a later
    version; a correction replaces one, keeping its `effective_from`.
    """

    calendar = models.ForeignKey(
        ServiceCalendar, models.PROTECT, related_name="versions"
    )
    number = models.PositiveIntegerField()
    effective_from = models.DateTimeField(null=True, blank=True)
    replaced_by = models.ForeignKey(
        "self", models.PROTECT, null=True, related_name="replaces"
    )
    hours = models.JSONField()
    holiday_region = models.CharField(max_length=12, blank=True)
    holiday_names = models.JSONField(default=dict)
    reason = models.TextField(blank=True)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+"
    )
    created_at = models.DateTimeField(db_default=Now())

    objects = CalendarVersionQuerySet.as_manager()

    class Meta:
        ordering: ClassVar = ["calendar", "number"]
        constraints: ClassVar = [
            models.UniqueConstraint(
                name="calendar_version_numbered_once", fields=["calendar", "number"]
            ),
            models.UniqueConstraint(
                name="one_calendar_version_from_an_instant",
                fields=["calendar", "effective_from"],
                condition=Q(replaced_by__isnull=True),
                nulls_distinct=False,
            ),
            *bounded_dates("calendar_version", "effective_from"),
        ]

    def __str__(self) -> str:
        return f"{self.calendar}, version {self.number}"

    def as_hours(self) -> Hours:
        return Hours.from_json(self.hours)


class ContractQuerySet(models.QuerySet["Contract"]):
    def active(self) -> Self:
        return self.filter(is_active=True)


class Contract(models.Model):
    """A promise about service: to the business, between teams, or by a supplier."""

    class Kind(models.TextChoices):
        SLA = "sla", "To the business (SLA)"
        OLA = "ola", "Between teams (OLA)"
        SUPPLIER = "supplier", "By a supplier"

    kind = models.CharField(max_length=8, choices=Kind, default=Kind.SLA)
    name = models.CharField(max_length=120, unique=True)
    party = models.ForeignKey(
        Party, models.PROTECT, related_name="contracts", verbose_name="Promised by"
    )
    landscape = models.ForeignKey(
        Landscape, models.PROTECT, null=True, blank=True, related_name="contracts"
    )
    is_active = models.BooleanField(default=True)

    objects = ContractQuerySet.as_manager()
    history = HistoricalRecords()

    class Meta:
        ordering: ClassVar = ["kind", "name"]
        constraints: ClassVar = [
            models.UniqueConstraint(
                name="one_active_sla_per_landscape",
                fields=["landscape"],
                condition=Q(kind="sla", is_active=True),
                nulls_distinct=False,
            ),
            tidy_text("contract_name", "name"),
        ]

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        return reverse("sla:contract", args=[self.pk])


class ContractVersionQuerySet(models.QuerySet["ContractVersion"]):
    def in_force(self) -> Self:
        return self.filter(replaced_by__isnull=True)


class ContractVersion(models.Model):
    """What a contract says from an instant on; written once, never changed."""

    class ReopenMode(models.TextChoices):
        RESUME = "resume", "The clock resumes"
        NEW_CYCLE = "new_cycle", "A new clock starts once the window has passed"
        NEVER = "never", "The clock stays stopped"

    contract = models.ForeignKey(Contract, models.PROTECT, related_name="versions")
    number = models.PositiveIntegerField()
    effective_from = models.DateTimeField()
    replaced_by = models.ForeignKey(
        "self", models.PROTECT, null=True, related_name="replaces"
    )
    reopen_mode = models.CharField(
        max_length=9, choices=ReopenMode, default=ReopenMode.RESUME
    )
    reopen_window_days = models.PositiveSmallIntegerField(
        "Reopen window, working days", default=5
    )
    pause_response = models.BooleanField(
        "Waiting pauses the response clock", default=False
    )
    warn_percents = ArrayField(
        models.PositiveSmallIntegerField(), default=list, verbose_name="Warn at"
    )
    late_minutes = ArrayField(
        models.PositiveIntegerField(), default=list, verbose_name="Remind after a miss"
    )
    compliance_percent = models.PositiveSmallIntegerField("Share to be met", default=95)
    auto_close_days = models.PositiveSmallIntegerField(
        "Close after, working days without an answer", default=5
    )
    reason = models.TextField(blank=True)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+"
    )
    created_at = models.DateTimeField(db_default=Now())

    objects = ContractVersionQuerySet.as_manager()

    class Meta:
        ordering: ClassVar = ["contract", "number"]
        constraints: ClassVar = [
            models.UniqueConstraint(
                name="contract_version_numbered_once", fields=["contract", "number"]
            ),
            models.UniqueConstraint(
                name="one_contract_version_from_an_instant",
                fields=["contract", "effective_from"],
                condition=Q(replaced_by__isnull=True),
            ),
            models.CheckConstraint(
                name="contract_compliance_is_a_share",
                condition=Q(compliance_percent__gte=1, compliance_percent__lte=100),
            ),
            models.CheckConstraint(
                name="contract_auto_close_is_bounded",
                condition=Q(auto_close_days__gte=1, auto_close_days__lte=60),
            ),
            *bounded_dates("contract_version", "effective_from"),
        ]

    def __str__(self) -> str:
        return f"{self.contract}, version {self.number}"

    def lets_pause(self, kind: str) -> bool:
        """Does waiting stop a clock of this kind? The response's only if it says so."""
        return kind != Target.Kind.RESPONSE or self.pause_response


class Target(models.Model):
    """One promise of a contract: this kind, this priority, within so long."""

    class Kind(models.TextChoices):
        RESPONSE = "response", "Response"
        RESOLUTION = "resolution", "Resolution"

    version = models.ForeignKey(ContractVersion, models.CASCADE, related_name="targets")
    kind = models.CharField(max_length=10, choices=Kind)
    priority = models.PositiveSmallIntegerField(choices=Priority)
    minutes = models.PositiveIntegerField(null=True, blank=True)
    business_days = models.PositiveSmallIntegerField(null=True, blank=True)
    calendar = models.ForeignKey(
        ServiceCalendar, models.PROTECT, related_name="targets"
    )

    class Meta:
        ordering: ClassVar = ["version", "priority", "kind"]
        constraints: ClassVar = [
            models.UniqueConstraint(
                name="one_target_per_kind_and_priority",
                fields=["version", "kind", "priority"],
            ),
            models.CheckConstraint(
                name="target_is_minutes_or_days",
                condition=Q(minutes__gt=0, business_days__isnull=True)
                | Q(minutes__isnull=True, business_days__gt=0),
            ),
            models.CheckConstraint(
                name="target_is_bounded",
                condition=(Q(minutes__isnull=True) | Q(minutes__lte=5_256_000))
                & (Q(business_days__isnull=True) | Q(business_days__lte=2_600)),
            ),
            models.CheckConstraint(
                name="target_priority_is_known",
                condition=Q(priority__gte=1, priority__lte=4),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {self.get_priority_display()}"

    @property
    def seconds(self) -> int | None:
        return None if self.minutes is None else self.minutes * 60


class TermsChange(models.Model):
    """A change of calendar or contract whose running clocks are still to be recomputed.

    Written with the change; `snags` pulls it, recomputes in batches, and marks it done.
    """

    class Mode(models.TextChoices):
        AMENDMENT = "amendment", "Amendment: counts from its date on"
        CORRECTION = "correction", "Correction: counts from the start"

    mode = models.CharField(max_length=10, choices=Mode)
    calendar = models.ForeignKey(
        ServiceCalendar, models.CASCADE, null=True, related_name="changes"
    )
    contract = models.ForeignKey(
        Contract, models.CASCADE, null=True, related_name="changes"
    )
    actor = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+"
    )
    created_at = models.DateTimeField(db_default=Now())
    last_clock = models.BigIntegerField(default=0)
    recomputed = models.PositiveIntegerField(default=0)
    # Snags with a clock that the last pass could not compute, and why.
    uncounted = models.PositiveIntegerField(default=0)
    problem = models.TextField(blank=True)
    finished_at = models.DateTimeField(null=True)

    class Meta:
        ordering: ClassVar = ["id"]
        constraints: ClassVar = [
            models.CheckConstraint(
                name="terms_change_is_of_one_thing",
                condition=Q(calendar__isnull=False, contract__isnull=True)
                | Q(calendar__isnull=True, contract__isnull=False),
            )
        ]
        indexes: ClassVar = [
            models.Index(
                "id", name="terms_change_open", condition=Q(finished_at__isnull=True)
            )
        ]

    def __str__(self) -> str:
        return f"{self.get_mode_display()} of {self.calendar or self.contract}"


class HolidayFeed(models.Model):
    """Days off imported from an iCalendar file, kept by name for later versions."""

    name = models.CharField(max_length=80, unique=True)
    days = models.JSONField(default=dict)
    imported_at = models.DateTimeField(db_default=Now())

    class Meta:
        ordering: ClassVar = ["name"]

    def __str__(self) -> str:
        return self.name

    def dates(self) -> dict[date, str]:
        return {date.fromisoformat(day): name for day, name in self.days.items()}


class ZoneRelease(models.Model):
    """A release of the time zone database that running clocks were computed by.

    Governments move their clocks: when a newer release is installed, every running
    clock is computed again, resumably, with the cause "tzdata".
    """

    name = models.CharField(max_length=12, unique=True)
    noticed_at = models.DateTimeField(db_default=Now())
    last_snag = models.BigIntegerField(default=0)
    recomputed = models.PositiveIntegerField(default=0)
    finished_at = models.DateTimeField(null=True)

    class Meta:
        ordering: ClassVar = ["name"]

    def __str__(self) -> str:
        return self.name
