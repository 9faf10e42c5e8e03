"""What goes out of packages, changes, their templates, and the calendar."""

from typing import Any, ClassVar

from rest_framework import serializers

from changes import manifest
from changes.models import (
    ChangeRequest,
    ChangeRevision,
    ChangeTarget,
    ChangeTemplate,
    Package,
    PackageFile,
    Review,
)
from opsdesk.core.api_fields import NamedOut, PersonOut


class PackageOut(serializers.ModelSerializer[Package]):
    component = NamedOut(read_only=True)
    author = PersonOut(read_only=True)
    files_sha256 = serializers.SerializerMethodField()

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
            "files_sha256",
            "sealed_at",
            "supersedes",
            "requires",
            "version",
        ]

    def get_files_sha256(self, row: Package) -> str:
        """Of the list of files as it is now; sealed, that is the digest."""
        if not row.is_draft:
            return row.sha256
        files: list[PackageFile] = row.drafted  # type: ignore[attr-defined]
        return manifest.digest(manifest.Entry(f.path, f.size, f.sha256) for f in files)


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


class ReviewOut(serializers.ModelSerializer[Review]):
    """What was meant, and what came of it."""

    reviewer = PersonOut(read_only=True)

    class Meta:
        model = Review
        fields: ClassVar = [
            "reviewer",
            "outcome",
            "objectives_met",
            "outage_minutes",
            "root_cause",
            "lessons",
            "at",
        ]


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
    review = ReviewOut(source="pir", default=None, read_only=True, allow_null=True)

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
            "review",
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


class TemplateOut(serializers.ModelSerializer[ChangeTemplate]):
    """One number of a standard change: what it brings, and what of it stays."""

    landscape = NamedOut(read_only=True)
    environments = NamedOut(many=True, read_only=True)
    proposed_by = PersonOut(read_only=True)

    class Meta:
        model = ChangeTemplate
        fields: ClassVar = [
            "id",
            "landscape",
            "code",
            "number",
            "state",
            "title",
            "body",
            "locked",
            "environments",
            "evidence",
            "expires_on",
            "suspended_because",
            "approval",
            "proposed_by",
            "version",
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
