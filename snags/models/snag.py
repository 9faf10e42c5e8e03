from datetime import datetime
from functools import reduce
from operator import or_
from typing import ClassVar, Self

from django.conf import settings
from django.contrib.postgres.search import SearchVectorField
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Now
from django.urls import reverse
from simple_history.models import HistoricalRecords

from environments.models import Environment, Module
from opsdesk.accounts.access import Role, access_of
from opsdesk.accounts.models import Party, User
from opsdesk.core.fields import bounded_dates
from opsdesk.core.models import Duty
from sla.models import Priority
from snags.models.lists import BusinessProcess, Snaglist
from snags.models.snag_rules import CONSTRAINTS, INDEXES, IS_OPEN
from snags.models.words import WORDS, Lexemes, in_department
from snags.moves import FINISHED, OPEN, Status


def own_parts(user: User) -> list[Q]:
    """What a person reported or, as one who works here, looks after: few rows."""
    reported = [Q(reported_by=user)]
    return [*reported, Q(owner=user)] if access_of(user).is_internal else reported


def visible_parts(user: User, words: Lexemes | None = None) -> list[Q] | None:
    """What a person may know of, in parts that one index each can find; None is all.

    A long list reads and merges each part in its own order: in one OR PostgreSQL would
    read everybody's rows. With words, only what holds them.
    """
    if not user.is_active:
        return [Q(pk__in=[])]
    access, parts = access_of(user), own_parts(user)
    departments = access.departments() if access.is_internal else frozenset()
    if departments is None:
        return None if words is None else [Q(search=words)]
    if access.has(Role.REPORTER) and not access.is_internal:
        parts.append(Q(is_shared=True))
    if access.supplier_ids and not access.is_internal:
        parts.append(_handed_part(access.supplier_ids, words))
    held = Q() if words is None else Q(search=words)
    mine = [part & held for part in parts]
    return mine + [in_department(pk, words) for pk in sorted(departments)]


def _handed_part(ids: frozenset[int], words: Lexemes | None) -> Q:
    """What suppliers were handed; what it says now is found only while they have it."""
    if words is not None:
        return Q(handed_to__in=ids)
    return Q(pk__in=Handover.objects.filter(supplier__in=ids).values("snag_id"))


class SnagQuerySet(models.QuerySet["Snag"]):
    def visible_to(self, user: User) -> Self:
        """The rows a person may know of; everything a page shows starts here.

        Internal people see all, or their departments; a supplier's contacts see what
        was handed to that supplier; everybody sees what they reported and what support
        has opened to everyone.
        """
        parts = visible_parts(user)
        return self if parts is None else self.filter(reduce(or_, parts))

    def current_to(self, user: User) -> Self:
        """Those of them a person may read as they are now: see queries/as_left.py."""
        access = access_of(user)
        if access.is_internal or not access.supplier_ids:
            return self
        known = Q(handed_to__in=access.supplier_ids) | Q(reported_by=user)
        if access.has(Role.REPORTER):
            known |= Q(is_shared=True)
        return self.filter(known)

    def open(self) -> Self:
        return self.filter(IS_OPEN)


