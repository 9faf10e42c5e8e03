"""What goes out."""

from typing import Any, ClassVar

from rest_framework import serializers

from environments.models import (
    Component,
    Environment,
    Installation,
    Landscape,
    Occurrence,
    Placement,
    PromotionPath,
    Server,
    WindowRule,
)
from opsdesk.core.api_fields import NamedOut, PersonOut


class LandscapeOut(serializers.ModelSerializer[Landscape]):
    class Meta:
        model = Landscape
        fields: ClassVar = [
            "id",
            "name",
            "product",
            "edition",
            "implementation_model",
            "support",
            "time_zone",
            "failover_sync_hours",
            "training_sync_days",
            "version",
        ]


class EnvironmentOut(serializers.ModelSerializer[Environment]):
    landscape = NamedOut(read_only=True)
    supplier = NamedOut(read_only=True, allow_null=True)
    owner = PersonOut(read_only=True, allow_null=True)
    data_owner = PersonOut(read_only=True, allow_null=True)

    class Meta:
        model = Environment
        fields: ClassVar = [
            "id",
            "landscape",
            "kind",
            "name",
            "code",
            "status",
            "url",
            "app_version",
            "is_serving",
            "pairs_with",
            "hosting",
            "supplier",
            "owner",
            "data_owner",
            "data",
            "last_refreshed_at",
            "rto_minutes",
            "rpo_minutes",
            "needs_window",
            "needs_backup",
            "paused_at",
            "pause_reason",
            "version",
        ]


class ServerOut(serializers.ModelSerializer[Server]):
    supplier = NamedOut(read_only=True, allow_null=True)

    class Meta:
        model = Server
        fields: ClassVar = [
            "id",
            "environment",
            "hostname",
            "role",
            "os",
            "cpus",
            "ram_gb",
            "disk_gb",
            "address",
            "location",
            "supplier",
            "warranty_until_on",
            "is_retired",
            "version",
        ]


class ComponentOut(serializers.ModelSerializer[Component]):
    supplier = NamedOut(read_only=True, allow_null=True)

    class Meta:
        model = Component
        fields: ClassVar = [
            "id",
            "landscape",
            "code",
            "name",
            "kind",
            "supplier",
            "is_critical",
            "needs",
            "version",
        ]


class PlacementOut(serializers.ModelSerializer[Placement]):
    class Meta:
        model = Placement
        fields: ClassVar = ["id", "environment", "component", "server"]


class PathOut(serializers.ModelSerializer[PromotionPath]):
    """What a package must bring to enter `target`; a class of "" is any."""

    class Meta:
        model = PromotionPath
        fields: ClassVar = [
            "id",
            "target",
            "upstream",
            "package_class",
            "soak_hours",
            "sign_offs",
            "approvals",
            "version",
        ]


class InstallationOut(serializers.ModelSerializer[Installation]):
    """A version, and from when until when it was the one that ran."""

    component = NamedOut(read_only=True)
    since = serializers.DateTimeField(source="during.lower", read_only=True)
    until = serializers.DateTimeField(
        source="during.upper", read_only=True, allow_null=True
    )

    class Meta:
        model = Installation
        fields: ClassVar = [
            "id",
            "component",
            "label",
            "sha256",
            "since",
            "until",
            "source",
            "note",
        ]


class WindowOut(serializers.ModelSerializer[WindowRule]):
    environments = NamedOut(many=True, read_only=True)
    exempt = serializers.SerializerMethodField()

    class Meta:
        model = WindowRule
        fields: ClassVar = [
            "id",
            "landscape",
            "name",
            "reason",
            "environments",
            "starts_local",
            "minutes",
            "time_zone",
            "rrule",
            "is_hard",
            "exempt",
            "cancelled_at",
            "cancel_reason",
            "version",
        ]

    def get_exempt(self, rule: WindowRule) -> list[str]:
        return sorted(rule.exempt_kinds)


class OccurrenceOut(serializers.ModelSerializer[Occurrence]):
    """One time a window is open: [starts_at, ends_at) in UTC."""

    name = serializers.CharField(source="rule.name", read_only=True)
    starts_at = serializers.DateTimeField(read_only=True)
    ends_at = serializers.DateTimeField(read_only=True)

    class Meta:
        model = Occurrence
        fields: ClassVar = [
            "id",
            "rule",
            "name",
            "environment",
            "kind",
            "is_hard",
            "starts_at",
            "ends_at",
        ]


class SpanOut(serializers.Serializer[Any]):
    """One time it would be open, as the wall clock shows it and in UTC."""

    start = serializers.DateTimeField()
    end = serializers.DateTimeField()
    wall_start = serializers.CharField()
    wall_end = serializers.CharField()
    note = serializers.CharField()
    is_empty = serializers.BooleanField()


class LeaseOut(serializers.Serializer[Any]):
    kind = serializers.CharField()
    label = serializers.CharField()  # type: ignore[assignment]
    holder = PersonOut()
    started_at = serializers.DateTimeField()
    expected_end_at = serializers.DateTimeField(allow_null=True)


class StatusOut(serializers.Serializer[Any]):
    """What holds in an environment now, and which window comes next."""

    at = serializers.DateTimeField()
    status = serializers.CharField()
    is_serving = serializers.BooleanField()
    paused_at = serializers.DateTimeField(allow_null=True)
    pause_reason = serializers.CharField()
    lease = LeaseOut(allow_null=True)
    freezes = OccurrenceOut(many=True)
    maintenance = OccurrenceOut(allow_null=True)
    upcoming = OccurrenceOut(allow_null=True)


class CellOut(serializers.Serializer[Any]):
    environment = serializers.IntegerField(source="environment.pk")
    label = serializers.CharField(  # type: ignore[assignment]
        source="version.label", default=None, allow_null=True
    )
    sha256 = serializers.CharField(
        source="version.sha256", default=None, allow_null=True
    )
    since = serializers.DateTimeField(
        source="version.since", default=None, allow_null=True
    )
    standing = serializers.CharField(source="standing.state")
    due_at = serializers.DateTimeField(source="standing.due_at", allow_null=True)


class MatrixLineOut(serializers.Serializer[Any]):
    component = ComponentOut()
    cells = CellOut(many=True)


class MatrixOut(serializers.Serializer[Any]):
    """Components down, environments across: which version runs where."""

    environments = NamedOut(many=True)
    lines = MatrixLineOut(many=True)
