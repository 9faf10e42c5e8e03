"""Input of the inventory."""

from django import forms

from environments.models import Environment, Landscape
from opsdesk.core.forms import CleanTextMixin


class LandscapeForm(CleanTextMixin, forms.Form):
    name = forms.CharField(max_length=120)
    product = forms.CharField(max_length=120, required=False)
    edition = forms.CharField(max_length=60, required=False)
    implementation_model = forms.CharField(max_length=120, required=False)
    support = forms.ChoiceField(choices=Landscape.Support.choices)


class LandscapeEditForm(LandscapeForm):
    version = forms.IntegerField(widget=forms.HiddenInput)


class ModulesForm(CleanTextMixin, forms.Form):
    """Module names, one a line."""

    names = forms.CharField(
        label="New modules",
        max_length=4000,
        widget=forms.Textarea({"rows": 4}),
        help_text="One a line. A known name is in use again.",
    )

    def clean_names(self) -> list[str]:
        names = [line.strip() for line in self.cleaned_data["names"].splitlines()]
        if any(len(name) > 80 for name in names):
            raise forms.ValidationError("A module's name has at most 80 letters.")
        return names


class EnvironmentEditForm(CleanTextMixin, forms.Form):
    name = forms.CharField(max_length=80)
    url = forms.URLField(label="Address", required=False, assume_scheme="https")
    app_version = forms.CharField(label="Version", max_length=40, required=False)
    is_serving = forms.BooleanField(label="Serves the business now", required=False)
    version = forms.IntegerField(widget=forms.HiddenInput)


class EnvironmentForm(EnvironmentEditForm):
    kind = forms.ChoiceField(label="What it is for", choices=Environment.Kind.choices)
    version = None  # type: ignore[assignment]
    field_order = ("kind", "name", "url", "app_version", "is_serving")
