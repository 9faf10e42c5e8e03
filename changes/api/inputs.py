"""What may come in: every field is named here, anything else is refused."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from django.db.backends.postgresql.psycopg_any import DateTimeTZRange
from rest_framework import serializers

from changes.content import COLUMNS, Aim, Content
from changes.models import (
    NOT_INSTALLED,
    ChangeRequest,
    ChangeTemplate,
    Package,
    Promotion,
    PromotionStep,
    TestSignOff,
)
from changes.queries.changes import environments_in_use
from changes.queries.packages import components_for
from environments.models import Component, Landscape, PackageClass
from opsdesk.accounts.access import Role
from opsdesk.core.api import StrictSerializer
from opsdesk.core.api_fields import Day, Holder, Moment, Row, Text, Words
from snags.models import BusinessProcess, Snag

Kind = ChangeRequest.Kind
SHA256 = r"^[0-9a-f]{64}$"
MOST = 200
YEAR = 525_600  # minutes


class Mine(Row):
    """A row out of those the person may see."""

    def __init__(self, model: Any, **options: Any) -> None:
        super().__init__(**options)
        self.model = model

    def get_queryset(self) -> Any:
        rows = self.model.objects.visible_to(self.context["request"].user)
        return rows.order_by("pk")


class Known(Row):
    """A row everybody here may name."""

    def __init__(self, model: Any, **options: Any) -> None:
        super().__init__(**options)
        self.model = model

    def get_queryset(self) -> Any:
        return self.model.objects.order_by("pk")


class Place(Row):
    def get_queryset(self) -> Any:
        return environments_in_use()


class _Component(Row):
    def get_queryset(self) -> Any:
        return components_for(self.context["request"].user)


def several(child: Row) -> serializers.ListField:
    """Up to so many of them; left out is none."""
    return serializers.ListField(child=child, required=False, max_length=MOST)


class PackageEditIn(StrictSerializer):
    label = Text(max_length=80)  # type: ignore[assignment]
    package_class = serializers.ChoiceField(PackageClass.choices)
    origin = Words(max_length=200)
    notes = Words()
    requires = several(Mine(Package))


class PackageIn(PackageEditIn):
    component = _Component()
    supersedes = Mine(Package, required=False, allow_null=True)


class PackageFilesIn(StrictSerializer):
    """Files, and the folder of the package they go into."""

    files = serializers.ListField(
        child=serializers.FileField(allow_empty_file=True), allow_empty=False
    )
    folder = Words(max_length=400)


class EntryIn(StrictSerializer):
    path = serializers.CharField(max_length=512, trim_whitespace=False)
    size = serializers.IntegerField(min_value=0, max_value=2**53)
    sha256 = serializers.RegexField(SHA256)


class DeclareIn(StrictSerializer):
    """Files that stay where they are, by size and digest."""

    entries = EntryIn(many=True, allow_empty=False)


class BecauseIn(StrictSerializer):
    """Why."""

    reason = Text(max_length=300)


class BlockIn(BecauseIn):
    snag = Mine(Snag, required=False, allow_null=True)


class TargetIn(StrictSerializer):
    """An environment it goes to: from when, for how long."""

    environment = Place()
    starts_at = Moment(required=False, allow_null=True)
    minutes = serializers.IntegerField(
        min_value=1, max_value=10_080, required=False, default=30
    )
    exclusive = serializers.BooleanField(required=False, default=False)


class ChangeEditIn(StrictSerializer):
    title = Text(max_length=200)
    kind = serializers.ChoiceField(Kind.choices, required=False)
    description = Words()
    reason = Words()
    impact = Words()
    outage_minutes = serializers.IntegerField(
        min_value=0, max_value=YEAR, required=False
    )
    authority = Words(max_length=200)
    legal_on = Day(required=False, allow_null=True)
    package = Mine(Package, required=False, allow_null=True)
    documents = Words()
    implementation_plan = Words()
    test_plan = Words()
    backout_plan = Words()
    backout_hours = serializers.IntegerField(min_value=1, max_value=720, required=False)
    comms_plan = Words()
    is_rehearsed = serializers.BooleanField(required=False, allow_null=True)
    risk_manual = serializers.ChoiceField(
        ChangeRequest.Risk.choices, required=False, allow_blank=True
    )
    earliest_start = Moment(required=False, allow_null=True)
    latest_end = Moment(required=False, allow_null=True)
    implementer = Holder(
        Role.SUPPORT,
        Role.MANAGER,
        Role.ADMINISTRATOR,
        required=False,
        allow_null=True,
    )
    components = several(Known(Component))
    processes = several(Known(BusinessProcess))
    snags = several(Mine(Snag))
    targets = TargetIn(many=True, required=False)


class ChangeIn(ChangeEditIn):
    landscape = Known(Landscape)
    template = Known(ChangeTemplate, required=False, allow_null=True)


class AskIn(StrictSerializer):
    """Why one lives with the soft conflicts that are left."""

    conflicts_accepted = Words()


class ReviewIn(StrictSerializer):
    outcome = serializers.ChoiceField(ChangeRequest.Closure.choices)
    objectives_met = serializers.BooleanField(required=False)
    outage_minutes = serializers.IntegerField(
        min_value=0, max_value=YEAR, required=False
    )
    root_cause = Words()
    lessons = Words()


class CloseIn(StrictSerializer):
    closure = serializers.ChoiceField(ChangeRequest.Closure.choices)


class SubjectIn(StrictSerializer):
    """Exactly what was read: a vote for anything else does not count."""

    revision = serializers.IntegerField(min_value=0, max_value=2**31 - 1)
    subject_sha256 = serializers.RegexField(SHA256)


class ApproveIn(SubjectIn):
    comment = Words()


class RefuseIn(SubjectIn):
    comment = Text()


class BreakGlassIn(StrictSerializer):
    """Where, its code typed again, and why it cannot wait for anybody."""

    environment = Place()
    code = Text(max_length=80)
    reason = Text()


class StepIn(StrictSerializer):
    kind = serializers.ChoiceField(PromotionStep.Kind.choices)
    title = Text(max_length=200)


class PromotionIn(StrictSerializer):
    """Where the package goes next; without steps they come from the change's plans."""

    change = Mine(ChangeRequest)
    environment = Place()
    kind = serializers.ChoiceField(
        [c for c in Promotion.Kind.choices if c[0] != Promotion.Kind.ROLLBACK],
        required=False,
    )
    steps = StepIn(many=True, required=False)


