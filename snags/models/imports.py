from typing import ClassVar

from django.db import models
from django.db.models.functions import Now

from opsdesk.core.fields import bounded_dates, tidy_text
from snags.models.snag import Snag


class ImportProfile(models.Model):
    """How a file of another system maps to snags: columns, values, dates, gaps."""

    name = models.SlugField(max_length=60, unique=True)
    description = models.CharField(max_length=200, blank=True)
    mapping = models.JSONField()
    version = models.PositiveIntegerField(default=1, editable=False)

    class Meta:
        ordering: ClassVar = ["name"]
        constraints: ClassVar = [tidy_text("import_profile_name", "name")]

    def __str__(self) -> str:
        return self.name


class SourceRecord(models.Model):
    """What the system a snag came from said about it, kept apart from our own view."""

    snag = models.OneToOneField(Snag, models.CASCADE, related_name="source")
    system = models.CharField(max_length=60)
    number = models.CharField(max_length=60)
    digest = models.CharField(max_length=64)
    opened_at = models.DateTimeField()
    resolved_at = models.DateTimeField(null=True)
    closed_at = models.DateTimeField(null=True)
    made_sla = models.BooleanField("The source's own verdict", null=True)
    # [[from, to or null, the source's state], ...] as the source recorded them
    waits = models.JSONField(default=list)
    facts = models.JSONField(default=dict)
    imported_at = models.DateTimeField(db_default=Now())

    class Meta:
        ordering: ClassVar = ["id"]
        constraints: ClassVar = [
            models.UniqueConstraint(
                name="source_number_imported_once", fields=["system", "number"]
            ),
            *bounded_dates("source", "opened_at", "resolved_at", "closed_at"),
        ]

    def __str__(self) -> str:
        return f"{self.system} {self.number}"
