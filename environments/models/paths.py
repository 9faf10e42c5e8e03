"""The way a package takes from one environment to the next, and what it must bring."""

from typing import ClassVar

from django.db import models
from django.db.models import F, Q
from simple_history.models import HistoricalRecords

from environments.models.landscape import Environment


class PackageClass(models.TextChoices):
    """What a package is: how long it must have run before, and how risky it is."""

    PATCH = "patch", "Patch"
    MINOR = "minor", "Minor version"
    MAJOR = "major", "Major version"
    CONFIG = "config", "Configuration"
    DATA = "data", "Data"
    STATUTORY = "statutory", "Statutory"


class PromotionPath(models.Model):
    """What must have happened upstream before a package may enter an environment.

    Every path that applies to a package must be met. One for its class replaces the one
    for any class from the same environment.
    """

    target = models.ForeignKey(
        Environment, models.CASCADE, related_name="paths", db_index=False
    )
    upstream = models.ForeignKey(Environment, models.CASCADE, related_name="leads_to")
    package_class = models.CharField(
        max_length=9, choices=PackageClass, blank=True, default=""
    )
    soak_hours = models.PositiveSmallIntegerField("Must have run for", default=0)
    sign_offs = models.PositiveSmallIntegerField("Passed tests by", default=1)
    approvals = models.PositiveSmallIntegerField("Promotion approvals", default=1)
    version = models.PositiveIntegerField(default=1, editable=False)

    history = HistoricalRecords()

    class Meta:
        ordering: ClassVar = ["target", "upstream", "package_class"]
        constraints: ClassVar = [
            models.UniqueConstraint(
                name="one_path_per_class",
                fields=["target", "upstream", "package_class"],
            ),
            models.CheckConstraint(
                name="path_leads_somewhere", condition=~Q(target=F("upstream"))
            ),
        ]

    def __str__(self) -> str:
        return f"{self.upstream} to {self.target}"
