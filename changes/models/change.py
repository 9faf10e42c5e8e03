"""The change request: what is to be altered, why, how, when, and how to undo it."""

from typing import Any, ClassVar, Self

from django.conf import settings
from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import DateTimeRangeField, RangeOperators
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Now
from django.urls import reverse
from simple_history.models import HistoricalRecords

from changes.models.packages import Package
from changes.moves import ENDED, ChangeState, TemplateState
from environments.models import Component, Environment, Landscape
from opsdesk.accounts.access import access_of
from opsdesk.accounts.models import User
from opsdesk.core.fields import bounded_dates, tidy_text
from opsdesk.core.models import ApprovalRequest, Comment, TimelineEvent
from snags.models import BusinessProcess, Snag


class Risk(models.TextChoices):
    LOW = "low", "Low"
    MEDIUM = "medium", "Medium"
    HIGH = "high", "High"


class ChangeTemplate(models.Model):
    """A change that was agreed to once for all: the standard change.

    An edit is a new row of a higher number, agreed to anew.
    """

    State = TemplateState

    landscape = models.ForeignKey(
        Landscape, models.PROTECT, related_name="change_templates", db_index=False
    )
    code = models.CharField(max_length=40)
    number = models.PositiveSmallIntegerField(default=1)
    state = models.CharField(max_length=9, choices=TemplateState, default="proposed")
    title = models.CharField(max_length=200)
    # What a change made from it starts with, by field name.
    body = models.JSONField(default=dict)
    locked = models.JSONField(default=list)
    environments = models.ManyToManyField(Environment, related_name="+")
    # Normal changes that went well, done in this way before anybody need not be asked.
    evidence: "models.ManyToManyField[ChangeRequest, Any]" = models.ManyToManyField(
        "ChangeRequest", related_name="+"
    )
    expires_on = models.DateField()
    suspended_because = models.CharField(max_length=200, blank=True)
    approval = models.ForeignKey(
        ApprovalRequest, models.PROTECT, null=True, related_name="+"
    )
    proposed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+"
    )
    version = models.PositiveIntegerField(default=1, editable=False)

    history = HistoricalRecords()

    class Meta:
        ordering: ClassVar = ["code", "-number"]
        constraints: ClassVar = [
            models.UniqueConstraint(
                name="one_template_per_number", fields=["landscape", "code", "number"]
            ),
            models.UniqueConstraint(
                name="one_live_template_per_code",
                fields=["landscape", "code"],
                condition=Q(state="approved"),
            ),
            tidy_text("template_title", "title"),
            *bounded_dates("template", "expires_on"),
        ]

    def __str__(self) -> str:
        return f"{self.code} v{self.number}"

    def get_absolute_url(self) -> str:
        return reverse("changes:template", args=[self.pk])


class ChangeQuerySet(models.QuerySet["ChangeRequest"]):
    def visible_to(self, user: User) -> Self:
        """Internal people see all; everybody else what they asked for or work on."""
        access = access_of(user)
        if access.is_internal:
            return self
        mine = Q(requester=user) | Q(implementer=user)
        tested = Q(tests__assigned_to=user)
        made = Q(package__author=user)
        return self.filter(mine | tested | made).distinct()

    def open(self) -> Self:
        return self.exclude(state__in=ENDED)


