"""One attempt to bring one package into one environment, and what was waived for it."""

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.urls import reverse

from changes.models.change import ChangeRequest, ChangeTarget
from changes.models.packages import Package
from changes.moves import PromotionState
from environments.models import Environment, Installation, Lease, Occurrence
from opsdesk.core.fields import bounded_dates, tidy_text
from opsdesk.core.models import ApprovalRequest, Duty

# What is reported where a component is taken out: there is nothing to digest.
NOT_INSTALLED = "not installed"


class Promotion(models.Model):
    """A package on its way into an environment: opsdesk gates and records it."""

    State = PromotionState

    class Kind(models.TextChoices):
        DEPLOY = "deploy", "Promotion"
        ROLLBACK = "rollback", "Roll-back"
        RESYNC = "resync", "Resync"

    change = models.ForeignKey(
        ChangeRequest, models.PROTECT, related_name="promotions", db_index=False
    )
    target = models.ForeignKey(ChangeTarget, models.PROTECT, related_name="promotions")
    environment = models.ForeignKey(
        Environment, models.PROTECT, related_name="promotions", db_index=False
    )
    package = models.ForeignKey(
        Package, models.PROTECT, related_name="promotions", db_index=False
    )
    sha256 = models.CharField(max_length=64)
    kind = models.CharField(max_length=8, choices=Kind, default=Kind.DEPLOY)
    attempt = models.PositiveSmallIntegerField(default=1)
    revision = models.PositiveIntegerField()
    state = models.CharField(
        max_length=11, choices=PromotionState, default=PromotionState.SCHEDULED
    )
    approval = models.ForeignKey(
        ApprovalRequest, models.PROTECT, null=True, related_name="+"
    )
    # What was installed when its approval was asked for, or re-confirmed since.
    baseline = models.JSONField(default=dict)
    lease = models.OneToOneField(
        Lease, models.PROTECT, null=True, related_name="promotion"
    )
    gates = models.JSONField("What the gates said at the start", default=list)
    undoes = models.ForeignKey(
        "self", models.PROTECT, null=True, blank=True, related_name="undone_by"
    )
    # A roll-back brings back what ran before, or nothing if nothing did; its package
    # is the one it takes away.
    back_to = models.ForeignKey(
        Installation, models.PROTECT, null=True, related_name="+"
    )
    # What runs there because of it.
    installation = models.OneToOneField(
        Installation, models.PROTECT, null=True, related_name="promotion"
    )
    created_at = models.DateTimeField()
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+"
    )
    started_at = models.DateTimeField(null=True)
    started_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="promotions"
    )
    reported_sha256 = models.CharField(max_length=64, blank=True)
    finished_at = models.DateTimeField(null=True)
    outcome = models.CharField(max_length=30, blank=True)
    note = models.TextField(blank=True)
    version = models.PositiveIntegerField(default=1, editable=False)

    class Meta:
        ordering: ClassVar = ["-id"]
        constraints: ClassVar = [
            models.UniqueConstraint(
                name="one_promotion_per_attempt",
                fields=["change", "environment", "kind", "attempt", "revision"],
            ),
            models.UniqueConstraint(
                name="one_live_promotion_per_change",
                fields=["change", "environment", "kind"],
                condition=Q(state__in=["scheduled", "running", "verifying"]),
            ),
            models.UniqueConstraint(
                name="promoted_once_per_revision",
                fields=["change", "environment", "kind", "revision"],
                condition=Q(state="succeeded"),
            ),
            models.CheckConstraint(
                name="promotion_started_by_somebody",
                condition=Q(state__in=["scheduled", "cancelled"])
                | Q(
                    started_at__isnull=False,
                    started_by__isnull=False,
                    lease__isnull=False,
                ),
            ),
            models.CheckConstraint(
                name="rollback_undoes_something",
                condition=Q(kind="rollback", undoes__isnull=False)
                | ~Q(kind="rollback") & Q(undoes__isnull=True, back_to__isnull=True),
            ),
            models.CheckConstraint(
                name="promotion_succeeds_with_its_own_digest",
                condition=~Q(state__in=["verifying", "succeeded"])
                | Q(kind="rollback")
                | Q(reported_sha256=models.F("sha256")),
            ),
            models.CheckConstraint(
                name="promotion_finished_iff_over",
                condition=Q(
                    state__in=["scheduled", "running", "verifying"],
                    finished_at__isnull=True,
                )
                | ~Q(state__in=["scheduled", "running", "verifying"])
                & Q(finished_at__isnull=False),
            ),
            *bounded_dates("promotion", "created_at", "started_at", "finished_at"),
        ]
        indexes: ClassVar = [
            models.Index(
                "environment", "package", "state", name="promotion_by_environment"
            ),
            models.Index("package", "state", name="promotion_by_package"),
        ]

    def __str__(self) -> str:
        if self.kind == self.Kind.ROLLBACK:
            return f"{self.package} out of {self.environment}"
        return f"{self.package} to {self.environment}"

    def get_absolute_url(self) -> str:
        return reverse("changes:promotion", args=[self.pk])

    @property
    def follows(self) -> bool:
        """Neither the resync of a copy nor a roll-back decides anything new; into what
        people work with, a resync is a promotion like any other."""
        is_copied = self.kind == self.Kind.RESYNC and not self.environment.is_serving
        return is_copied or self.kind == self.Kind.ROLLBACK

    @property
    def brings_sha256(self) -> str:
        """The digest of what runs there afterwards; "" when nobody ever knew it, or
        when nothing does."""
        if self.kind == self.Kind.ROLLBACK:
            return self.back_to.sha256 if self.back_to else ""
        return self.sha256

    @property
    def takes_out(self) -> bool:
        """Does it end a first installation, so that nothing runs there afterwards?"""
        return self.kind == self.Kind.ROLLBACK and self.back_to_id is None

    @property
    def to_report(self) -> str:
        """What the host must say is installed once the steps are done."""
        return NOT_INSTALLED if self.takes_out else self.brings_sha256


