"""Which rows a drill-down lists, as its address says."""

from typing import Any

from django import forms

from opsdesk.core.forms import DayField
from sla.models import Priority

NUMBERED = ("golive", "team", "owner", "process")
DIMENSIONS = (*NUMBERED, "cause")
LARGEST_KEY = 2**63 - 1


class CutForm(forms.Form):
    """A drill-down's address; an address that makes no sense is no page."""

    first = DayField()
    last = DayField()
    priority = forms.TypedChoiceField(
        choices=(("", ""), *Priority.choices),
        coerce=int,
        empty_value=None,
        required=False,
    )
    by = forms.ChoiceField(
        choices=[(name, name) for name in DIMENSIONS], required=False
    )
    key = forms.CharField(max_length=20, required=False)
    sort = forms.CharField(max_length=20, required=False)

    def clean(self) -> dict[str, Any]:
        asked: dict[str, Any] = super().clean() or self.cleaned_data
        key, by = asked.get("key", ""), asked.get("by", "")
        number = key.isascii() and key.isdecimal() and int(key) <= LARGEST_KEY
        if key and by in NUMBERED and not number:
            self.add_error("key", "This is no number.")
        first, last = asked.get("first"), asked.get("last")
        if first and last and first > last:
            self.add_error("first", "The first day must not be after the last.")
        return asked
