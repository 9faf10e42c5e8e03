from typing import ClassVar, Self

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Now

from opsdesk.accounts.models import Party
from opsdesk.core.fields import bounded_dates
from sla.models import ContractVersion, Target
from snags.models.snag import Snag


class ClockQuerySet(models.QuerySet["Clock"]):
    def live(self) -> Self:
        """Neither stopped nor cancelled: a promise still to be kept."""
        return self.filter(state__in=[Clock.State.RUNNING, Clock.State.PAUSED])


class Clock(models.Model):
    """Time running against one promise on one snag.

    `due_at` is a cache: it always equals what the engine computes from start, target,
    timeline and pauses. While a pause is open it is NULL, unless the promise was broken
    before the pause began.
    """

    Kind = Target.Kind

    class State(models.TextChoices):
        RUNNING = "running", "Running"
        PAUSED = "paused", "Paused"
        STOPPED = "stopped", "Stopped"
        CANCELLED = "cancelled", "Cancelled"

    snag = models.ForeignKey(
        Snag, models.CASCADE, related_name="clocks", db_index=False
    )
    kind = models.CharField(max_length=10, choices=Kind)
    party = models.ForeignKey(
        Party, models.PROTECT, related_name="clocks", db_index=False
    )
    cycle = models.PositiveSmallIntegerField(default=1)
    contract_version = models.ForeignKey(
        ContractVersion, models.PROTECT, related_name="clocks", db_index=False
    )
    priority = models.PositiveSmallIntegerField()
    started_at = models.DateTimeField()
    target_seconds = models.PositiveIntegerField(null=True)
    target_days = models.PositiveSmallIntegerField(null=True)
    # [[effective_from or null, calendar_version id], ...]
    timeline = models.JSONField()
    is_pausable = models.BooleanField()
    state = models.CharField(max_length=9, choices=State, default=State.RUNNING)
    due_at = models.DateTimeField(null=True)
    stopped_at = models.DateTimeField(null=True)
    elapsed_seconds = models.PositiveBigIntegerField(null=True)
    breached_at = models.DateTimeField(null=True)
    breach_cause = models.CharField(max_length=30, blank=True)
    next_event_at = models.DateTimeField(null=True)
    next_level = models.CharField(max_length=20, blank=True)
    revision = models.PositiveIntegerField(default=1)

    objects = ClockQuerySet.as_manager()

    class Meta:
        ordering: ClassVar = ["snag", "id"]
        constraints: ClassVar = [
            models.UniqueConstraint(
                name="one_clock_per_promise_and_cycle",
                fields=["snag", "kind", "party", "cycle"],
            ),
            models.CheckConstraint(
                name="clock_target_is_seconds_or_days",
                condition=Q(target_seconds__gt=0, target_days__isnull=True)
                | Q(target_seconds__isnull=True, target_days__gt=0),
            ),
            models.CheckConstraint(
                name="clock_fires_only_while_running",
                condition=Q(next_event_at__isnull=True) | Q(state="running"),
            ),
            models.CheckConstraint(
                name="clock_paused_has_no_deadline_unless_breached",
                condition=~Q(state="paused")
                | Q(due_at__isnull=True)
                | Q(breached_at__isnull=False),
            ),
            models.CheckConstraint(
                name="clock_stopped_at_iff_stopped",
                condition=Q(state="stopped", stopped_at__isnull=False)
                | ~Q(state="stopped") & Q(stopped_at__isnull=True),
            ),
            models.CheckConstraint(
                name="clock_stopped_knows_its_outcome",
                condition=~Q(state="stopped")
                | Q(due_at__isnull=False, elapsed_seconds__isnull=False),
            ),
            models.CheckConstraint(
                name="clock_stops_after_start",
                condition=Q(stopped_at__isnull=True)
                | Q(stopped_at__gte=F("started_at")),
            ),
            *bounded_dates(
                "clock",
                "started_at",
                "due_at",
                "stopped_at",
                "breached_at",
                "next_event_at",
            ),
        ]
        indexes: ClassVar = [
            # The sweep reads this and nothing else when nothing is due.
            models.Index(
                "next_event_at",
                name="clock_due",
                condition=Q(state="running", next_event_at__isnull=False),
            ),
            # Compliance by day stopped, and misses by day due.
            models.Index(
                "stopped_at",
                name="clock_by_stopped",
                condition=Q(stopped_at__isnull=False),
            ),
            models.Index(
                "breached_at",
                name="clock_by_breached",
                condition=Q(breached_at__isnull=False),
            ),
            # Recompute after an amendment: the live clocks of a contract.
            models.Index(
                "contract_version",
                "id",
                name="clock_live_by_contract",
                condition=Q(state__in=["running", "paused"]),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} on SN-{self.snag_id}"

    @property
    def is_live(self) -> bool:
        return self.state in {self.State.RUNNING, self.State.PAUSED}

    @property
    def was_missed(self) -> bool:
        """Stopped after it was due; meaningless while it runs."""
        return bool(self.stopped_at and self.due_at and self.stopped_at > self.due_at)


class ClockEvent(models.Model):
    """A level a clock reached, recorded exactly once; dated by when it was due."""

    clock = models.ForeignKey(Clock, models.CASCADE, related_name="events")
    level = models.CharField(max_length=20)
    arm = models.PositiveSmallIntegerField(default=0)
    due_at = models.DateTimeField()
    detected_at = models.DateTimeField(db_default=Now())
    cause = models.CharField(max_length=30, blank=True)
    voided_at = models.DateTimeField(null=True)
    void_cause = models.CharField(max_length=30, blank=True)

    class Meta:
        ordering: ClassVar = ["due_at", "id"]
        constraints: ClassVar = [
            models.UniqueConstraint(
                name="clock_event_once",
                fields=["clock", "level", "arm"],
                condition=Q(voided_at__isnull=True),
            ),
            models.CheckConstraint(
                name="breach_is_never_rearmed",
                condition=~Q(level="breach") | Q(arm=0),
            ),
            *bounded_dates("clock_event", "due_at", "voided_at"),
        ]

    def __str__(self) -> str:
        return f"{self.level} of clock {self.clock_id}"


class ClockRevision(models.Model):
    """What a clock was computed from, each time it was; append-only.

    `inputs` holds start, target, timeline, pauses and stop: replaying them gives
    `new_due_at` again.
    """

    clock = models.ForeignKey(
        Clock, models.CASCADE, related_name="revisions", db_index=False
    )
    number = models.PositiveIntegerField()
    at = models.DateTimeField()
    # Who and by which version is not checked by the database: 300,000 revisions at once
    # name the same few rows, none of which is ever deleted.
    actor = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        related_name="+",
        db_index=False,
        db_constraint=False,
    )
    cause = models.CharField(max_length=30)
    old_due_at = models.DateTimeField(null=True)
    new_due_at = models.DateTimeField(null=True)
    contract_version = models.ForeignKey(
        ContractVersion,
        models.PROTECT,
        related_name="+",
        db_index=False,
        db_constraint=False,
    )
    inputs = models.JSONField()

    class Meta:
        ordering: ClassVar = ["clock", "number"]
        constraints: ClassVar = [
            models.UniqueConstraint(
                name="clock_revision_numbered_once", fields=["clock", "number"]
            ),
            *bounded_dates("clock_revision", "at", "old_due_at", "new_due_at"),
        ]

    def __str__(self) -> str:
        return f"Revision {self.number} of clock {self.clock_id}"