class ChangeRequest(models.Model):
    """A change of what runs, from the idea to its review.

    `sha256` is the digest of everything of substance; a vote holds for one revision and
    one digest only. Nothing is changed without a package, so everything has a digest.
    """

    State = ChangeState
    Risk = Risk

    class Kind(models.TextChoices):
        NORMAL = "normal", "Normal"
        STANDARD = "standard", "Standard"
        EMERGENCY = "emergency", "Emergency"
        STATUTORY = "statutory", "Statutory"

    class Closure(models.TextChoices):
        SUCCESSFUL = "successful", "Successful"
        WITH_ISSUES = "with_issues", "Successful with issues"
        BACKED_OUT = "backed_out", "Backed out"
        FAILED = "failed", "Failed"

    landscape = models.ForeignKey(
        Landscape, models.PROTECT, related_name="changes", db_index=False
    )
    kind = models.CharField(max_length=9, choices=Kind, default=Kind.NORMAL)
    template = models.ForeignKey(
        ChangeTemplate, models.PROTECT, null=True, blank=True, related_name="changes"
    )
    state = models.CharField(max_length=12, choices=ChangeState, default="draft")
    # What and why
    title = models.CharField(max_length=200)
    description = models.TextField(blank=True)
    reason = models.TextField("Business reason", blank=True)
    impact = models.TextField("What may break", blank=True)
    outage_minutes = models.PositiveIntegerField("Expected outage", default=0)
    authority = models.CharField("Law or authority", max_length=200, blank=True)
    legal_on = models.DateField("In force from", null=True, blank=True)
    package = models.ForeignKey(
        Package, models.PROTECT, null=True, blank=True, related_name="changes"
    )
    components = models.ManyToManyField(Component, blank=True, related_name="changes")
    processes = models.ManyToManyField(
        BusinessProcess, blank=True, related_name="changes"
    )
    snags = models.ManyToManyField(Snag, blank=True, related_name="changes")
    caused = models.ManyToManyField(Snag, blank=True, related_name="caused_by_changes")
    # One a line: the papers that say how it works, to be put right afterwards.
    documents = models.TextField("Documents it alters", blank=True)
    # How
    implementation_plan = models.TextField(blank=True)
    test_plan = models.TextField(blank=True)
    backout_plan = models.TextField("Back-out plan", blank=True)
    backout_hours = models.PositiveSmallIntegerField(
        "May be backed out for", default=48
    )
    comms_plan = models.TextField("Who is told", blank=True)
    risk_answers = models.JSONField(default=dict)
    risk_calculated = models.CharField(max_length=6, choices=Risk, default=Risk.LOW)
    risk_manual = models.CharField(max_length=6, choices=Risk, blank=True)
    risk = models.CharField(max_length=6, choices=Risk, default=Risk.LOW)
    conflicts_accepted = models.TextField("Conflicts accepted because", blank=True)
    # When: it may be moved within the envelope without asking again.
    earliest_start = models.DateTimeField(null=True, blank=True)
    latest_end = models.DateTimeField(null=True, blank=True)
    # Who
    requester = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="requested_changes"
    )
    implementer = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="implemented_changes",
    )
    # Where it stands
    held_at = models.DateTimeField(null=True, blank=True)
    hold_reason = models.CharField(max_length=200, blank=True)
    revision = models.PositiveIntegerField(default=1)
    sha256 = models.CharField(max_length=64, blank=True)
    approval = models.ForeignKey(
        ApprovalRequest, models.PROTECT, null=True, related_name="+"
    )
    is_break_glass = models.BooleanField(default=False)
    closure = models.CharField(max_length=11, choices=Closure, blank=True)
    created_at = models.DateTimeField(db_default=Now())
    closed_at = models.DateTimeField(null=True, blank=True)
    version = models.PositiveIntegerField(default=1, editable=False)

    objects = ChangeQuerySet.as_manager()
    history = HistoricalRecords()

    class Meta:
        ordering: ClassVar = ["-id"]
        constraints: ClassVar = [
            tidy_text("change_title", "title"),
            models.CheckConstraint(
                name="change_with_a_package_once_submitted",
                condition=Q(state__in=["draft", "cancelled"])
                | Q(package__isnull=False) & ~Q(sha256=""),
            ),
            models.CheckConstraint(
                name="change_envelope_in_order",
                condition=Q(earliest_start__isnull=True)
                | Q(latest_end__isnull=True)
                | Q(latest_end__gt=F("earliest_start")),
            ),
            models.CheckConstraint(
                name="statutory_change_names_the_law",
                condition=~Q(kind="statutory")
                | Q(state="draft")
                | ~Q(authority="") & Q(legal_on__isnull=False),
            ),
            models.CheckConstraint(
                name="standard_change_has_a_template",
                condition=~Q(kind="standard") | Q(template__isnull=False),
            ),
            models.CheckConstraint(
                name="held_change_says_why",
                condition=Q(held_at__isnull=True, hold_reason="")
                | Q(held_at__isnull=False) & ~Q(hold_reason=""),
            ),
            models.CheckConstraint(
                name="closed_change_says_how",
                condition=Q(state="closed", closed_at__isnull=False) & ~Q(closure="")
                | ~Q(state="closed") & Q(closed_at__isnull=True, closure=""),
            ),
            *bounded_dates(
                "change", "earliest_start", "latest_end", "legal_on", "closed_at"
            ),
        ]
        indexes: ClassVar = [
            models.Index(fields=["state", "-id"], name="change_by_state"),
            models.Index(fields=["landscape", "-id"], name="change_by_landscape"),
        ]

    def __str__(self) -> str:
        return f"{self.ref} {self.title}"

    def get_absolute_url(self) -> str:
        return reverse("changes:detail", args=[self.pk])

    @property
    def ref(self) -> str:
        return f"CR-{self.pk}"

    @property
    def is_held(self) -> bool:
        return self.held_at is not None