class Snag(models.Model):
    """Something wrong or unfinished after go-live, until it is put right."""

    Status = Status
    Priority = Priority
    FINISHED = FINISHED

    class Kind(models.TextChoices):
        FAULT = "fault", "Fault"
        REVISIT = "revisit", "Action point: revisit"
        EXTEND = "extend", "Action point: extend"
        UNFORESEEN = "unforeseen", "Action point: unforeseen"
        DATA_ENQUIRY = "data_enquiry", "Data enquiry"
        REQUEST = "request", "Request"

    class Level(models.IntegerChoices):
        """How wide (impact) and how pressing (urgency)."""

        HIGH = 1, "High"
        MEDIUM = 2, "Medium"
        LOW = 3, "Low"

    class Cause(models.TextChoices):
        DESIGN_GAP = "design_gap", "Design gap"
        SAID_VS_DONE = "said_vs_done", "Said versus done"
        LEGACY = "legacy", "Legacy reference"
        HABIT = "habit", "Habit"
        UNFORESEEN = "unforeseen", "Unforeseen"
        DATA = "data", "Data"
        CONFIGURATION = "configuration", "Configuration"
        DEFECT = "defect", "Software defect"
        INFRASTRUCTURE = "infrastructure", "Infrastructure"

    class WaitingFor(models.TextChoices):
        REPORTER = "reporter", "Waiting for reporter"
        SUPPLIER = "supplier", "Waiting for supplier"
        CHANGE = "change", "Waiting for a change"
        THIRD_PARTY = "third_party", "Waiting for a third party"

    class Channel(models.TextChoices):
        WEB = "web", "Web form"
        PHONE = "phone", "Phone"
        WALK_IN = "walk_in", "Walk-in"
        MAIL = "mail", "Mail"
        API = "api", "API"
        IMPORT = "import", "Import"

    class Resolution(models.TextChoices):
        CONFIGURATION = "configuration", "Configuration changed"
        CHANGE = "change", "Change deployed"
        DATA_CORRECTION = "data_correction", "Data corrected"
        TRAINING = "training", "Training given and process confirmed"
        ANSWERED = "answered", "Question answered"
        NO_FAULT = "no_fault", "No fault found"
        DUPLICATE = "duplicate", "Duplicate"
        DEFERRED = "deferred", "Deferred to an enhancement"
        NOT_ACCEPTED = "not_accepted", "Not accepted"

    class Sensitivity(models.TextChoices):
        NORMAL = "normal", "Normal"
        PERSONAL = "personal", "Personal data"
        CONFIDENTIAL = "confidential", "Confidential"

    # What it is
    kind = models.CharField(max_length=12, choices=Kind, default=Kind.FAULT)
    title = models.CharField(max_length=200)
    detail = models.TextField(blank=True)
    snaglist = models.ForeignKey(
        Snaglist, models.PROTECT, related_name="snags", db_index=False
    )
    environment = models.ForeignKey(
        Environment, models.PROTECT, related_name="snags", db_index=False
    )
    module = models.ForeignKey(
        Module,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="snags",
        db_index=False,
    )
    process = models.ForeignKey(
        BusinessProcess,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="snags",
        db_index=False,
    )
    step = models.CharField("Process step", max_length=120, blank=True)
    designed_step = models.TextField("As designed", blank=True)
    actual_step = models.TextField("As done", blank=True)
    observed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        db_index=False,
    )
    observed_on = models.DateField(null=True, blank=True)
    cause = models.CharField(max_length=14, choices=Cause, blank=True)
    # Only for some kinds
    original_decision = models.TextField("Decision to revisit", blank=True)
    addition = models.TextField("What is to be added", blank=True)
    first_seen_on = models.DateField(null=True, blank=True)
    needed_by_on = models.DateField(null=True, blank=True)
    sensitivity = models.CharField(
        max_length=12, choices=Sensitivity, default=Sensitivity.NORMAL
    )
    data_approver = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        db_index=False,
    )
    # How pressing
    impact = models.PositiveSmallIntegerField(choices=Level, default=Level.LOW)
    urgency = models.PositiveSmallIntegerField(choices=Level, default=Level.MEDIUM)
    priority = models.PositiveSmallIntegerField(choices=Priority, default=Priority.P3)
    priority_reason = models.CharField(
        "Why not by the matrix", max_length=250, blank=True
    )
    # Whose it is
    reported_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        related_name="reported_snags",
        db_index=False,
    )
    logged_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        related_name="+",
        db_index=False,
    )
    channel = models.CharField(max_length=8, choices=Channel, default=Channel.WEB)
    department = models.ForeignKey(
        Party,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="reported_snags",
        db_index=False,
    )
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="owned_snags",
    )
    team = models.ForeignKey(
        Party,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="team_snags",
        db_index=False,
    )
    handed_to = models.ForeignKey(
        Party,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="held_snags",
        db_index=False,
    )
    is_shared = models.BooleanField("Everyone here may see it", default=False)
    # Where it stands
    status = models.CharField(max_length=11, choices=Status, default=Status.NEW)
    waiting_for = models.CharField(max_length=11, choices=WaitingFor, blank=True)
    follow_up = models.ForeignKey(
        Duty, models.PROTECT, null=True, related_name="+", db_index=False
    )
    workaround = models.TextField(blank=True)
    workaround_review = models.ForeignKey(
        Duty, models.PROTECT, null=True, related_name="+", db_index=False
    )
    resolution = models.CharField(max_length=15, choices=Resolution, blank=True)
    resolution_note = models.TextField(blank=True)
    merged_into = models.ForeignKey(
        "self",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="duplicates",
        db_index=False,
    )
    reported_at = models.DateTimeField()
    resolved_at = models.DateTimeField(null=True, blank=True)
    closed_at = models.DateTimeField(null=True, blank=True)
    auto_close_at = models.DateTimeField(null=True, blank=True)
    updated_at = models.DateTimeField(db_default=Now())
    # Caches, written in the transaction of the fact they follow from
    next_due_at = models.DateTimeField(null=True)
    at_risk_from = models.DateTimeField(null=True)
    comment_count = models.PositiveIntegerField(default=0)
    reopen_count = models.PositiveSmallIntegerField(default=0)
    version = models.PositiveIntegerField(default=1)
    search = models.GeneratedField(
        expression=WORDS, output_field=SearchVectorField(), db_persist=True
    )

    # Set on rows shown to a supplier as they were when it last gave the ball back.
    left_at: datetime | None = None

    objects = SnagQuerySet.as_manager()
    history = HistoricalRecords(
        excluded_fields=[
            "search",
            "updated_at",
            "next_due_at",
            "at_risk_from",
            "comment_count",
        ],
        no_db_index=[
            "snaglist",
            "environment",
            "module",
            "process",
            "observed_by",
            "data_approver",
            "reported_by",
            "logged_by",
            "department",
            "owner",
            "team",
            "handed_to",
            "follow_up",
            "workaround_review",
            "merged_into",
        ],
    )

    class Meta:
        ordering: ClassVar = ["-id"]
        constraints: ClassVar = CONSTRAINTS
        indexes: ClassVar = INDEXES

    def __str__(self) -> str:
        return f"{self.ref} {self.title}"

    def get_absolute_url(self) -> str:
        return reverse("snags:detail", args=[self.pk])

    @property
    def ref(self) -> str:
        return f"SN-{self.pk}"

    @property
    def is_open(self) -> bool:
        return self.status in OPEN

    @property
    def is_finished(self) -> bool:
        return self.status in FINISHED

    @property
    def status_label(self) -> str:
        """The state in words, saying for whom when it waits."""
        return (
            str(self.get_waiting_for_display())
            if self.waiting_for
            else str(self.get_status_display())
        )

    def sla_state(self, at: datetime) -> str:
        """breached, risk, ok or paused by the cached instants; none without a clock."""
        if self.next_due_at is None:
            return "paused" if self.status == Status.WAITING else "none"
        if self.next_due_at < at:
            return "breached"
        return "risk" if self.at_risk_from and self.at_risk_from <= at else "ok"