class PromotionStep(models.Model):
    """One line of the run sheet."""

    class Kind(models.TextChoices):
        PRECHECK = "precheck", "Check before"
        BACKUP = "backup", "Backup"
        APPLY = "apply", "Apply"
        POSTCHECK = "postcheck", "Check after"

    promotion = models.ForeignKey(
        Promotion, models.CASCADE, related_name="steps", db_index=False
    )
    ordinal = models.PositiveSmallIntegerField()
    kind = models.CharField(max_length=9, choices=Kind)
    title = models.CharField(max_length=200)
    done_at = models.DateTimeField(null=True)
    done_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+"
    )
    evidence = models.TextField(blank=True)

    class Meta:
        ordering: ClassVar = ["ordinal"]
        constraints: ClassVar = [
            models.UniqueConstraint(
                name="one_step_per_place", fields=["promotion", "ordinal"]
            ),
            models.CheckConstraint(
                name="step_done_by_somebody",
                condition=Q(done_at__isnull=True, done_by__isnull=True)
                | Q(done_at__isnull=False, done_by__isnull=False),
            ),
            tidy_text("promotion_step_title", "title"),
            *bounded_dates("promotion_step", "done_at"),
        ]

    def __str__(self) -> str:
        return self.title


class Waiver(models.Model):
    """A gate somebody let a change pass, why, and what is owed for it."""

    change = models.ForeignKey(
        ChangeRequest, models.CASCADE, related_name="waivers", db_index=False
    )
    environment = models.ForeignKey(Environment, models.PROTECT, related_name="+")
    gate = models.CharField(max_length=20)
    reason = models.TextField()
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    at = models.DateTimeField()
    until = models.DateTimeField()

    class Meta:
        ordering: ClassVar = ["at", "id"]
        constraints: ClassVar = [
            models.UniqueConstraint(
                name="waived_once", fields=["change", "environment", "gate"]
            ),
            tidy_text("waiver_reason", "reason"),
            *bounded_dates("waiver", "at", "until"),
        ]

    def __str__(self) -> str:
        return f"{self.gate} waived for {self.change.ref}"


