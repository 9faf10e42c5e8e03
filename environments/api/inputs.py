"""What may come in: every field is named here, anything else is refused."""

from datetime import datetime
from typing import Any

from rest_framework import serializers

from environments.expanding import LONGEST, SHAPE, wall_clock
from environments.forms.inventory import MOST_MINUTES
from environments.forms.windows import EXEMPT
from environments.models import (
    Component,
    Environment,
    Landscape,
    PackageClass,
    Server,
    WindowRule,
)
from environments.models.landscape import known_zone
from opsdesk.accounts.access import staff
from opsdesk.accounts.models import Party
from opsdesk.core.api import StrictSerializer
from opsdesk.core.api_fields import Day, Row, RowOf, SeenRow, Text, Words


class _Supplier(Row):
    def __init__(self, **options: Any) -> None:
        super().__init__(required=False, allow_null=True, **options)

    def get_queryset(self) -> Any:
        return Party.objects.of_kind(Party.Kind.SUPPLIER)


class _Person(Row):
    """Somebody who works here."""

    def __init__(self, **options: Any) -> None:
        super().__init__(required=False, allow_null=True, **options)

    def get_queryset(self) -> Any:
        return staff()


class _Count(serializers.IntegerField):
    """A number that need not be known."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**{"required": False, "allow_null": True, **options})


class WallClock(serializers.CharField):
    """A wall-clock time without a zone, to the minute: 2026-03-29T23:00."""

    def to_internal_value(self, data: Any) -> Any:
        text = super().to_internal_value(data)
        try:
            return wall_clock(text)
        except ValueError:
            raise serializers.ValidationError(
                "Like 2026-03-29T23:00, of 2000 to 2099."
            ) from None

    def to_representation(self, value: Any) -> str:
        return f"{value:{SHAPE}}"


class LandscapeIn(StrictSerializer):
    name = Text(max_length=120)
    product = Words(max_length=120)
    edition = Words(max_length=60)
    implementation_model = Words(max_length=120)
    support = serializers.ChoiceField(Landscape.Support.choices, required=False)
    time_zone = Text(max_length=64, required=False, validators=[known_zone])
    failover_sync_hours = serializers.IntegerField(
        min_value=1, max_value=720, required=False
    )
    training_sync_days = serializers.IntegerField(
        min_value=1, max_value=365, required=False
    )


class EnvironmentEditIn(StrictSerializer):
    name = Text(max_length=80)
    code = serializers.SlugField(max_length=12, required=False, allow_blank=True)
    url = serializers.URLField(max_length=200, required=False, allow_blank=True)
    app_version = Words(max_length=40)
    is_serving = serializers.BooleanField(required=False)
    pairs_with = SeenRow(Environment, required=False, allow_null=True)
    hosting = serializers.ChoiceField(Environment.Hosting.choices, required=False)
    supplier = _Supplier()
    owner = _Person()
    data_owner = _Person()
    data = serializers.ChoiceField(  # type: ignore[assignment]
        Environment.Data.choices, required=False
    )
    rto_minutes = _Count(min_value=0, max_value=MOST_MINUTES)
    rpo_minutes = _Count(min_value=0, max_value=MOST_MINUTES)
    needs_window = serializers.BooleanField(required=False)
    needs_backup = serializers.BooleanField(required=False)

    def validate_code(self, code: str) -> str:
        return code.upper()


class EnvironmentIn(EnvironmentEditIn):
    """A new copy also says what it is for, once and for all."""

    landscape = RowOf(Landscape)
    kind = serializers.ChoiceField(Environment.Kind.choices)


class ServerEditIn(StrictSerializer):
    hostname = Text(max_length=120)
    role = serializers.ChoiceField(Server.Role.choices, required=False)
    os = Words(max_length=80)
    cpus = _Count(min_value=1, max_value=4096)
    ram_gb = _Count(min_value=1, max_value=1_000_000)
    disk_gb = _Count(min_value=1, max_value=100_000_000)
    address = serializers.IPAddressField(required=False, allow_null=True)
    location = Words(max_length=120)
    supplier = _Supplier()
    warranty_until_on = Day(required=False, allow_null=True)
    is_retired = serializers.BooleanField(required=False)


class ServerIn(ServerEditIn):
    environment = SeenRow(Environment)


class ComponentEditIn(StrictSerializer):
    code = serializers.SlugField(max_length=40)
    name = Text(max_length=120)
    kind = serializers.ChoiceField(Component.Kind.choices)
    supplier = _Supplier()
    is_critical = serializers.BooleanField(required=False)
    needs = serializers.IntegerField(min_value=1, max_value=100, required=False)


class ComponentIn(ComponentEditIn):
    landscape = RowOf(Landscape)


class PlacementIn(StrictSerializer):
    environment = SeenRow(Environment)
    component = RowOf(Component)
    server = RowOf(Server, required=False, allow_null=True)


class PathEditIn(StrictSerializer):
    """What must have happened upstream; "" is any class of package."""

    upstream = SeenRow(Environment)
    package_class = serializers.ChoiceField(
        PackageClass.choices, required=False, allow_blank=True
    )
    soak_hours = serializers.IntegerField(min_value=0, max_value=8784, required=False)
    sign_offs = serializers.IntegerField(min_value=0, max_value=20, required=False)
    approvals = serializers.IntegerField(min_value=0, max_value=20, required=False)


class PathIn(PathEditIn):
    target = SeenRow(Environment)


class WindowEditIn(StrictSerializer):
    """A stretch of wall-clock time, once or again and again (RFC 5545)."""

    name = Text(max_length=120)
    reason = Words(max_length=200)
    environments = serializers.ListField(
        child=SeenRow(Environment), min_length=1, max_length=100
    )
    starts_local = WallClock()
    minutes = serializers.IntegerField(min_value=1, max_value=LONGEST)
    time_zone = Text(max_length=64, validators=[known_zone])
    rrule = Words(max_length=200)


class WindowIn(WindowEditIn):
    landscape = RowOf(Landscape)


class _Freezing(StrictSerializer):
    is_hard = serializers.BooleanField(required=False)
    exempt = serializers.ListField(
        child=serializers.ChoiceField(EXEMPT), max_length=3, required=False
    )

    def validate_exempt(self, kinds: list[str]) -> str:
        return ",".join(sorted(set(kinds)))


class FreezeEditIn(_Freezing, WindowEditIn):
    """A freeze is hard unless it says otherwise; it may let kinds of change pass."""


class FreezeIn(_Freezing, WindowIn):
    pass


class PreviewIn(StrictSerializer):
    """The rule alone: what would it come to?"""

    starts_local = WallClock()
    minutes = serializers.IntegerField(min_value=1, max_value=LONGEST)
    time_zone = Text(max_length=64, validators=[known_zone])
    rrule = Words(max_length=200)


def facts_of(rule: WindowRule) -> dict[str, Any]:
    """What a window says now, as its service takes it: an edit starts from it."""
    return {
        "name": rule.name,
        "reason": rule.reason,
        "environments": list(rule.environments.order_by("pk")),
        "starts_local": datetime.fromisoformat(rule.starts_local),
        "minutes": rule.minutes,
        "time_zone": rule.time_zone,
        "rrule": rule.rrule,
        "is_hard": rule.is_hard,
        "exempt": rule.exempt,
    }
