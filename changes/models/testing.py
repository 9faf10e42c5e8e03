"""Whether the people who work with it found that it works."""

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.urls import reverse

from changes.models.change import ChangeRequest
from changes.models.packages import Package
from environments.models import Environment
from opsdesk.core.fields import bounded_dates, tidy_text
from opsdesk.core.models import Duty


class UserTest(models.Model):
    """A script somebody of the business is asked to go through, before production.

    Its duty is the latest question; another package asks anew, of the same person.
    """

    change = models.ForeignKey(
        ChangeRequest, models.CASCADE, related_name="tests", db_index=False
    )
    environment = models.ForeignKey(Environment, models.PROTECT, related_name="+")
    area = models.CharField("Business area", max_length=80)
    script = models.TextField("What to try, and what should happen", blank=True)
    assigned_to = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="user_tests"
    )
    duty = models.ForeignKey(Duty, models.PROTECT, null=True, related_name="+")

    class Meta:
        ordering: ClassVar = ["id"]
        constraints: ClassVar = [
            models.UniqueConstraint(
                name="one_test_per_area_and_person",
                fields=["change", "environment", "area", "assigned_to"],
            ),
            tidy_text("user_test_area", "area"),
        ]

    def __str__(self) -> str:
        return f"{self.area} by {self.assigned_to}"

    def get_absolute_url(self) -> str:
        """Where it is found, by whoever asks."""
        return reverse("changes:test", args=[self.pk])

    @property
    def is_open(self) -> bool:
        """Is a verdict still owed?"""
        return self.duty is not None and self.duty.done_at is None


class TestSignOff(models.Model):
    """One verdict on one digest in one environment for one business area.

    The latest live verdict of an area counts; any live failure blocks.
    """

    __test__ = False  # not one of pytest's

    class Verdict(models.TextChoices):
        PASS = "pass", "Passed"
        CONDITIONAL = "conditional", "Passed with conditions"
        FAIL = "fail", "Failed"

    package = models.ForeignKey(
        Package, models.PROTECT, related_name="sign_offs", db_index=False
    )
    sha256 = models.CharField(max_length=64)
    environment = models.ForeignKey(Environment, models.PROTECT, related_name="+")
    change = models.ForeignKey(ChangeRequest, models.PROTECT, related_name="sign_offs")
    area = models.CharField("Business area", max_length=80)
    tester = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="sign_offs"
    )
    verdict = models.CharField(max_length=11, choices=Verdict)
    conditions = models.TextField(blank=True)
    # The manager's word that the conditions are acceptable.
    conditions_accepted_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+"
    )
    cases_run = models.PositiveIntegerField(default=0)
    cases_failed = models.PositiveIntegerField(default=0)
    note = models.TextField("What was seen", blank=True)
    evidence = models.FileField(max_length=80, blank=True)
    evidence_name = models.CharField(max_length=255, blank=True)
    at = models.DateTimeField()
    superseded_at = models.DateTimeField(null=True)
    revoked_at = models.DateTimeField(null=True)
    revoke_reason = models.CharField(max_length=200, blank=True)

    class Meta:
        ordering: ClassVar = ["-at", "-id"]
        constraints: ClassVar = [
            models.UniqueConstraint(
                name="one_live_verdict_per_area",
                fields=["package", "environment", "area"],
                condition=Q(superseded_at__isnull=True, revoked_at__isnull=True),
            ),
            models.CheckConstraint(
                name="conditions_are_named",
                condition=~Q(verdict="conditional") | ~Q(conditions=""),
            ),
            models.CheckConstraint(
                name="failed_cases_were_run",
                condition=Q(cases_failed__lte=models.F("cases_run")),
            ),
            models.CheckConstraint(
                name="revoked_sign_off_says_why",
                condition=Q(revoked_at__isnull=True, revoke_reason="")
                | Q(revoked_at__isnull=False) & ~Q(revoke_reason=""),
            ),
            tidy_text("sign_off_area", "area"),
            *bounded_dates("sign_off", "at", "superseded_at", "revoked_at"),
        ]

    def __str__(self) -> str:
        return f"{self.get_verdict_display()}: {self.area}"
