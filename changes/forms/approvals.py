"""What a vote, and the policy behind it, ask."""

from typing import Any

from django import forms

from opsdesk.core.forms import CleanTextMixin, SecondEditorMixin
from opsdesk.core.models import ApprovalPolicy, Asked, Vote

MOST_PEOPLE = 5


class VoteForm(CleanTextMixin, forms.Form):
    """Yes, or no with a reason, to exactly the revision and digest that was shown."""

    decision = forms.ChoiceField(
        choices=Vote.Decision.choices, widget=forms.HiddenInput
    )
    revision = forms.IntegerField(
        min_value=0, max_value=2**31 - 1, widget=forms.HiddenInput
    )
    sha256 = forms.CharField(max_length=64, widget=forms.HiddenInput)
    comment = forms.CharField(
        required=False,
        max_length=2_000,
        widget=forms.Textarea({"rows": 3}),
        help_text="Needed to reject; everybody involved reads it.",
    )

    def clean(self) -> dict[str, Any]:
        found = self.cleaned_data
        if found.get("decision") == Vote.Decision.REJECT and not found.get("comment"):
            self.add_error("comment", "Say why you reject it.")
        return found


class RevokeForm(CleanTextMixin, forms.Form):
    reason = forms.CharField(label="Why you take it back", max_length=200)


class PolicyForm(SecondEditorMixin, CleanTextMixin, forms.Form):
    """How many of each kind of person must agree; nobody of a kind leaves it out."""

    valid_days = forms.IntegerField(
        label="Counts for", min_value=1, max_value=365, help_text="Days."
    )
    version = forms.IntegerField(
        min_value=0, max_value=2**31 - 1, widget=forms.HiddenInput
    )

    def __init__(self, *args: Any, policy: ApprovalPolicy, **kwargs: Any) -> None:
        steps = {step["asked"]: step for step in policy.steps}
        initial = {"valid_days": policy.valid_days, "version": policy.version}
        super().__init__(*args, initial=initial, **kwargs)
        self.sequences = {name: step["sequence"] for name, step in steps.items()}
        for asked in Asked:
            self.fields[asked.value] = forms.IntegerField(
                label=asked.label,
                required=False,
                min_value=0,
                max_value=MOST_PEOPLE,
                initial=steps.get(asked.value, {}).get("needed", 0),
            )

    def clean(self) -> dict[str, Any]:
        found = self.cleaned_data
        steps = [
            {"asked": a.value, "needed": n, "sequence": self.sequences.get(a.value, 0)}
            for a in Asked
            if (n := found.pop(a.value, 0) or 0)
        ]
        if not steps and not self.errors:
            raise forms.ValidationError("At least one person must agree.")
        return {**found, "steps": steps}
