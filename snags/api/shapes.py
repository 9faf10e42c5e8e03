"""What goes out and what may come in."""

from datetime import datetime
from typing import Any, ClassVar

from rest_framework import serializers

from environments.models import Environment, Module
from opsdesk.accounts.access import Role, access_of, people_with
from opsdesk.accounts.models import Party, User
from opsdesk.core.api import StrictSerializer
from opsdesk.core.fields import EARLIEST, LATEST
from sla.models import Priority
from snags.models import (
    BusinessProcess,
    Clock,
    Snag,
    SnagComment,
    SnagEvent,
    Snaglist,
)
from snags.permissions import can_log_for_others, speaks_for_supplier
from snags.queries.feed import is_outside_supplier
from snags.services.lifecycle import IN_THE_SYSTEM, REFUSALS


class PersonOut(serializers.ModelSerializer[User]):
    class Meta:
        model = User
        fields: ClassVar = ["id", "name"]


class NamedOut(serializers.Serializer[Any]):
    id = serializers.IntegerField()
    name = serializers.CharField()


class SnagOut(serializers.ModelSerializer[Snag]):
    """A snag as its reader may know it."""

    ref = serializers.CharField(read_only=True)
    environment = NamedOut(read_only=True)
    snaglist = NamedOut(read_only=True)
    module = NamedOut(read_only=True, allow_null=True)
    owner = PersonOut(read_only=True, allow_null=True)
    reported_by = PersonOut(read_only=True)
    team = NamedOut(read_only=True, allow_null=True)
    handed_to = NamedOut(read_only=True, allow_null=True)

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
            "owner",
            "team",
            "handed_to",
            "reported_by",
            "reported_at",
            "resolved_at",
            "closed_at",
            "resolution",
            "resolution_note",
            "next_due_at",
            "updated_at",
            "version",
        ]

    def to_representation(self, instance: Snag) -> dict[str, Any]:
        """Who has the ball and by when is for people who work here, and who has it."""
        shown = super().to_representation(instance)
        user = self.context["request"].user
        if access_of(user).is_internal:
            return shown
        if not speaks_for_supplier(user, instance):
            shown["handed_to"] = None
        if is_outside_supplier(user, instance):
            shown["next_due_at"] = None
        return shown


class CommentOut(serializers.ModelSerializer[SnagComment]):
    author = PersonOut(read_only=True)

    class Meta:
        model = SnagComment
        fields: ClassVar = ["id", "author", "audience", "body", "at", "is_response"]


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


class EventOut(serializers.ModelSerializer[SnagEvent]):
    actor = PersonOut(read_only=True, allow_null=True)

    class Meta:
        model = SnagEvent
        fields: ClassVar = ["id", "verb", "params", "actor", "at", "recorded_at"]


class EnvironmentOut(serializers.ModelSerializer[Environment]):
    class Meta:
        model = Environment
        fields: ClassVar = ["id", "name", "kind", "app_version", "is_serving"]


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


class _Text(serializers.CharField):
    """Words people wrote: trimmed, never empty where they are needed, bounded."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**{"max_length": 20_000, **options})


class _Moment(serializers.DateTimeField):
    def to_internal_value(self, value: Any) -> Any:
        try:
            moment = super().to_internal_value(value)
        except OverflowError:
            raise serializers.ValidationError("Not a date of this age.") from None
        if not EARLIEST <= moment < LATEST:
            raise serializers.ValidationError("Choose a date between 2000 and 2100.")
        return moment


class _Day(serializers.DateField):
    def to_internal_value(self, value: Any) -> Any:
        day = super().to_internal_value(value)
        if not EARLIEST.date() <= day < LATEST.date():
            raise serializers.ValidationError("Choose a date between 2000 and 2100.")
        return day


def _staff() -> Any:
    return people_with(Role.SUPPORT, Role.MANAGER)


class _Staff(serializers.PrimaryKeyRelatedField[User]):
    """Somebody who can answer for a snag today."""

    def get_queryset(self) -> Any:
        return _staff()


class RaiseIn(StrictSerializer):
    title = _Text(max_length=200)
    detail = _Text(required=False, allow_blank=True)
    kind = serializers.ChoiceField(Snag.Kind.choices, required=False)
    impact = serializers.ChoiceField(Snag.Level.choices, required=False)
    urgency = serializers.ChoiceField(Snag.Level.choices, required=False)
    environment = serializers.PrimaryKeyRelatedField(queryset=Environment.objects.all())
    snaglist = serializers.PrimaryKeyRelatedField(
        queryset=Snaglist.objects.select_related("golive")
    )
    module = serializers.PrimaryKeyRelatedField(
        queryset=Module.objects.all(), required=False, allow_null=True
    )
    process = serializers.PrimaryKeyRelatedField(
        queryset=BusinessProcess.objects.all(), required=False, allow_null=True
    )
    step = _Text(required=False, allow_blank=True, max_length=120)
    original_decision = _Text(required=False, allow_blank=True)
    addition = _Text(required=False, allow_blank=True)
    first_seen_on = _Day(required=False, allow_null=True)
    needed_by_on = _Day(required=False, allow_null=True)
    at = _Moment(required=False, allow_null=True)

    def validate_at(self, at: datetime | None) -> datetime | None:
        """Only support may say that it was reported earlier."""
        if at and not can_log_for_others(self.context["request"].user):
            raise serializers.ValidationError("This field is for support to set.")
        return at


class TriageIn(StrictSerializer):
    owner = _Staff(pk_field=serializers.IntegerField())
    impact = serializers.ChoiceField(Snag.Level.choices)
    urgency = serializers.ChoiceField(Snag.Level.choices)
    cause = serializers.ChoiceField(Snag.Cause.choices, required=False)
    priority = serializers.ChoiceField(Priority.choices, required=False)
    priority_reason = _Text(required=False, max_length=250)


class CommentIn(StrictSerializer):
    body = _Text()
    audience = serializers.ChoiceField(SnagComment.Audience.choices, required=False)


class WaitIn(StrictSerializer):
    waiting_for = serializers.ChoiceField(
        [choice for choice in Snag.WaitingFor.choices if choice[0] != "supplier"]
    )
    body = _Text(required=False, allow_blank=True)
    follow_up_at = _Moment(required=False, allow_null=True)


class HandOverIn(StrictSerializer):
    supplier = serializers.PrimaryKeyRelatedField(
        queryset=Party.objects.of_kind(Party.Kind.SUPPLIER)
    )
    body = _Text(required=False, allow_blank=True)
    reference = _Text(required=False, allow_blank=True, max_length=60)


class HandBackIn(StrictSerializer):
    body = _Text(required=False, allow_blank=True)


class ResolveIn(StrictSerializer):
    resolution = serializers.ChoiceField(
        [
            (kind.value, kind.label)
            for kind in (*IN_THE_SYSTEM, Snag.Resolution.ANSWERED)
        ]
    )
    resolution_note = _Text()
    cause = serializers.ChoiceField(Snag.Cause.choices, required=False)


class RejectIn(StrictSerializer):
    resolution = serializers.ChoiceField(
        [(kind.value, kind.label) for kind in REFUSALS]
    )
    resolution_note = _Text()


class ReopenIn(StrictSerializer):
    body = _Text()


class EditIn(StrictSerializer):
    title = _Text(max_length=200)
    detail = _Text(required=False, allow_blank=True)


class NothingIn(StrictSerializer):
    """A verb that needs no more words."""
