"""A calendar program's own address of the calendar."""

import secrets
from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

from opsdesk.core.fields import bounded_dates


class CalendarFeed(models.Model):
    """One person's secret address of the calendar, stored only as a digest."""

    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.CASCADE,
        related_name="calendar_feeds",
        db_index=False,
    )
    digest = models.CharField(max_length=64, unique=True, editable=False)
    created_at = models.DateTimeField(db_default=Now())
    revoked_at = models.DateTimeField(null=True, editable=False)

    class Meta:
        ordering: ClassVar = ["-created_at", "-id"]
        constraints: ClassVar = [
            models.UniqueConstraint(
                name="one_live_feed_per_person",
                fields=["owner"],
                condition=Q(revoked_at__isnull=True),
            ),
            *bounded_dates("calendar_feed", "revoked_at"),
        ]

    def __str__(self) -> str:
        return f"Calendar of {self.owner}"

    @staticmethod
    def new_secret() -> str:
        return secrets.token_urlsafe(32)
