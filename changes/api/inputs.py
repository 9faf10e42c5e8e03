"""What may come in: every field is named here, anything else is refused."""

from typing import Any

from rest_framework import serializers

from changes.content import BODY
from changes.forms.approvals import MOST_PEOPLE
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
from environments.models import (
    Component,
    Environment,
    Landscape,
    Occurrence,
    PackageClass,
)
from opsdesk.accounts.access import Role
from opsdesk.core.api import StrictSerializer
from opsdesk.core.api_fields import (
    Day,
    Holder,
    Moment,
    Row,
    RowOf,
    SeenRow,
    Text,
    Words,
)
from opsdesk.core.models import Asked
from snags.models import BusinessProcess, Snag

Kind = ChangeRequest.Kind
SHA256 = r"^[0-9a-f]{64}$"
MOST = 200
YEAR = 525_600  # minutes


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
    requires = several(SeenRow(Package))


class PackageIn(PackageEditIn):
    component = _Component()
    supersedes = SeenRow(Package, required=False, allow_null=True)


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


class FileIn(StrictSerializer):
    """A file by its path in the package."""

    path = serializers.CharField(max_length=512, trim_whitespace=False)


class DeclareIn(StrictSerializer):
    """Files that stay where they are, by size and digest."""

    entries = EntryIn(many=True, allow_empty=False)


class BecauseIn(StrictSerializer):
    """Why."""

    reason = Text(max_length=300)


class BlockIn(BecauseIn):
    snag = SeenRow(Snag, required=False, allow_null=True)


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
    package = SeenRow(Package, required=False, allow_null=True)
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
    components = several(RowOf(Component))
    processes = several(RowOf(BusinessProcess))
    snags = several(SeenRow(Snag))
    targets = TargetIn(many=True, required=False)


class ChangeIn(ChangeEditIn):
    landscape = RowOf(Landscape)
    template = RowOf(ChangeTemplate, required=False, allow_null=True)


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


class PolicyStepIn(StrictSerializer):
    """So many people of one kind; those of a lower sequence are asked first."""

    asked = serializers.ChoiceField(Asked.choices)
    needed = serializers.IntegerField(min_value=1, max_value=MOST_PEOPLE)
    sequence = serializers.IntegerField(
        min_value=0, max_value=9, required=False, default=0
    )


class PolicyIn(StrictSerializer):
    valid_days = serializers.IntegerField(min_value=1, max_value=365)
    steps = PolicyStepIn(many=True, allow_empty=False)

    def validate_steps(self, steps: list[dict[str, Any]]) -> list[dict[str, Any]]:
        if len({step["asked"] for step in steps}) < len(steps):
            raise serializers.ValidationError("Name each kind of person once.")
        return [dict(step) for step in steps]


class TemplateIn(StrictSerializer):
    """A standard change as it starts, and the normal ones that went well before."""

    landscape = RowOf(Landscape)
    code = serializers.SlugField(max_length=40)
    title = Text(max_length=200)
    environments = serializers.ListField(child=Place(), min_length=1, max_length=MOST)
    evidence = serializers.ListField(child=SeenRow(ChangeRequest), max_length=MOST)
    expires_on = Day()
    locked = serializers.ListField(
        child=serializers.ChoiceField([*BODY.items()]), required=False, max_length=MOST
    )
    description = Words()
    reason = Words()
    impact = Words()
    implementation_plan = Text()
    test_plan = Words()
    backout_plan = Text()
    comms_plan = Words()

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """The texts in one piece, as the service takes them; all of one landscape."""
        places = {row.landscape_id for row in attrs["environments"]}
        if places != {attrs["landscape"].pk}:
            raise serializers.ValidationError(
                {"environments": [f"This is not of {attrs['landscape']}."]}
            )
        body = {name: attrs.pop(name, "") for name in BODY}
        return {"locked": [], **attrs, "body": body}


class BecauseOfIn(StrictSerializer):
    """Why nothing more is made from it."""

    because = Text(max_length=200)


class _Freeze(Row):
    def get_queryset(self) -> Any:
        places = Environment.objects.visible_to(self.context["request"].user)
        rows = Occurrence.objects.filter(environment__in=places)
        return rows.select_related("rule", "environment").order_by("pk")


class OverrideIn(StrictSerializer):
    """One occurrence of a freeze, and why it cannot wait for its end."""

    change = SeenRow(ChangeRequest)
    occurrence = _Freeze()
    reason = Text()


class DoneIn(StrictSerializer):
    """What was done, and where that can be seen."""

    note = Text()


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

    change = SeenRow(ChangeRequest)
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

    change = SeenRow(ChangeRequest)
    environment = Place()
    area = Text(max_length=80)
    verdict = serializers.ChoiceField(TestSignOff.Verdict.choices)
    conditions = Words()
    cases_run = serializers.IntegerField(min_value=0, max_value=10**6, required=False)
    cases_failed = serializers.IntegerField(
        min_value=0, max_value=10**6, required=False
    )
    note = Words()
    blocks = serializers.BooleanField(default=False)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """Conditions are named; no more cases fail than were run; only what fails is
        blocked, with a word on why."""
        conditional = attrs["verdict"] == TestSignOff.Verdict.CONDITIONAL
        if conditional and not attrs.get("conditions"):
            raise serializers.ValidationError({"conditions": ["Name them."]})
        if attrs.get("cases_failed", 0) > attrs.get("cases_run", 0):
            raise serializers.ValidationError({"cases_failed": ["More than were run."]})
        if attrs["blocks"] and attrs["verdict"] != TestSignOff.Verdict.FAIL:
            raise serializers.ValidationError({"blocks": ["Only what fails."]})
        if attrs["blocks"] and not attrs.get("note"):
            raise serializers.ValidationError({"note": ["Say why it is blocked."]})
        return attrs
