"""What goes out."""

from typing import Any, ClassVar

from rest_framework import serializers

from environments.models import Module
from opsdesk.accounts.models import Party
from opsdesk.core.api_fields import NamedOut, PersonOut
from snags.models import (
    BusinessProcess,
    Clock,
    Snag,
    SnagAttachment,
    SnagComment,
    Snaglist,
)
from snags.permissions import is_outside_supplier, knows_holder


class SnagOut(serializers.ModelSerializer[Snag]):
    """A snag as its reader may know it.

    A supplier reads what it handed back as it stood then; `left_at` says when.
    """

    ref = serializers.CharField(read_only=True)
    environment = NamedOut(read_only=True)
    snaglist = NamedOut(read_only=True)
    module = NamedOut(read_only=True, allow_null=True)
    owner = PersonOut(read_only=True, allow_null=True)
    reported_by = PersonOut(read_only=True)
    team = NamedOut(read_only=True, allow_null=True)
    handed_to = NamedOut(read_only=True, allow_null=True)
    left_at = serializers.DateTimeField(read_only=True, allow_null=True)

    class Meta:
        model = Snag
        fields: ClassVar = [
            "id",
            "ref",
            "kind",
            "title",
            "detail",
            "status",
            "waiting_for",
            "priority",
            "impact",
            "urgency",
            "environment",
            "snaglist",
            "module",
            "step",
            "designed_step",
            "actual_step",
            "sensitivity",
            "is_shared",
            "owner",
            "team",
            "handed_to",
            "reported_by",
            "reported_at",
            "resolved_at",
            "closed_at",
            "resolution",
            "resolution_note",
            "merged_into",
            "next_due_at",
            "updated_at",
            "left_at",
            "version",
        ]

    def to_representation(self, instance: Snag) -> dict[str, Any]:
        """No supplier reads who else has the ball, nor by when we promised it."""
        shown = super().to_representation(instance)
        user = self.context["request"].user
        if not knows_holder(user, instance):
            shown["handed_to"] = None
        if is_outside_supplier(user, instance):
            shown["next_due_at"] = None
        return shown


class AttachmentOut(serializers.ModelSerializer[SnagAttachment]):
    """What is told of a file; `download/` below it gives the file itself."""

    added_by = PersonOut(read_only=True)

    class Meta:
        model = SnagAttachment
        fields: ClassVar = [
            "id",
            "comment",
            "audience",
            "name",
            "size",
            "sha256",
            "added_by",
            "added_at",
        ]


class CommentOut(serializers.ModelSerializer[SnagComment]):
    author = PersonOut(read_only=True)
    attachments = AttachmentOut(many=True, read_only=True)

    class Meta:
        model = SnagComment
        fields: ClassVar = [
            "id",
            "author",
            "audience",
            "body",
            "at",
            "is_response",
            "attachments",
        ]


class ClockOut(serializers.ModelSerializer[Clock]):
    class Meta:
        model = Clock
        fields: ClassVar = [
            "id",
            "kind",
            "cycle",
            "state",
            "priority",
            "started_at",
            "target_seconds",
            "target_days",
            "due_at",
            "stopped_at",
            "elapsed_seconds",
            "breached_at",
            "next_event_at",
            "next_level",
        ]


class SnaglistOut(serializers.ModelSerializer[Snaglist]):
    golive = NamedOut(read_only=True)

    class Meta:
        model = Snaglist
        fields: ClassVar = ["id", "name", "phase", "is_open", "golive"]


class ModuleOut(serializers.ModelSerializer[Module]):
    class Meta:
        model = Module
        fields: ClassVar = ["id", "name"]


class ProcessOut(serializers.ModelSerializer[BusinessProcess]):
    class Meta:
        model = BusinessProcess
        fields: ClassVar = ["id", "name", "steps"]


class SupplierOut(serializers.ModelSerializer[Party]):
    class Meta:
        model = Party
        fields: ClassVar = ["id", "name"]
