"""Fields every app's API takes and gives: bounded texts and times, people, names."""

from datetime import UTC, datetime
from typing import Any, ClassVar

from django_filters import rest_framework as filters
from django_filters.fields import IsoDateTimeField
from rest_framework import serializers

from opsdesk.accounts.access import Role, people_with
from opsdesk.accounts.models import User
from opsdesk.core.api import StrictSerializer
from opsdesk.core.forms import OUT_OF_BOUNDS, bounded


class Text(serializers.CharField):
    """Words people wrote: trimmed, never empty where they are needed, bounded."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**{"max_length": 20_000, **options})


class Words(Text):
    """Words that may be left out."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**{"required": False, "allow_blank": True, **options})


class Moment(serializers.DateTimeField):
    """An instant of 2000 to 2099."""

    default_error_messages: ClassVar = {"overflow": OUT_OF_BOUNDS}

    def to_internal_value(self, value: Any) -> Any:
        return bounded(super().to_internal_value, value)


class Day(serializers.DateField):
    """A day of 2000 to 2099."""

    def to_internal_value(self, value: Any) -> Any:
        return bounded(super().to_internal_value, value)


class Row(serializers.PrimaryKeyRelatedField[Any]):
    """Another row by its number; the number is an integer, not text."""

    def __init__(self, **options: Any) -> None:
        super().__init__(pk_field=serializers.IntegerField(max_value=2**53), **options)


class RowOf(Row):
    """A row everybody who gets here may name."""

    def __init__(self, model: Any, **options: Any) -> None:
        super().__init__(**options)
        self.model = model

    def get_queryset(self) -> Any:
        return self.model.objects.order_by("pk")


class SeenRow(RowOf):
    """A row out of those the person may see."""

    def get_queryset(self) -> Any:
        rows = self.model.objects.visible_to(self.context["request"].user)
        return rows.order_by("pk")


class Holder(Row):
    """Somebody who holds one of these roles today."""

    def __init__(self, *roles: Role, **options: Any) -> None:
        super().__init__(**options)
        self.roles = roles

    def get_queryset(self) -> Any:
        return people_with(*self.roles)


class MomentFilterField(IsoDateTimeField):  # type: ignore[misc]
    """An instant of 2000 to 2099, in UTC: the database knows few odd offsets."""

    def clean(self, value: Any) -> Any:
        return bounded(self._in_utc, value)

    def _in_utc(self, value: Any) -> datetime | None:
        at: datetime | None = super().clean(value)
        return at and at.astimezone(UTC)


class MomentFilter(filters.IsoDateTimeFilter):  # type: ignore[misc]
    field_class = MomentFilterField


class IdFilter(filters.NumberFilter):  # type: ignore[misc]
    """Rows of another row, by the number of that one."""

    def __init__(self, column: str) -> None:
        super().__init__(field_name=f"{column}_id", max_value=2**53)


class ReasonIn(StrictSerializer):
    """Why."""

    reason = Text(max_length=200)


class PersonOut(serializers.ModelSerializer[User]):
    class Meta:
        model = User
        fields: ClassVar = ["id", "name"]


class NamedOut(serializers.Serializer[Any]):
    id = serializers.IntegerField()
    name = serializers.CharField()


class EventOut(serializers.Serializer[Any]):
    """One line of a timeline."""

    id = serializers.IntegerField()
    verb = serializers.CharField()
    params = serializers.JSONField()
    actor = PersonOut(allow_null=True)
    at = serializers.DateTimeField()
    recorded_at = serializers.DateTimeField()


class GateOut(serializers.Serializer[Any]):
    """What one gate says: met or not, why, how to clear it, until when."""

    code = serializers.CharField()
    ok = serializers.BooleanField()
    detail = serializers.CharField()
    clear = serializers.CharField()
    until = serializers.DateTimeField(allow_null=True)
    waivable = serializers.BooleanField()
    waived = serializers.BooleanField()
