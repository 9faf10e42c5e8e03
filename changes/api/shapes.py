"""What goes out."""

from typing import Any, ClassVar

from rest_framework import serializers

from changes.models import (
    ChangeRequest,
    ChangeRevision,
    ChangeTarget,
    Package,
    PackageFile,
    Promotion,
    PromotionStep,
    TestSignOff,
)
from opsdesk.core.api_fields import GateOut, NamedOut, PersonOut
from opsdesk.core.models import ApprovalRequest, ApprovalStep, Vote


class PackageOut(serializers.ModelSerializer[Package]):
    component = NamedOut(read_only=True)
    author = PersonOut(read_only=True)

    class Meta:
        model = Package
        fields: ClassVar = [
            "id",
            "component",
            "label",
            "package_class",
            "author",
            "origin",
            "notes",
            "state",
            "sha256",
            "sealed_at",
            "supersedes",
            "requires",
            "version",
        ]


class PackageFileOut(serializers.ModelSerializer[PackageFile]):
    """One file; what is only declared is not stored here."""

    is_stored = serializers.SerializerMethodField()

    class Meta:
        model = PackageFile
        fields: ClassVar = ["id", "path", "size", "sha256", "is_stored"]

    def get_is_stored(self, row: PackageFile) -> bool:
        return bool(row.file)


class EntryOut(serializers.Serializer[Any]):
    size = serializers.IntegerField()
    sha256 = serializers.CharField()


class DifferenceOut(serializers.Serializer[Any]):
    path = serializers.CharField()
    kind = serializers.CharField()
    before = EntryOut(allow_null=True)
    after = EntryOut(allow_null=True)


class ComparisonOut(serializers.Serializer[Any]):
    differences = DifferenceOut(many=True)
    unchanged = serializers.IntegerField()


class TargetOut(serializers.ModelSerializer[ChangeTarget]):
    environment = NamedOut(read_only=True)
    starts_at = serializers.DateTimeField(
        source="slot.lower", default=None, read_only=True, allow_null=True
    )
    ends_at = serializers.DateTimeField(
        source="slot.upper", default=None, read_only=True, allow_null=True
    )
    exclusive = serializers.BooleanField(source="is_exclusive", read_only=True)

    class Meta:
        model = ChangeTarget
        fields: ClassVar = [
            "id",
            "environment",
            "ordinal",
            "is_mandatory",
            "minutes",
            "starts_at",
            "ends_at",
            "exclusive",
            "is_booked",
        ]


class PackageRefOut(serializers.ModelSerializer[Package]):
    class Meta:
        model = Package
        fields: ClassVar = ["id", "label", "sha256", "state"]


class ChangeOut(serializers.ModelSerializer[ChangeRequest]):
    """A change as it stands; votes name its `revision` and `sha256`."""

    ref = serializers.CharField(read_only=True)
    landscape = NamedOut(read_only=True)
    package = PackageRefOut(read_only=True, allow_null=True)
    requester = PersonOut(read_only=True)
    implementer = PersonOut(read_only=True, allow_null=True)
    is_rehearsed = serializers.BooleanField(
        source="risk_answers.rehearsed", default=None, read_only=True, allow_null=True
    )
    is_held = serializers.BooleanField(read_only=True)
    targets = TargetOut(many=True, read_only=True)

    class Meta:
        model = ChangeRequest
        fields: ClassVar = [
            "id",
            "ref",
            "landscape",
            "kind",
            "template",
            "state",
            "title",
            "description",
            "reason",
            "impact",
            "outage_minutes",
            "authority",
            "legal_on",
            "package",
            "components",
            "processes",
            "snags",
            "documents",
            "implementation_plan",
            "test_plan",
            "backout_plan",
            "backout_hours",
            "comms_plan",
            "is_rehearsed",
            "risk_calculated",
            "risk_manual",
            "risk",
            "conflicts_accepted",
            "earliest_start",
            "latest_end",
            "requester",
            "implementer",
            "targets",
            "is_held",
            "hold_reason",
            "is_break_glass",
            "revision",
            "sha256",
            "approval",
            "closure",
            "created_at",
            "closed_at",
            "version",
        ]


