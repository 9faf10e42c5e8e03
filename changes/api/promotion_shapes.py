"""What goes out of promotions: the run, the verdicts, the leave, what is owed."""

from typing import ClassVar

from rest_framework import serializers

from changes.api.shapes import PackageRefOut
from changes.models import (
    ChangeDuty,
    FreezeOverride,
    Promotion,
    PromotionStep,
    TestSignOff,
)
from opsdesk.core.api_fields import GateOut, NamedOut, PersonOut
from opsdesk.core.models import ApprovalRequest


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


class OverrideOut(serializers.ModelSerializer[FreezeOverride]):
    """Leave to change one environment during one freeze; `state` is the question's."""

    freeze = serializers.CharField(source="occurrence.rule.name", read_only=True)
    environment = NamedOut(source="occurrence.environment", read_only=True)
    starts_at = serializers.DateTimeField(source="occurrence.starts_at", read_only=True)
    ends_at = serializers.DateTimeField(source="occurrence.ends_at", read_only=True)
    state = serializers.ChoiceField(
        ApprovalRequest.State.choices, source="approval.state", read_only=True
    )
    requested_by = PersonOut(read_only=True)

    class Meta:
        model = FreezeOverride
        fields: ClassVar = [
            "id",
            "change",
            "revision",
            "occurrence",
            "freeze",
            "environment",
            "starts_at",
            "ends_at",
            "reason",
            "approval",
            "state",
            "requested_by",
            "used_by",
        ]


class DutyOut(serializers.ModelSerializer[ChangeDuty]):
    """What a change leaves owed, by whom, until when, and how it ended."""

    environment = NamedOut(read_only=True, allow_null=True)
    title = serializers.CharField(source="duty.title", read_only=True)
    owner = PersonOut(source="duty.owner", read_only=True)
    due_at = serializers.DateTimeField(read_only=True)
    done_at = serializers.DateTimeField(
        source="duty.done_at", read_only=True, allow_null=True
    )
    note = serializers.CharField(source="duty.note", read_only=True)
    waived_by = PersonOut(read_only=True, allow_null=True)

    class Meta:
        model = ChangeDuty
        fields: ClassVar = [
            "id",
            "change",
            "kind",
            "environment",
            "sha256",
            "title",
            "owner",
            "due_at",
            "approval",
            "is_settled",
            "done_at",
            "note",
            "waived_by",
            "waive_reason",
        ]


class SignOffOut(serializers.ModelSerializer[TestSignOff]):
    environment = NamedOut(read_only=True)
    tester = PersonOut(read_only=True)
    conditions_accepted_by = PersonOut(read_only=True, allow_null=True)

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
            "conditions_accepted_by",
            "cases_run",
            "cases_failed",
            "note",
            "at",
            "superseded_at",
            "revoked_at",
            "revoke_reason",
        ]
