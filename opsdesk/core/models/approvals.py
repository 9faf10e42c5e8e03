"""Asking people for their agreement, once, for everything that needs it.

The row that is asked about holds the key to its request; its own service locks it,
votes through `core.services.approvals`, and moves it. Nothing here says "approved" by
itself: what a request has come to follows from its live votes and who is asked today.
"""

from typing import ClassVar, Self

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now
from simple_history.models import HistoricalRecords

from opsdesk.core.fields import bounded_dates, tidy_text


class Asked(models.TextChoices):
    """Whose agreement a step needs: a role, or the flag of an emergency approver."""

    TECHNICAL = "approver_technical", "Technical approver"
    BUSINESS = "approver_business", "Business approver"
    MANAGER = "manager", "Manager"
    ADMINISTRATOR = "administrator", "Administrator"
    EMERGENCY = "emergency", "Emergency approver"


class ApprovalPolicy(models.Model):
    """Who must agree to what: read when a request is made, copied into it.

    A step is an object of `asked`, `needed` and `sequence`, as in ApprovalStep.
    """

    kind = models.CharField(max_length=20)
    level = models.CharField(max_length=20)
    valid_days = models.PositiveSmallIntegerField("A vote counts for", default=30)
    steps = models.JSONField(default=list)
    version = models.PositiveIntegerField(default=1, editable=False)

    history = HistoricalRecords()

    class Meta:
        ordering: ClassVar = ["kind", "level"]
        verbose_name_plural = "approval policies"
        constraints: ClassVar = [
            models.UniqueConstraint(name="one_policy", fields=["kind", "level"])
        ]

    def __str__(self) -> str:
        return f"{self.kind}, {self.level}"


class ApprovalQuerySet(models.QuerySet["ApprovalRequest"]):
    def open(self) -> Self:
        return self.filter(state=ApprovalRequest.State.OPEN)

    def live(self) -> Self:
        """Neither ended nor used: its votes still matter."""
        return self.filter(state__in=ApprovalRequest.LIVE)


class ApprovalRequest(models.Model):
    """One question to several people, about one revision of one thing."""

    class State(models.TextChoices):
        OPEN = "open", "Waiting for votes"
        GRANTED = "granted", "Granted"
        CONSUMED = "consumed", "Used"
        REJECTED = "rejected", "Rejected"
        SUPERSEDED = "superseded", "Superseded"
        EXPIRED = "expired", "Expired"
        WITHDRAWN = "withdrawn", "Withdrawn"

    LIVE = (State.OPEN, State.GRANTED)

    kind = models.CharField(max_length=20)
    title = models.CharField(max_length=200)
    url = models.CharField(max_length=250)
    # What was asked about: a vote for anything else does not count.
    revision = models.PositiveIntegerField()
    sha256 = models.CharField(max_length=64)
    state = models.CharField(max_length=10, choices=State, default=State.OPEN)
    requested_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="asked_for"
    )
    requested_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    reminded_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)
    consumed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+"
    )

    objects = ApprovalQuerySet.as_manager()

    class Meta:
        ordering: ClassVar = ["-requested_at", "-id"]
        constraints: ClassVar = [
            tidy_text("approval_title", "title"),
            tidy_text("approval_sha256", "sha256"),
            models.CheckConstraint(
                name="approval_ended_iff_not_live",
                condition=Q(state__in=["open", "granted"], ended_at__isnull=True)
                | ~Q(state__in=["open", "granted"]) & Q(ended_at__isnull=False),
            ),
            models.CheckConstraint(
                name="approval_used_by_somebody",
                condition=~Q(state="consumed") | Q(consumed_by__isnull=False),
            ),
            *bounded_dates(
                "approval", "requested_at", "expires_at", "reminded_at", "ended_at"
            ),
        ]
        indexes: ClassVar = [
            models.Index(
                "expires_at",
                name="approval_live",
                condition=Q(state__in=["open", "granted"]),
            )
        ]

    def __str__(self) -> str:
        return self.title

    @property
    def is_live(self) -> bool:
        return self.state in self.LIVE


class ApprovalStep(models.Model):
    """So many distinct people of one kind; steps of a lower sequence come first."""

    request = models.ForeignKey(
        ApprovalRequest, models.CASCADE, related_name="steps", db_index=False
    )
    sequence = models.PositiveSmallIntegerField(default=0)
    asked = models.CharField(max_length=20, choices=Asked)
    needed = models.PositiveSmallIntegerField(default=1)

    class Meta:
        ordering: ClassVar = ["sequence", "id"]
        constraints: ClassVar = [
            models.UniqueConstraint(
                name="one_step_per_role", fields=["request", "asked"]
            ),
            models.CheckConstraint(
                name="step_needs_somebody", condition=Q(needed__gte=1)
            ),
        ]

    def __str__(self) -> str:
        return f"{self.needed} of {self.get_asked_display()}"


class Vote(models.Model):
    """What one person said; it is never changed, only taken back."""

    class Decision(models.TextChoices):
        APPROVE = "approve", "Approved"
        REJECT = "reject", "Rejected"

    request = models.ForeignKey(
        ApprovalRequest, models.PROTECT, related_name="votes", db_index=False
    )
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="votes"
    )
    decision = models.CharField(max_length=7, choices=Decision)
    comment = models.TextField(blank=True)
    at = models.DateTimeField(db_default=Now())
    revoked_at = models.DateTimeField(null=True)
    revoke_reason = models.CharField(max_length=200, blank=True)

    class Meta:
        ordering: ClassVar = ["at", "id"]
        constraints: ClassVar = [
            models.UniqueConstraint(
                name="one_live_vote_per_person",
                fields=["request", "user"],
                condition=Q(revoked_at__isnull=True),
            ),
            models.CheckConstraint(
                name="rejection_says_why",
                condition=Q(decision="approve") | ~Q(comment=""),
            ),
            models.CheckConstraint(
                name="revoked_vote_says_why",
                condition=Q(revoked_at__isnull=True, revoke_reason="")
                | Q(revoked_at__isnull=False) & ~Q(revoke_reason=""),
            ),
            *bounded_dates("vote", "revoked_at"),
        ]

    def __str__(self) -> str:
        return f"{self.user}: {self.get_decision_display()}"
