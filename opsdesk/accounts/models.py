import secrets
from datetime import datetime
from typing import Any, ClassVar, Self
from zoneinfo import available_timezones

from django.conf import settings
from django.contrib.auth.models import (
    AbstractBaseUser,
    BaseUserManager,
    PermissionsMixin,
)
from django.contrib.postgres.fields import ArrayField
from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Lower
from django.urls import reverse
from simple_history.models import HistoricalRecords

from opsdesk.core.fields import bounded_dates, tidy_text


class PartyQuerySet(models.QuerySet["Party"]):
    def of_kind(self, *kinds: str) -> Self:
        return self.filter(kind__in=kinds, is_active=True)


class Party(models.Model):
    """Whoever can hold a promise or owe one: we, a department, a team, a supplier."""

    class Kind(models.TextChoices):
        ORGANISATION = "organisation", "Organisation"
        DEPARTMENT = "department", "Department or site"
        TEAM = "team", "Team"
        SUPPLIER = "supplier", "Supplier"

    kind = models.CharField(max_length=12, choices=Kind)
    name = models.CharField(max_length=120, unique=True)
    parent = models.ForeignKey(
        "self", models.PROTECT, null=True, blank=True, related_name="children"
    )
    email = models.EmailField("Mailbox", blank=True)
    is_active = models.BooleanField(default=True)
    version = models.PositiveIntegerField(default=1, editable=False)

    objects = PartyQuerySet.as_manager()
    history = HistoricalRecords()

    class Meta:
        ordering: ClassVar = ["kind", "name"]
        verbose_name_plural = "parties"
        constraints: ClassVar = [
            models.UniqueConstraint(
                name="one_organisation",
                fields=["kind"],
                condition=Q(kind="organisation"),
            ),
            models.CheckConstraint(
                name="party_is_not_its_own_parent",
                condition=Q(parent__isnull=True) | ~Q(parent=F("id")),
            ),
            tidy_text("party_name", "name"),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def is_supplier(self) -> bool:
        return self.kind == self.Kind.SUPPLIER


class UserManager(BaseUserManager["User"]):
    def create_user(
        self, email: str, password: str | None = None, **fields: object
    ) -> "User":
        user = self.model(email=self.normalize_email(email).lower(), **fields)
        user.set_password(password)
        user.save(using=self._db)
        return user

    def create_superuser(
        self, email: str, password: str | None = None, **fields: object
    ) -> "User":
        """A break-glass account for the server room; it carries no workflow right."""
        return self.create_user(
            email, password, **{**fields, "is_staff": True, "is_superuser": True}
        )


def _known_zone(name: str) -> None:
    if name and name not in available_timezones():
        raise ValidationError("“%(zone)s” is not a time zone.", params={"zone": name})


class User(AbstractBaseUser, PermissionsMixin):
    """A person, known by e-mail address; rights come from memberships only."""

    class Theme(models.TextChoices):
        SYSTEM = "", "As my device"
        LIGHT = "light", "Light"
        DARK = "dark", "Dark"

    email = models.EmailField(unique=True)
    name = models.CharField(max_length=120)
    job = models.CharField("Job title", max_length=120, blank=True)
    department = models.ForeignKey(
        Party, models.PROTECT, null=True, blank=True, related_name="people"
    )
    team = models.ForeignKey(
        Party, models.PROTECT, null=True, blank=True, related_name="team_members"
    )
    time_zone = models.CharField(
        max_length=64, blank=True, validators=[_known_zone], default=""
    )
    theme = models.CharField(max_length=5, choices=Theme, blank=True, default="")
    shortcuts = models.BooleanField("Single-key shortcuts", default=True)
    mail_me = models.BooleanField("Send me mail", default=True)
    is_active = models.BooleanField(default=True)
    is_staff = models.BooleanField(default=False)
    is_service = models.BooleanField("Service account", default=False)
    is_demo = models.BooleanField(default=False, editable=False)
    date_joined = models.DateTimeField(auto_now_add=True)
    version = models.PositiveIntegerField(default=1, editable=False)

    objects: ClassVar[UserManager] = UserManager()
    history = HistoricalRecords(excluded_fields=["password", "last_login"])

    USERNAME_FIELD = "email"
    EMAIL_FIELD = "email"
    REQUIRED_FIELDS: ClassVar = ["name"]

    class Meta:
        ordering: ClassVar = ["name", "id"]
        constraints: ClassVar = [
            models.UniqueConstraint(Lower("email"), name="one_user_per_email"),
            tidy_text("user_name", "name"),
        ]

    def __str__(self) -> str:
        return self.name

    def save(self, *args: Any, **kwargs: Any) -> None:
        """As ever, but a sign-in is no change of the person: no line of history."""
        if kwargs.get("update_fields") == ["last_login"]:
            User.objects.filter(pk=self.pk).update(last_login=self.last_login)
        else:
            super().save(*args, **kwargs)

    def get_absolute_url(self) -> str:
        return reverse("accounts:person", args=[self.pk])

    def get_short_name(self) -> str:
        return self.name.split(" ")[0]

    @property
    def initials(self) -> str:
        words = self.name.split()
        return (words[0][0] + (words[-1][0] if words[1:] else "")).upper()

    @property
    def hue(self) -> int:
        """One of the eight avatar colours; the same person always has the same."""
        return (self.pk or 0) % 8


class Membership(models.Model):
    """A role a person holds, from a day to a day, everywhere or for one department."""

    class Role(models.TextChoices):
        REPORTER = "reporter", "Business user"
        SUPPORT = "support", "Support"
        MANAGER = "manager", "Manager"
        APPROVER_TECHNICAL = "approver_technical", "Technical approver"
        APPROVER_BUSINESS = "approver_business", "Business approver"
        ADMINISTRATOR = "administrator", "Administrator"
        ACCESS_ADMINISTRATOR = "access_administrator", "Access administrator"
        SUPPLIER = "supplier", "Supplier contact"
        AUDITOR = "auditor", "Auditor"

    # Holding one of these without a second factor is refused in production.
    POWERFUL = (
        Role.MANAGER,
        Role.APPROVER_TECHNICAL,
        Role.APPROVER_BUSINESS,
        Role.ADMINISTRATOR,
        Role.ACCESS_ADMINISTRATOR,
    )
    # Giving one of these takes two access administrators.
    FOUR_EYES = (
        Role.APPROVER_TECHNICAL,
        Role.APPROVER_BUSINESS,
        Role.ACCESS_ADMINISTRATOR,
    )

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.CASCADE, related_name="memberships"
    )
    role = models.CharField(max_length=20, choices=Role)
    department = models.ForeignKey(
        Party, models.PROTECT, null=True, blank=True, related_name="memberships"
    )
    supplier = models.ForeignKey(
        Party, models.PROTECT, null=True, blank=True, related_name="contacts"
    )
    emergency_approver = models.BooleanField(default=False)
    starts_on = models.DateField(null=True, blank=True)
    ends_on = models.DateField(null=True, blank=True)

    history = HistoricalRecords()

    class Meta:
        ordering: ClassVar = ["role", "id"]
        constraints: ClassVar = [
            models.CheckConstraint(
                name="membership_supplier_iff_contact",
                condition=Q(role="supplier", supplier__isnull=False)
                | (~Q(role="supplier") & Q(supplier__isnull=True)),
            ),
            models.CheckConstraint(
                name="membership_ends_after_start",
                condition=Q(starts_on__isnull=True)
                | Q(ends_on__isnull=True)
                | Q(ends_on__gte=F("starts_on")),
            ),
            models.UniqueConstraint(
                name="one_membership_per_role_and_scope",
                fields=["user", "role", "department", "supplier"],
                nulls_distinct=False,
            ),
            *bounded_dates("membership", "starts_on", "ends_on"),
        ]

    def __str__(self) -> str:
        scope = self.department or self.supplier
        return (
            f"{self.get_role_display()}, {scope}" if scope else self.get_role_display()
        )


