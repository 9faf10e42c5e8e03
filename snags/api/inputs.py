"""What may come in: every field is named here, anything else is refused."""

from datetime import datetime
from typing import Any

from rest_framework import serializers

from environments.models import Environment, Module
from opsdesk.accounts.access import Role
from opsdesk.accounts.models import Party
from opsdesk.core.api import StrictSerializer
from opsdesk.core.api_fields import Day, Holder, Moment, Row, Text
from opsdesk.core.errors import RuleError
from sla.models import Priority
from snags.models import BusinessProcess, Snag, SnagComment, Snaglist
from snags.permissions import can_log_for_others
from snags.queries.reporting import people_to_log_for
from snags.services.lifecycle import IN_THE_SYSTEM, REFUSALS
from snags.services.raising import check_told_at

EVERYBODY_HERE = sorted(set(Role) - {Role.SUPPLIER})
VOICES = [
    (kind.value, kind.label) for kind in (Snag.Channel.PHONE, Snag.Channel.WALK_IN)
]
FOR_SUPPORT = ("channel", "at", "observed_by", "observed_on")


class _Reporter(Row):
    """Somebody whose report support may write down and still see."""

    def get_queryset(self) -> Any:
        return people_to_log_for(self.context["request"].user)


class _Visible(Row):
    """Another snag the person may see."""

    def get_queryset(self) -> Any:
        user = self.context["request"].user
        return Snag.objects.visible_to(user).order_by("pk")


class RaiseIn(StrictSerializer):
    title = Text(max_length=200)
    detail = Text(required=False, allow_blank=True)
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
    step = Text(required=False, allow_blank=True, max_length=120)
    designed_step = Text(required=False, allow_blank=True)
    actual_step = Text(required=False, allow_blank=True)
    observed_by = Holder(*EVERYBODY_HERE, required=False, allow_null=True)
    observed_on = Day(required=False, allow_null=True)
    original_decision = Text(required=False, allow_blank=True)
    addition = Text(required=False, allow_blank=True)
    first_seen_on = Day(required=False, allow_null=True)
    needed_by_on = Day(required=False, allow_null=True)
    sensitivity = serializers.ChoiceField(Snag.Sensitivity.choices, required=False)
    data_approver = Holder(Role.MANAGER, required=False, allow_null=True)
    reported_by = _Reporter(required=False)
    channel = serializers.ChoiceField(VOICES, required=False)
    at = Moment(required=False, allow_null=True)

    def validate(self, data: dict[str, Any]) -> dict[str, Any]:
        """Only support may write down what others told or what was watched."""
        given = {name for name in FOR_SUPPORT if data.get(name) is not None}
        if given and not can_log_for_others(self.context["request"].user):
            refused = "This field is for support to set."
            raise serializers.ValidationError(dict.fromkeys(sorted(given), refused))
        return data

    def validate_at(self, at: datetime | None) -> datetime | None:
        """It was reported earlier by days at most."""
        try:
            if at is not None:
                check_told_at(at)
        except RuleError as error:
            raise serializers.ValidationError(str(error)) from error
        return at


class PriorityIn(StrictSerializer):
    """Another priority than impact and urgency make needs a reason."""

    impact = serializers.ChoiceField(Snag.Level.choices)
    urgency = serializers.ChoiceField(Snag.Level.choices)
    priority = serializers.ChoiceField(Priority.choices, required=False)
    priority_reason = Text(required=False, max_length=250)


class AssignIn(StrictSerializer):
    owner = Holder(Role.SUPPORT, Role.MANAGER)
    team = serializers.PrimaryKeyRelatedField(
        queryset=Party.objects.of_kind(Party.Kind.TEAM), required=False, allow_null=True
    )


class TriageIn(PriorityIn, AssignIn):
    cause = serializers.ChoiceField(Snag.Cause.choices, required=False)


class CommentIn(StrictSerializer):
    body = Text()
    audience = serializers.ChoiceField(SnagComment.Audience.choices, required=False)


class FilesIn(CommentIn):
    """A comment with files; how many and how large, the service says."""

    files = serializers.ListField(
        child=serializers.FileField(allow_empty_file=True), allow_empty=False
    )


class WaitIn(StrictSerializer):
    waiting_for = serializers.ChoiceField(
        [choice for choice in Snag.WaitingFor.choices if choice[0] != "supplier"]
    )
    body = Text(required=False, allow_blank=True)
    follow_up_at = Moment(required=False, allow_null=True)


class HandOverIn(StrictSerializer):
    supplier = serializers.PrimaryKeyRelatedField(
        queryset=Party.objects.of_kind(Party.Kind.SUPPLIER)
    )
    body = Text(required=False, allow_blank=True)
    reference = Text(required=False, allow_blank=True, max_length=60)
    follow_up_at = Moment(required=False, allow_null=True)


class HandBackIn(StrictSerializer):
    body = Text(required=False, allow_blank=True)


class ResolveIn(StrictSerializer):
    resolution = serializers.ChoiceField(
        [
            (kind.value, kind.label)
            for kind in (*IN_THE_SYSTEM, Snag.Resolution.ANSWERED)
        ]
    )
    resolution_note = Text()
    cause = serializers.ChoiceField(Snag.Cause.choices, required=False)


class RejectIn(StrictSerializer):
    resolution = serializers.ChoiceField(
        [(kind.value, kind.label) for kind in REFUSALS]
    )
    resolution_note = Text()


class ReopenIn(StrictSerializer):
    body = Text()


class MergeIn(StrictSerializer):
    into = _Visible()


class EditIn(StrictSerializer):
    title = Text(max_length=200)
    detail = Text(required=False, allow_blank=True)
    designed_step = Text(required=False, allow_blank=True)
    actual_step = Text(required=False, allow_blank=True)