class FreezeOverride(models.Model):
    """Leave to change one environment during one freeze, used once."""

    change = models.ForeignKey(
        ChangeRequest, models.CASCADE, related_name="overrides", db_index=False
    )
    revision = models.PositiveIntegerField()
    occurrence = models.ForeignKey(Occurrence, models.PROTECT, related_name="overrides")
    reason = models.TextField()
    approval = models.ForeignKey(ApprovalRequest, models.PROTECT, related_name="+")
    requested_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+"
    )
    used_by = models.ForeignKey(
        Promotion, models.PROTECT, null=True, related_name="overrides"
    )

    class Meta:
        ordering: ClassVar = ["id"]
        constraints: ClassVar = [
            models.UniqueConstraint(
                name="one_override_per_freeze",
                fields=["change", "revision", "occurrence"],
            ),
            tidy_text("override_reason", "reason"),
        ]

    def __str__(self) -> str:
        return f"{self.change.ref} during {self.occurrence}"


class ChangeDuty(models.Model):
    """What a change leaves owed: a sync, a test after the fact, a review."""

    class Kind(models.TextChoices):
        FAILOVER_SYNC = "failover_sync", "Bring failover up to production"
        TRAINING_SYNC = "training_sync", "Bring training up to production"
        REVIEW = "review", "Post-implementation review"
        RETRO_TEST = "retro_test", "Test after the fact"
        RETROFIT = "retrofit", "Bring into dev/test"
        RETRO_APPROVAL = "retro_approval", "Approval after the fact"

    change = models.ForeignKey(
        ChangeRequest, models.PROTECT, related_name="duties", db_index=False
    )
    kind = models.CharField(max_length=14, choices=Kind)
    environment = models.ForeignKey(
        Environment, models.PROTECT, null=True, related_name="change_duties"
    )
    sha256 = models.CharField(max_length=64, blank=True)
    duty = models.OneToOneField(Duty, models.PROTECT, related_name="change_duty")
    # The question to two people after a break-glass.
    approval = models.ForeignKey(
        ApprovalRequest, models.PROTECT, null=True, related_name="+"
    )
    waived_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+"
    )
    waive_reason = models.CharField(max_length=200, blank=True)
    is_settled = models.BooleanField(default=False)

    class Meta:
        ordering: ClassVar = ["id"]
        verbose_name_plural = "change duties"
        constraints: ClassVar = [
            models.UniqueConstraint(
                name="owed_once",
                fields=["change", "kind", "environment"],
                condition=Q(is_settled=False),
                nulls_distinct=False,
            ),
            # A second break-glass waits until the first was looked at.
            models.UniqueConstraint(
                name="one_unreviewed_break_glass",
                fields=["environment"],
                condition=Q(kind="retro_approval", is_settled=False),
            ),
            models.CheckConstraint(
                name="waived_duty_says_why",
                condition=Q(waived_by__isnull=True) | ~Q(waive_reason=""),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()}: {self.change.ref}"

    @property
    def is_by_hand(self) -> bool:
        """Settled by saying so; the rest by a promotion, a review, a vote."""
        return self.kind in {self.Kind.RETRO_TEST, self.Kind.RETROFIT}

    @property
    def is_waivable(self) -> bool:
        """What was done without asking is always judged."""
        return self.kind != self.Kind.RETRO_APPROVAL


class Review(models.Model):
    """The post-implementation review: what was meant, what came of it."""

    change = models.OneToOneField(ChangeRequest, models.PROTECT, related_name="pir")
    reviewer = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+"
    )
    outcome = models.CharField(max_length=11, choices=ChangeRequest.Closure)
    objectives_met = models.BooleanField(default=True)
    outage_minutes = models.PositiveIntegerField("Actual outage", default=0)
    root_cause = models.TextField(blank=True)
    lessons = models.TextField(blank=True)
    at = models.DateTimeField()

    class Meta:
        ordering: ClassVar = ["-at"]
        constraints: ClassVar = [*bounded_dates("review", "at")]

    def __str__(self) -> str:
        return f"Review of {self.change.ref}"
