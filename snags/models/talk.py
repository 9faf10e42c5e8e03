from typing import Any, ClassVar, Self

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

from opsdesk.accounts.access import access_of
from opsdesk.accounts.models import Membership, Party, User
from opsdesk.core.fields import bounded_dates, tidy_text
from opsdesk.core.models import Attachment, Comment, TimelineEvent
from snags.models.reach import within_reach
from snags.models.snag import Snag


class TalkQuerySet(models.QuerySet[Any]):
    def audible_to(self, user: User) -> Self:
        """What a person may read on a snag they may see.

        Internal people read all of it; a supplier's contact what is for everyone, as
        far as it reaches, and what is for the supplier; everybody else what is for
        everyone.
        """
        access = access_of(user)
        if access.is_internal:
            return self
        if not access.supplier_ids:
            return self.filter(audience=Comment.Audience.EVERYONE)
        return self._for_supplier(user, access.supplier_ids)

    def _for_supplier(self, user: User, ours: frozenset[int]) -> Self:
        """What one supplier may read: nothing said to or by another supplier.

        Its own words and those meant for it alone are its own whenever they were said.
        """
        if issubclass(self.model, Attachment):
            author, told = "added_by", "comment__supplier"
            happened: tuple[str, ...] = ("comment__at", "added_at")
            recorded = "added_at"
        else:
            author, told = "author", "supplier"
            happened, recorded = ("at",), "recorded_at"
        in_reach = within_reach(user, happened=happened, recorded=recorded)
        rivals = Membership.objects.filter(supplier__isnull=False).exclude(
            supplier__in=ours
        )
        mine = Membership.objects.filter(supplier__in=ours)
        return self.filter(
            Q(audience=Comment.Audience.EVERYONE)
            & (
                in_reach & ~Q(**{f"{author}__in": rivals.values("user_id")})
                | Q(**{f"{author}__in": mine.values("user_id")})
            )
            | Q(audience=Comment.Audience.SUPPLIER, **{f"{told}__in": ours})
        )


class SnagEvent(TimelineEvent):
    """One line of a snag's timeline."""

    snag = models.ForeignKey(
        Snag, models.CASCADE, related_name="events", db_index=False
    )

    class Meta:
        ordering: ClassVar = ["at", "id"]
        constraints: ClassVar = [*bounded_dates("snag_event", "at")]
        indexes: ClassVar = [models.Index("snag", "at", name="snag_timeline")]

    def __str__(self) -> str:
        return f"{self.verb} on SN-{self.snag_id}"


class SnagComment(Comment):
    """Something said about a snag."""

    snag = models.ForeignKey(
        Snag, models.CASCADE, related_name="comments", db_index=False
    )
    supplier = models.ForeignKey(
        Party, models.PROTECT, null=True, blank=True, related_name="+"
    )
    is_response = models.BooleanField("Answers the reporter", default=False)

    objects = TalkQuerySet.as_manager()

    class Meta:
        ordering: ClassVar = ["at", "id"]
        constraints: ClassVar = [
            tidy_text("snag_comment_body", "body"),
            models.CheckConstraint(
                name="snag_comment_supplier_only_for_supplier",
                condition=Q(supplier__isnull=True) | Q(audience="supplier"),
            ),
            *bounded_dates("snag_comment", "at"),
        ]
        indexes: ClassVar = [models.Index("snag", "at", name="snag_conversation")]

    def __str__(self) -> str:
        return f"{self.author} on SN-{self.snag_id}"


class SnagAttachment(Attachment):
    """A file on a snag, with the comment it came with if any."""

    snag = models.ForeignKey(Snag, models.CASCADE, related_name="attachments")
    comment = models.ForeignKey(
        SnagComment, models.CASCADE, null=True, related_name="attachments"
    )

    objects = TalkQuerySet.as_manager()

    class Meta:
        ordering: ClassVar = ["id"]
        constraints: ClassVar = [tidy_text("snag_attachment_name", "name")]

    def __str__(self) -> str:
        return self.name


class Effort(models.Model):
    """Minutes somebody spent on a snag, and on what kind of work."""

    class Kind(models.TextChoices):
        ANALYSIS = "analysis", "Analysis"
        FIX = "fix", "Fixing"
        TEST = "test", "Testing"
        TALK = "talk", "Talking to users"
        SUPPLIER = "supplier", "Working with a supplier"
        TRAINING = "training", "Training"

    snag = models.ForeignKey(Snag, models.CASCADE, related_name="efforts")
    person = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="efforts"
    )
    kind = models.CharField(max_length=8, choices=Kind)
    minutes = models.PositiveIntegerField()
    spent_on = models.DateField()
    note = models.CharField(max_length=200, blank=True)
    recorded_at = models.DateTimeField(db_default=Now())

    class Meta:
        ordering: ClassVar = ["spent_on", "id"]
        constraints: ClassVar = [
            models.CheckConstraint(
                name="effort_fits_in_a_day",
                condition=Q(minutes__gt=0, minutes__lte=1440),
            ),
            *bounded_dates("effort", "spent_on"),
        ]

    def __str__(self) -> str:
        return f"{self.minutes} min on SN-{self.snag_id}"
