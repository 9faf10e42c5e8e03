from typing import ClassVar, Self

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

from opsdesk.core.fields import bounded_dates, tidy_text


class TimelineEvent(models.Model):
    """One line of a row's timeline: what was done, by whom; written once.

    The sentence people read is made from verb and parameters when it is shown, so it
    can be reworded without touching the record.
    """

    verb = models.CharField(max_length=30)
    params = models.JSONField(default=dict)
    actor = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        related_name="+",
        db_index=False,
    )
    at = models.DateTimeField("Happened at")
    recorded_at = models.DateTimeField(db_default=Now())

    class Meta:
        abstract = True


class Comment(models.Model):
    """What somebody said about a row, and who may read it."""

    class Audience(models.TextChoices):
        EVERYONE = "everyone", "Everyone involved"
        INTERNAL = "internal", "Internal note"
        SUPPLIER = "supplier", "Supplier"

    author = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        related_name="+",
        db_index=False,
    )
    audience = models.CharField(max_length=10, choices=Audience)
    body = models.TextField()
    at = models.DateTimeField()
    recorded_at = models.DateTimeField(db_default=Now())

    class Meta:
        abstract = True


class Attachment(models.Model):
    """A file somebody added: stored under a random name, reached by its row only."""

    audience = models.CharField(
        max_length=10, choices=Comment.Audience, default=Comment.Audience.EVERYONE
    )
    file = models.FileField(max_length=80)
    name = models.CharField(max_length=255)
    size = models.PositiveBigIntegerField()
    sha256 = models.CharField(max_length=64)
    added_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        related_name="+",
        db_index=False,
    )
    added_at = models.DateTimeField(db_default=Now())

    class Meta:
        abstract = True


class Notification(models.Model):
    """A line in a person's inbox; the same fact is told to the same person once."""

    recipient = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.CASCADE, related_name="notifications"
    )
    key = models.CharField(max_length=120)
    title = models.CharField(max_length=250)
    body = models.TextField(blank=True)
    url = models.CharField(max_length=250, blank=True)
    created_at = models.DateTimeField(db_default=Now())
    read_at = models.DateTimeField(null=True)

    class Meta:
        ordering: ClassVar = ["-created_at", "-id"]
        constraints: ClassVar = [
            models.UniqueConstraint(name="notified_once", fields=["recipient", "key"])
        ]
        indexes: ClassVar = [
            models.Index(
                name="notification_unread",
                fields=["recipient", "-created_at"],
                condition=Q(read_at__isnull=True),
            )
        ]

    def __str__(self) -> str:
        return self.title


class MessageQuerySet(models.QuerySet["Message"]):
    def waiting(self) -> Self:
        return self.filter(sent_at__isnull=True, dead_at__isnull=True)

    def dead(self) -> Self:
        return self.filter(dead_at__isnull=False)