class NoteIn(StrictSerializer):
    """What happened, if there is something to say."""

    note = Words()


class FailIn(StrictSerializer):
    note = Text()


class EvidenceIn(StrictSerializer):
    """What was seen; a backup says where it is."""

    evidence = Words()


class DigestIn(StrictSerializer):
    """What is installed now, as the host computed it; `not installed` once a component
    is taken out where it never ran before."""

    sha256 = serializers.RegexField(rf"{SHA256}|^{NOT_INSTALLED}$")


class WaiveIn(StrictSerializer):
    gate = Text(max_length=20)
    reason = Text()


class SignOffIn(StrictSerializer):
    """One person's verdict on what runs there now."""

    change = Mine(ChangeRequest)
    environment = Place()
    area = Text(max_length=80)
    verdict = serializers.ChoiceField(TestSignOff.Verdict.choices)
    conditions = Words()
    cases_run = serializers.IntegerField(min_value=0, max_value=10**6, required=False)
    cases_failed = serializers.IntegerField(
        min_value=0, max_value=10**6, required=False
    )
    note = Words()

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """Conditions are named; no more cases fail than were run."""
        conditional = attrs["verdict"] == TestSignOff.Verdict.CONDITIONAL
        if conditional and not attrs.get("conditions"):
            raise serializers.ValidationError({"conditions": ["Name them."]})
        if attrs.get("cases_failed", 0) > attrs.get("cases_run", 0):
            raise serializers.ValidationError({"cases_failed": ["More than were run."]})
        return attrs


def content_of(
    data: Mapping[str, Any], landscape: Landscape, change: ChangeRequest | None = None
) -> Content:
    """What was sent on top of what the change says; all of it of one landscape."""
    _check_landscape(data, landscape)
    found = _said(change) if change else {}
    apart = {"targets", "template"}
    sent = {name: value for name, value in data.items() if name not in apart}
    if "targets" in data:
        sent["aims"] = [_aim(**row) for row in data["targets"]]
    content = Content(**{**found, **sent})
    start, end = content.earliest_start, content.latest_end
    if start and end and end <= start:
        raise serializers.ValidationError(
            {"latest_end": ["It must end after it begins."]}
        )
    return content


def _aim(environment: Any, minutes: int, exclusive: bool, starts_at: Any = None) -> Aim:  # noqa: FBT001
    end = starts_at + timedelta(minutes=minutes) if starts_at else None
    slot = DateTimeTZRange(starts_at, end) if starts_at else None
    return Aim(environment, minutes, slot, exclusive)


def _said(change: ChangeRequest) -> dict[str, Any]:
    found: dict[str, Any] = {name: getattr(change, name) for name in COLUMNS}
    aims = change.targets.select_related("environment").order_by("ordinal", "pk")
    return found | {
        "is_rehearsed": change.risk_answers.get("rehearsed"),
        "components": list(change.components.order_by("pk")),
        "processes": list(change.processes.order_by("pk")),
        "snags": list(change.snags.order_by("pk")),
        "aims": [
            Aim(aim.environment, aim.minutes, aim.slot, aim.is_exclusive)
            for aim in aims
        ],
    }


def _check_landscape(data: Mapping[str, Any], landscape: Landscape) -> None:
    """Everything a change names belongs to its own landscape."""
    package = data.get("package")
    named = {
        "package": [package.component] if package else [],
        "components": data.get("components", []),
        "processes": data.get("processes", []),
        "template": [data["template"]] if data.get("template") else [],
        "targets": [row["environment"] for row in data.get("targets", [])],
    }
    wrong = {
        name: [f"This is not of {landscape}."]
        for name, rows in named.items()
        if any(row.landscape_id != landscape.pk for row in rows)
    }
    if wrong:
        raise serializers.ValidationError(wrong)