class RoleRequest(models.Model):
    """A role of weight: asked for by one access administrator, given by another."""

    class Status(models.TextChoices):
        PENDING = "pending", "Waiting for a second person"
        CONFIRMED = "confirmed", "Given"
        REFUSED = "refused", "Refused"
        WITHDRAWN = "withdrawn", "Withdrawn"
        ALONE = "alone", "Given by one person"

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.CASCADE, related_name="role_requests"
    )
    role = models.CharField(max_length=20, choices=Membership.Role)
    department = models.ForeignKey(
        Party, models.PROTECT, null=True, blank=True, related_name="+"
    )
    emergency_approver = models.BooleanField(default=False)
    starts_on = models.DateField(null=True, blank=True)
    ends_on = models.DateField(null=True, blank=True)
    reason = models.CharField(max_length=250)
    status = models.CharField(max_length=10, choices=Status, default=Status.PENDING)
    asked_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+"
    )
    asked_at = models.DateTimeField()
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+"
    )
    decided_at = models.DateTimeField(null=True)

    class Meta:
        ordering: ClassVar = ["-asked_at", "-id"]
        constraints: ClassVar = [
            models.CheckConstraint(
                name="role_request_is_not_for_oneself",
                condition=~Q(user=F("asked_by")),
            ),
            models.CheckConstraint(
                name="role_request_takes_a_second_person",
                condition=Q(decided_by__isnull=True)
                | ~Q(decided_by=F("user"))
                & (Q(status="withdrawn") | ~Q(decided_by=F("asked_by"))),
            ),
            models.CheckConstraint(
                name="role_request_is_decided_or_pending",
                condition=Q(
                    status="pending", decided_by__isnull=True, decided_at__isnull=True
                )
                | Q(status="alone", decided_by__isnull=True, decided_at__isnull=False)
                | Q(
                    status__in=("confirmed", "refused", "withdrawn"),
                    decided_by__isnull=False,
                    decided_at__isnull=False,
                ),
            ),
            models.UniqueConstraint(
                name="one_pending_request_per_role_and_scope",
                fields=["user", "role", "department"],
                condition=Q(status="pending"),
                nulls_distinct=False,
            ),
            tidy_text("role_request_reason", "reason"),
            *bounded_dates("role_request", "starts_on", "ends_on"),
        ]

    def __str__(self) -> str:
        return f"{self.get_role_display()} for {self.user}"


