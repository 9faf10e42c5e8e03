"""What is brought into an environment: files, sealed under one digest."""

from typing import ClassVar, Self

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.db.models.functions import Lower
from django.urls import reverse
from simple_history.models import HistoricalRecords

from changes.moves import PackageState
from environments.models import Component, PackageClass
from opsdesk.accounts.access import access_of
from opsdesk.accounts.models import User
from opsdesk.core.fields import bounded_dates, tidy_text
from opsdesk.core.models import TimelineEvent
from snags.models import Snag


class PackageQuerySet(models.QuerySet["Package"]):
    def visible_to(self, user: User) -> Self:
        """Internal people see all; a supplier's contacts what one of them made for a
        component of theirs, whoever they have worked for since."""
        access = access_of(user)
        if access.is_internal:
            return self
        ours = Q(
            author__memberships__supplier__in=access.supplier_ids,
            component__supplier__in=access.supplier_ids,
        )
        return self.filter(Q(author=user) | ours).distinct()


class Package(models.Model):
    """One version of a component as files. Sealed, nothing in it changes any more.

    The digest is the SHA-256 of the manifest: a line `<sha256>  <size>  <path>\\n` for
    each file, sorted by the bytes of the path, in UTF-8. What was tested under a digest
    is what is promoted.
    """

    State = PackageState
    Class = PackageClass

    component = models.ForeignKey(
        Component, models.PROTECT, related_name="packages", db_index=False
    )
    label = models.CharField("Version", max_length=80)
    package_class = models.CharField(
        "Class", max_length=9, choices=PackageClass, default=PackageClass.PATCH
    )
    author = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="packages"
    )
    origin = models.CharField(max_length=200, blank=True)
    notes = models.TextField("Release notes", blank=True)
    state = models.CharField(max_length=9, choices=PackageState, default="draft")
    sha256 = models.CharField(max_length=64, blank=True)
    sealed_at = models.DateTimeField(null=True, blank=True)
    sealed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+"
    )
    supersedes = models.ForeignKey(
        "self", models.PROTECT, null=True, blank=True, related_name="superseded_by"
    )
    requires = models.ManyToManyField("self", symmetrical=False, blank=True)
    version = models.PositiveIntegerField(default=1, editable=False)

    objects = PackageQuerySet.as_manager()
    history = HistoricalRecords()

    class Meta:
        ordering: ClassVar = ["-id"]
        constraints: ClassVar = [
            models.UniqueConstraint(
                name="one_package_per_label", fields=["component", "label"]
            ),
            # What a change, a sign-off and a promotion point at, digest and all.
            models.UniqueConstraint(name="package_and_digest", fields=["id", "sha256"]),
            models.CheckConstraint(
                name="sealed_package_has_a_digest",
                condition=Q(state="draft", sha256="", sealed_at__isnull=True)
                | ~Q(state="draft")
                & ~Q(sha256="")
                & Q(sealed_at__isnull=False, sealed_by__isnull=False),
            ),
            tidy_text("package_label", "label"),
            *bounded_dates("package", "sealed_at"),
        ]

    def __str__(self) -> str:
        return f"{self.component.code} {self.label}"

    def get_absolute_url(self) -> str:
        return reverse("changes:package", args=[self.pk])

    @property
    def is_draft(self) -> bool:
        return self.state == PackageState.DRAFT

    @property
    def is_usable(self) -> bool:
        """Sealed, and neither blocked nor withdrawn."""
        return self.state == PackageState.SEALED


class PackageFile(models.Model):
    """One file of a package; without a stored copy it is only declared."""

    package = models.ForeignKey(
        Package, models.CASCADE, related_name="files", db_index=False
    )
    path = models.CharField(max_length=512)
    size = models.PositiveBigIntegerField()
    sha256 = models.CharField(max_length=64)
    file = models.FileField(max_length=80, blank=True)

    class Meta:
        ordering: ClassVar = ["path"]
        constraints: ClassVar = [
            # Some ERP hosts do not tell a.sql from A.sql.
            models.UniqueConstraint("package", Lower("path"), name="one_file_per_path"),
            tidy_text("package_file_path", "path"),
        ]

    def __str__(self) -> str:
        return self.path


class PackageBlock(models.Model):
    """Why a sealed package may not be started anywhere, until somebody lifts it."""

    package = models.ForeignKey(Package, models.CASCADE, related_name="blocks")
    reason = models.CharField(max_length=300)
    snag = models.ForeignKey(
        Snag, models.PROTECT, null=True, blank=True, related_name="+"
    )
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    at = models.DateTimeField()
    lifted_at = models.DateTimeField(null=True)
    lifted_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+"
    )
    lift_reason = models.CharField(max_length=300, blank=True)

    class Meta:
        ordering: ClassVar = ["-at", "-id"]
        constraints: ClassVar = [
            models.UniqueConstraint(
                name="one_live_block",
                fields=["package"],
                condition=Q(lifted_at__isnull=True),
            ),
            tidy_text("package_block_reason", "reason"),
            *bounded_dates("package_block", "at", "lifted_at"),
        ]

    def __str__(self) -> str:
        return self.reason


class PackageEvent(TimelineEvent):
    """One line of a package's timeline."""

    package = models.ForeignKey(
        Package, models.CASCADE, related_name="events", db_index=False
    )

    class Meta:
        ordering: ClassVar = ["at", "id"]
        constraints: ClassVar = [*bounded_dates("package_event", "at")]
        indexes: ClassVar = [models.Index("package", "at", name="package_timeline")]

    def __str__(self) -> str:
        return f"{self.verb} on {self.package}"
