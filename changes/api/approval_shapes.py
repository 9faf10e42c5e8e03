"""What goes out of approvals: the question, the votes, and who must agree."""

from typing import Any, ClassVar

from rest_framework import serializers

from opsdesk.core.api_fields import PersonOut
from opsdesk.core.models import (
    ApprovalPolicy,
    ApprovalRequest,
    ApprovalStep,
    Asked,
    Vote,
)


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


class PolicyStepOut(serializers.Serializer[Any]):
    asked = serializers.ChoiceField(Asked.choices)
    needed = serializers.IntegerField()
    sequence = serializers.IntegerField()


class PolicyOut(serializers.ModelSerializer[ApprovalPolicy]):
    """Who must agree to this kind of thing at this level, for so many days."""

    steps = PolicyStepOut(many=True, read_only=True)

    class Meta:
        model = ApprovalPolicy
        fields: ClassVar = ["id", "kind", "level", "valid_days", "steps", "version"]