class ChangeTarget(models.Model):
    """One environment a change goes to, in its order, and the slot booked there."""

    change = models.ForeignKey(
        ChangeRequest, models.CASCADE, related_name="targets", db_index=False
    )
    environment = models.ForeignKey(
        Environment, models.PROTECT, related_name="change_targets"
    )
    ordinal = models.PositiveSmallIntegerField()
    is_mandatory = models.BooleanField(default=True)
    minutes = models.PositiveIntegerField("Takes about", default=30)
    slot = DateTimeRangeField(null=True, blank=True)
    is_exclusive = models.BooleanField("Nothing else meanwhile", default=False)
    # Booked while approval is asked for and given; free again when it is not.
    is_booked = models.BooleanField(default=False)
    # What was installed when approval was asked for: {component id: installation id}.
    baseline = models.JSONField(default=dict)

    class Meta:
        ordering: ClassVar = ["ordinal", "id"]
        constraints: ClassVar = [
            models.UniqueConstraint(
                name="one_target_per_environment", fields=["change", "environment"]
            ),
            models.CheckConstraint(
                name="slot_lasts",
                condition=Q(slot__isnull=True) | Q(slot__isempty=False),
            ),
            ExclusionConstraint(
                name="exclusive_slots_do_not_overlap",
                expressions=[
                    ("environment", RangeOperators.EQUAL),
                    ("slot", RangeOperators.OVERLAPS),
                ],
                condition=Q(is_booked=True, is_exclusive=True),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.change.ref} to {self.environment}"


class ChangeRevision(models.Model):
    """What a change said at one revision: what people agreed to can be read again."""

    change = models.ForeignKey(
        ChangeRequest, models.CASCADE, related_name="revisions", db_index=False
    )
    number = models.PositiveIntegerField()
    sha256 = models.CharField(max_length=64)
    body = models.JSONField()
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    at = models.DateTimeField()

    class Meta:
        ordering: ClassVar = ["number"]
        constraints: ClassVar = [
            models.UniqueConstraint(
                name="one_revision_per_number", fields=["change", "number"]
            ),
            *bounded_dates("change_revision", "at"),
        ]

    def __str__(self) -> str:
        return f"{self.change.ref} revision {self.number}"


class ChangeEvent(TimelineEvent):
    """One line of a change's timeline."""

    change = models.ForeignKey(
        ChangeRequest, models.CASCADE, related_name="events", db_index=False
    )

    class Meta:
        ordering: ClassVar = ["at", "id"]
        constraints: ClassVar = [*bounded_dates("change_event", "at")]
        indexes: ClassVar = [models.Index("change", "at", name="change_timeline")]

    def __str__(self) -> str:
        return f"{self.verb} on CR-{self.change_id}"


class ChangeComment(Comment):
    """Something said about a change; it never touches an approval."""

    change = models.ForeignKey(
        ChangeRequest, models.CASCADE, related_name="comments", db_index=False
    )

    class Meta:
        ordering: ClassVar = ["at", "id"]
        constraints: ClassVar = [
            tidy_text("change_comment_body", "body"),
            *bounded_dates("change_comment", "at"),
        ]
        indexes: ClassVar = [models.Index("change", "at", name="change_conversation")]

    def __str__(self) -> str:
        return f"{self.author} on CR-{self.change_id}"