class Message(models.Model):
    """A mail owed: written with the fact, delivered at least once under one id."""

    MAX_ATTEMPTS = 8

    key = models.CharField("Message-ID", max_length=160, unique=True)
    to = models.EmailField()
    subject = models.CharField(max_length=250)
    body = models.TextField()
    created_at = models.DateTimeField(db_default=Now())
    attempts = models.PositiveSmallIntegerField(default=0)
    next_try_at = models.DateTimeField(db_default=Now())
    sent_at = models.DateTimeField(null=True)
    dead_at = models.DateTimeField(null=True)
    last_error = models.CharField(max_length=250, blank=True)

    objects = MessageQuerySet.as_manager()

    class Meta:
        ordering: ClassVar = ["-created_at", "-id"]
        constraints: ClassVar = [
            models.CheckConstraint(
                name="message_not_sent_and_dead",
                condition=Q(sent_at__isnull=True) | Q(dead_at__isnull=True),
            )
        ]
        indexes: ClassVar = [
            models.Index(
                name="message_to_deliver",
                fields=["next_try_at"],
                condition=Q(sent_at__isnull=True, dead_at__isnull=True),
            ),
            models.Index(
                name="message_dead",
                fields=["-dead_at", "-id"],
                condition=Q(dead_at__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.subject} to {self.to}"


# Duties of these kinds are settled where they lead to, together with the row that owes
# them; the inbox only shows the way.
SETTLED_THERE = "change_"


class DutyQuerySet(models.QuerySet["Duty"]):
    def open(self) -> Self:
        return self.filter(done_at__isnull=True)

    def settled_here(self) -> Self:
        """Those that are done by saying so."""
        return self.exclude(kind__startswith=SETTLED_THERE)


class Duty(models.Model):
    """Something a person owes by a time; overdue, it climbs: owner, deputy, manager."""

    class Step(models.IntegerChoices):
        NOT_DUE = 0, "Not due"
        OWNER = 1, "Owner told"
        DEPUTY = 2, "Deputy told"
        MANAGER = 3, "Manager told"

    kind = models.CharField(max_length=30)
    title = models.CharField(max_length=200)
    url = models.CharField(max_length=250, blank=True)
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="duties"
    )
    deputy = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="deputy_duties",
    )
    due_at = models.DateTimeField()
    every_days = models.PositiveSmallIntegerField(
        "Repeats every", null=True, blank=True
    )
    step = models.PositiveSmallIntegerField(choices=Step, default=Step.NOT_DUE)
    next_step_at = models.DateTimeField(null=True)
    created_at = models.DateTimeField(db_default=Now())
    done_at = models.DateTimeField(null=True)
    done_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+"
    )
    note = models.TextField(blank=True)
    # The first of the duties this one repeats, so that its owner finds today's.
    series = models.ForeignKey("self", models.PROTECT, null=True, related_name="+")

    objects = DutyQuerySet.as_manager()

    class Meta:
        ordering: ClassVar = ["due_at", "id"]
        verbose_name_plural = "duties"
        constraints: ClassVar = [
            models.CheckConstraint(
                name="duty_done_has_no_next_step",
                condition=Q(done_at__isnull=True) | Q(next_step_at__isnull=True),
            ),
            models.CheckConstraint(
                name="duty_cadence_is_positive",
                condition=Q(every_days__isnull=True) | Q(every_days__gt=0),
            ),
            tidy_text("duty_title", "title"),
            *bounded_dates("duty", "due_at", "done_at"),
        ]
        indexes: ClassVar = [
            models.Index(
                name="duty_owed_by",
                fields=["owner", "due_at"],
                condition=Q(done_at__isnull=True),
            ),
            models.Index(
                name="duty_to_escalate",
                fields=["next_step_at"],
                condition=Q(next_step_at__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return self.title

    @property
    def is_settled_here(self) -> bool:
        return not self.kind.startswith(SETTLED_THERE)


class SavedView(models.Model):
    """A list's filters under a name, for oneself or for everybody."""

    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.CASCADE, related_name="saved_views"
    )
    screen = models.CharField(max_length=30)
    name = models.CharField(max_length=60)
    query = models.CharField(max_length=1000)
    is_shared = models.BooleanField(default=False)

    class Meta:
        ordering: ClassVar = ["name", "id"]
        constraints: ClassVar = [
            models.UniqueConstraint(
                name="one_view_per_name", fields=["owner", "screen", "name"]
            ),
            tidy_text("saved_view_name", "name"),
        ]

    def __str__(self) -> str:
        return self.name


class Submission(models.Model):
    """One POST, seen once: a form's token or an API Idempotency-Key, with its answer.

    Written in the same transaction as the effect, so a crash leaves neither.
    """

    actor = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.CASCADE, related_name="+"
    )
    key = models.CharField(max_length=255)
    digest = models.CharField(max_length=64)
    status = models.PositiveSmallIntegerField(null=True)
    location = models.CharField(max_length=500, blank=True)
    body = models.TextField(blank=True)
    created_at = models.DateTimeField(db_default=Now())

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(name="submitted_once", fields=["actor", "key"])
        ]
        indexes: ClassVar = [models.Index("created_at", name="submission_age")]

    def __str__(self) -> str:
        return self.key


class Heartbeat(models.Model):
    """When a moving part was last seen alive, by the database clock."""

    name = models.CharField(max_length=80, primary_key=True)
    at = models.DateTimeField()

    class Meta:
        ordering: ClassVar = ["name"]

    def __str__(self) -> str:
        return f"{self.name} at {self.at:%Y-%m-%d %H:%M:%S}"