class ApiToken(models.Model):
    """A key to the API for one owner: scoped, expiring, stored only as a digest."""

    class Scope(models.TextChoices):
        SNAGS_READ = "snags:read", "Read snags, comments and clocks"
        SNAGS_WRITE = "snags:write", "Raise, answer and move snags"
        INVENTORY_READ = "inventory:read", "Read environments, versions and windows"
        INVENTORY_WRITE = "inventory:write", "Keep environments and plan windows"
        CHANGES_READ = "changes:read", "Read packages, changes and promotions"
        CHANGES_WRITE = "changes:write", "Write packages and changes, and vote"
        PROMOTIONS_RUN = "promotions:run", "Start promotions and report on them"

    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.CASCADE, related_name="api_tokens"
    )
    name = models.CharField(max_length=80)
    digest = models.CharField(max_length=64, unique=True, editable=False)
    hint = models.CharField(max_length=16, editable=False)
    scopes = ArrayField(models.CharField(max_length=20, choices=Scope))
    # Where it may be used from, as CIDR; none named is anywhere.
    networks = ArrayField(
        models.CharField(max_length=43), default=list, db_default=[], blank=True
    )
    created_at = models.DateTimeField(auto_now_add=True)
    expires_at = models.DateTimeField()
    last_used_at = models.DateTimeField(null=True, editable=False)
    revoked_at = models.DateTimeField(null=True, editable=False)

    class Meta:
        ordering: ClassVar = ["-created_at"]
        constraints: ClassVar = [
            models.CheckConstraint(
                name="token_expires_after_creation",
                condition=Q(expires_at__gt=F("created_at")),
            ),
            *bounded_dates("token", "expires_at"),
        ]

    def __str__(self) -> str:
        return f"{self.name} ({self.hint}…)"

    def is_live(self, at: datetime) -> bool:
        return self.revoked_at is None and self.expires_at > at

    @staticmethod
    def new_secret() -> str:
        return f"odk_{secrets.token_urlsafe(32)}"
