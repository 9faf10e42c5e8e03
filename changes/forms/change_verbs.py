"""What the verbs of a change ask before they are done."""

from typing import Any

from django import forms

from changes.models import ChangeRequest
from opsdesk.core.forms import CleanTextMixin

Closure = ChangeRequest.Closure
LONG = 10_000


class ChangeVerbForm(CleanTextMixin, forms.Form):
    """A form about one change; most ask nothing."""

    def __init__(self, *args: Any, change: ChangeRequest, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.change = change


class ReasonForm(ChangeVerbForm):
    reason = forms.CharField(max_length=200, label="Why")


class AskForm(ChangeVerbForm):
    conflicts_accepted = forms.CharField(
        max_length=LONG,
        required=False,
        label="Why you live with the conflicts that are left",
        help_text="The approvers read it.",
        widget=forms.Textarea({"rows": 3}),
    )

    def __init__(self, *args: Any, change: ChangeRequest, **kwargs: Any) -> None:
        super().__init__(*args, change=change, **kwargs)
        self.fields["conflicts_accepted"].initial = change.conflicts_accepted


class ReviewForm(ChangeVerbForm):
    outcome = forms.ChoiceField(choices=Closure.choices)
    outage_minutes = forms.IntegerField(
        label="Actual outage in minutes", min_value=0, max_value=525_600, initial=0
    )
    objectives_met = forms.BooleanField(
        label="What it was made for was reached", required=False
    )
    root_cause = forms.CharField(
        label="Why it went wrong, if it did",
        max_length=LONG,
        required=False,
        widget=forms.Textarea({"rows": 3}),
    )
    lessons = forms.CharField(
        label="What to do otherwise next time",
        max_length=LONG,
        required=False,
        widget=forms.Textarea({"rows": 3}),
    )


class CloseForm(ChangeVerbForm):
    closure = forms.ChoiceField(choices=Closure.choices, label="How it ended")


class CommentForm(ChangeVerbForm):
    body = forms.CharField(
        max_length=LONG,
        label="Comment",
        widget=forms.Textarea({"rows": 2, "placeholder": "Say something about it"}),
    )
