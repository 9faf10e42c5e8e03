"""The form by which somebody comes to owe something."""

from django import forms

from opsdesk.accounts.access import Role, people_with
from opsdesk.accounts.models import User
from opsdesk.core import clock
from opsdesk.core.fields import LATEST
from opsdesk.core.forms import CleanTextMixin, offer


class DutyForm(CleanTextMixin, forms.Form):
    """A duty anyone may be given: maintenance, a review, a renewal."""

    title = forms.CharField(max_length=200, label="What is owed")
    owner = forms.ModelChoiceField(User.objects.none(), label="Who owes it")
    deputy = forms.ModelChoiceField(User.objects.none(), label="Deputy", required=False)
    due_at = forms.DateTimeField(
        label="By when",
        widget=forms.DateTimeInput({"type": "datetime-local"}, format="%Y-%m-%dT%H:%M"),
    )
    every_days = forms.IntegerField(
        label="Repeats every (days)", required=False, min_value=1, max_value=730
    )

    def __init__(self, *args: object, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)
        staff = people_with(Role.SUPPORT, Role.MANAGER, Role.ADMINISTRATOR)
        for name in ("owner", "deputy"):
            offer(self, name, staff)

    def clean_due_at(self) -> object:
        due_at = self.cleaned_data["due_at"]
        if not clock.now() < due_at < LATEST:
            raise forms.ValidationError("Choose a time from now on, before 2100.")
        return due_at

    def clean_deputy(self) -> object:
        deputy = self.cleaned_data["deputy"]
        if deputy is not None and deputy == self.cleaned_data.get("owner"):
            raise forms.ValidationError("The deputy must be somebody else.")
        return deputy