class Handover(models.Model):
    """A stretch of time in which a supplier had the ball."""

    snag = models.ForeignKey(Snag, models.CASCADE, related_name="handovers")
    supplier = models.ForeignKey(Party, models.PROTECT, related_name="handovers")
    reference = models.CharField("Supplier's reference", max_length=60, blank=True)
    from_at = models.DateTimeField()
    to_at = models.DateTimeField(null=True, blank=True)
    # To the microsecond, where people end it: what is written after is not theirs.
    end_recorded_at = models.DateTimeField(null=True, editable=False)
    acknowledged_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering: ClassVar = ["from_at", "id"]
        constraints: ClassVar = [
            models.UniqueConstraint(
                name="one_open_handover",
                fields=["snag"],
                condition=Q(to_at__isnull=True),
            ),
            models.CheckConstraint(
                name="handover_ends_after_start",
                condition=Q(to_at__isnull=True) | Q(to_at__gte=F("from_at")),
            ),
            *bounded_dates(
                "handover", "from_at", "to_at", "end_recorded_at", "acknowledged_at"
            ),
        ]
        indexes: ClassVar = [
            models.Index("supplier", "snag", name="handover_by_supplier")
        ]

    def __str__(self) -> str:
        return f"{self.snag_id} with {self.supplier_id}"
