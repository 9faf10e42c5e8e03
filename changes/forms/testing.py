"""What people of the business are asked to try, and what they say about it."""

from typing import Any

from django import forms

from changes.forms.promotions import area as lines
from changes.models import ChangeRequest, TestSignOff
from changes.queries.testing import testers_for
from environments.models import Environment
from opsdesk.accounts.models import User
from opsdesk.core.forms import CleanTextMixin, MomentField, offer

Kind = Environment.Kind


class PlaceForm(CleanTextMixin, forms.Form):
    """A form about a change where it is tried."""

    environment = forms.ModelChoiceField(Environment.objects.none(), label="Where")

    def __init__(self, *args: Any, change: ChangeRequest, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        rows = Environment.objects.in_use().filter(
            landscape=change.landscape_id, kind__in=[Kind.DEV_TEST, Kind.TRAINING]
        )
        places = rows.order_by("kind", "name", "pk")
        offer(self, "environment", places)
        self.fields["environment"].initial = places.first()


class AssignForm(PlaceForm):
    assigned_to = forms.ModelChoiceField(User.objects.none(), label="Who tries it")
    area = forms.CharField(label="Business area", max_length=80)
    due_at = MomentField(label="By when")
    script = lines("What to try, and what should happen", required=False)

    def __init__(self, *args: Any, change: ChangeRequest, **kwargs: Any) -> None:
        super().__init__(*args, change=change, **kwargs)
        offer(self, "assigned_to", testers_for(change.package))


class SignOffForm(PlaceForm):
    area = forms.CharField(label="Business area", max_length=80)
    verdict = forms.ChoiceField(
        label="Does it work?",
        choices=TestSignOff.Verdict.choices,
        widget=forms.RadioSelect,
    )
    conditions = lines(
        "Conditions", required=False, help_text="What must be lived with or put right."
    )
    cases_run = forms.IntegerField(
        label="Cases tried", min_value=0, max_value=100_000, initial=0, required=False
    )
    cases_failed = forms.IntegerField(
        label="Of them failed",
        min_value=0,
        max_value=100_000,
        initial=0,
        required=False,
    )
    note = lines("What was seen", required=False)
    evidence = forms.FileField(label="Evidence", required=False)
    blocks = forms.BooleanField(
        label="It fails so badly that it must start nowhere: block the package",
        required=False,
    )

    def __init__(self, *args: Any, change: ChangeRequest, **kwargs: Any) -> None:
        super().__init__(*args, change=change, **kwargs)
        if change.package is None or not change.package.is_usable:
            del self.fields["blocks"]

    def clean_cases_run(self) -> int:
        return self.cleaned_data["cases_run"] or 0

    def clean_cases_failed(self) -> int:
        return self.cleaned_data["cases_failed"] or 0

    def clean(self) -> dict[str, Any]:
        data = super().clean() or self.cleaned_data
        is_conditional = data.get("verdict") == TestSignOff.Verdict.CONDITIONAL
        if is_conditional and not data.get("conditions", "").strip():
            self.add_error("conditions", "Name the conditions.")
        if data.get("cases_failed", 0) > data.get("cases_run", 0):
            self.add_error("cases_failed", "More failed than were tried.")
        if data.get("blocks") and data.get("verdict") != TestSignOff.Verdict.FAIL:
            self.add_error("blocks", "Only what fails is blocked.")
        if data.get("blocks") and not data.get("note", "").strip():
            self.add_error("note", "Say why it is to be blocked.")
        return data


class RevokeForm(CleanTextMixin, forms.Form):
    reason = forms.CharField(label="Why it is taken back", max_length=200)
