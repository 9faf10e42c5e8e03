"""Input of business processes."""

from django import forms

from environments.models import Landscape
from opsdesk.accounts.models import User
from opsdesk.core.forms import CleanTextMixin

MOST_STEPS = 40


class ProcessForm(CleanTextMixin, forms.Form):
    """A process and its steps, one a line."""

    landscape = forms.ModelChoiceField(Landscape.objects.order_by("name"))
    name = forms.CharField(max_length=120)
    owner = forms.ModelChoiceField(
        User.objects.filter(is_active=True, is_service=False).order_by("name", "pk"),
        required=False,
        label="Process owner",
        empty_label="Nobody yet",
    )
    steps = forms.CharField(
        widget=forms.Textarea({"rows": 8}),
        required=False,
        max_length=6000,
        help_text="One a line, in order.",
    )
    is_active = forms.BooleanField(label="In use", required=False, initial=True)

    def clean_steps(self) -> list[str]:
        lines = [line.strip() for line in self.cleaned_data["steps"].splitlines()]
        steps = [line for line in lines if line]
        if len(steps) > MOST_STEPS:
            raise forms.ValidationError(f"A process has at most {MOST_STEPS} steps.")
        if any(len(step) > 120 for step in steps):
            raise forms.ValidationError("A step's name has at most 120 letters.")
        return steps


class ProcessEditForm(ProcessForm):
    landscape = None  # type: ignore[assignment]
    version = forms.IntegerField(widget=forms.HiddenInput)