class ConflictOut(serializers.Serializer[Any]):
    text = serializers.CharField()
    url = serializers.CharField()
    is_hard = serializers.BooleanField()


class RevisionOut(serializers.ModelSerializer[ChangeRevision]):
    """What a change said at one revision; `sha256` is of `body` in canonical JSON."""

    by = PersonOut(read_only=True)

    class Meta:
        model = ChangeRevision
        fields: ClassVar = ["number", "sha256", "body", "by", "at"]


class DiffLineOut(serializers.Serializer[Any]):
    label = serializers.CharField()  # type: ignore[assignment]
    was = serializers.CharField()
    now = serializers.CharField()


class StepOut(serializers.ModelSerializer[ApprovalStep]):
    class Meta:
        model = ApprovalStep
        fields: ClassVar = ["sequence", "asked", "needed"]


class VoteOut(serializers.ModelSerializer[Vote]):
    user = PersonOut(read_only=True)

    class Meta:
        model = Vote
        fields: ClassVar = [
            "id",
            "user",
            "decision",
            "comment",
            "at",
            "revoked_at",
            "revoke_reason",
        ]


class ApprovalOut(serializers.ModelSerializer[ApprovalRequest]):
    """A question to several people; a vote repeats `revision` and `sha256`."""

    requested_by = PersonOut(read_only=True)
    steps = StepOut(many=True, read_only=True)
    votes = VoteOut(many=True, read_only=True)

    class Meta:
        model = ApprovalRequest
        fields: ClassVar = [
            "id",
            "kind",
            "title",
            "url",
            "revision",
            "sha256",
            "state",
            "requested_by",
            "requested_at",
            "expires_at",
            "ended_at",
            "steps",
            "votes",
        ]


class PromotionStepOut(serializers.ModelSerializer[PromotionStep]):
    done_by = PersonOut(read_only=True, allow_null=True)

    class Meta:
        model = PromotionStep
        fields: ClassVar = [
            "ordinal",
            "kind",
            "title",
            "done_at",
            "done_by",
            "evidence",
        ]


class PromotionOut(serializers.ModelSerializer[Promotion]):
    """A package on its way into an environment; `gates` is what they said at start."""

    environment = NamedOut(read_only=True)
    package = PackageRefOut(read_only=True)
    created_by = PersonOut(read_only=True)
    started_by = PersonOut(read_only=True, allow_null=True)
    gates = GateOut(many=True, read_only=True)
    steps = PromotionStepOut(many=True, read_only=True)

    class Meta:
        model = Promotion
        fields: ClassVar = [
            "id",
            "change",
            "environment",
            "package",
            "sha256",
            "kind",
            "attempt",
            "revision",
            "state",
            "approval",
            "undoes",
            "created_at",
            "created_by",
            "started_at",
            "started_by",
            "reported_sha256",
            "finished_at",
            "outcome",
            "note",
            "gates",
            "steps",
            "version",
        ]


class SignOffOut(serializers.ModelSerializer[TestSignOff]):
    environment = NamedOut(read_only=True)
    tester = PersonOut(read_only=True)

    class Meta:
        model = TestSignOff
        fields: ClassVar = [
            "id",
            "change",
            "package",
            "sha256",
            "environment",
            "area",
            "tester",
            "verdict",
            "conditions",
            "cases_run",
            "cases_failed",
            "note",
            "at",
            "superseded_at",
            "revoked_at",
            "revoke_reason",
        ]


class EntryOfDayOut(serializers.Serializer[Any]):
    """Something planned: [starts_at, ends_at) in UTC."""

    uid = serializers.CharField()
    kind = serializers.CharField()
    title = serializers.CharField()
    where = serializers.CharField()
    starts_at = serializers.DateTimeField()
    ends_at = serializers.DateTimeField()
    url = serializers.CharField()
    note = serializers.CharField()
