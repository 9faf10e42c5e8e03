"""Input of freezes and maintenance windows, as the wall clock shows them."""

from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django import forms
from django.core.exceptions import ValidationError

from environments.expanding import LONGEST, SHAPE, wall_clock
from environments.models import Environment, Landscape, WindowRule
from environments.repeats import read
from opsdesk.core.forms import (
    CleanTextMixin,
    DayField,
    SecondEditorMixin,
    offer,
)
from opsdesk.core.zones import ZoneField

OWN = "own"
REPEATS = [
    ("", "Once"),
    ("FREQ=DAILY", "Every day"),
    ("FREQ=WEEKLY;BYDAY=MO,TU,WE,TH,FR", "Every working day"),
    ("FREQ=WEEKLY", "Every week"),
    ("FREQ=WEEKLY;INTERVAL=2", "Every two weeks"),
    ("FREQ=MONTHLY", "Every month on that date"),
    ("FREQ=MONTHLY;BYMONTHDAY=-1", "Every month on its last day"),
    ("FREQ=MONTHLY;BYMONTHDAY=-2", "Every month on its last day but one"),
    ("FREQ=MONTHLY;INTERVAL=3", "Every three months on that date"),
    ("FREQ=YEARLY", "Every year"),
    (OWN, "As the rule below says"),
]
EXEMPT = [
    ("emergency", "Emergency"),
    ("statutory", "Statutory"),
    ("standard", "Standard"),
]


class WallField(forms.CharField):
    """A wall-clock time without a zone, to the minute, picked natively."""

    def __init__(self, **kwargs: Any) -> None:
        widget = forms.DateTimeInput({"type": "datetime-local", "step": "60"})
        super().__init__(**{"widget": widget, "max_length": 19, **kwargs})

    def clean(self, value: Any) -> Any:
        text = super().clean(value)
        try:
            return wall_clock(text[:16])
        except ValueError:
            raise ValidationError("Give a date and a time of 2000 to 2099.") from None


class WindowForm(SecondEditorMixin, CleanTextMixin, forms.Form):
    """A freeze or a maintenance window; cleans to what the services take."""

    name = forms.CharField(max_length=120)
    environments = forms.ModelMultipleChoiceField(
        Environment.objects.none(),
        label="Where",
        widget=forms.CheckboxSelectMultiple,
        error_messages={"required": "Choose at least one environment."},
    )
    starts_local = WallField(label="Starts")
    ends_local = WallField(label="Ends")
    time_zone = ZoneField(
        help_text="Times are what the clocks show there, summer and winter."
    )
    repeats = forms.ChoiceField(choices=REPEATS, required=False)
    until = DayField(label="Last day it may start", required=False)
    rule = forms.CharField(
        label="Own rule",
        max_length=200,
        required=False,
        widget=forms.TextInput({"placeholder": "FREQ=MONTHLY;BYDAY=2SA"}),
        help_text="RFC 5545: FREQ, INTERVAL, BYDAY, BYMONTHDAY, BYMONTH, BYSETPOS.",
    )
    reason = forms.CharField(
        label="Why", max_length=200, required=False, widget=forms.TextInput()
    )
    is_hard = forms.TypedChoiceField(
        label="Effect",
        choices=[("yes", "Nothing may start"), ("no", "Advice: changes are warned")],
        coerce=lambda value: value == "yes",
        initial="yes",
    )
    exempt = forms.MultipleChoiceField(
        label="Lets through",
        choices=EXEMPT,
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text="Kinds of change that may start all the same.",
    )

    def __init__(
        self, *args: Any, landscape: Landscape, is_freeze: bool, **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        places = landscape.environments.in_use().order_by("kind", "name", "pk")
        offer(self, "environments", places)
        if not is_freeze:
            del self.fields["is_hard"], self.fields["exempt"]

    def clean_rule(self) -> str:
        """An own rule that can be read, in capitals."""
        rule: str = self.cleaned_data["rule"].upper().strip("; ")
        if self.cleaned_data.get("repeats") == OWN:
            try:
                read(rule)
            except ValueError as error:
                raise ValidationError(str(error)) from None
        return rule

    def clean(self) -> dict[str, Any]:
        """Length and rule as the services take them."""
        data = super().clean() or {}
        facts = {name: value for name, value in data.items() if name in SERVED}
        if {"starts_local", "ends_local"} <= data.keys():
            facts["minutes"] = self._minutes(data["starts_local"], data["ends_local"])
        facts["rrule"] = self._rrule(data)
        facts["exempt"] = ",".join(data.get("exempt", []))
        if "environments" in data:
            facts["environments"] = list(data["environments"])
        return facts

    def beside(self, theirs: Any) -> list[tuple[str, str, str]]:
        """(label, theirs, mine) of whatever somebody else has written meanwhile."""
        others = facts_of(theirs)
        told = [
            (
                str(self[name].label),
                self._told(name, others[name]),
                self._told(name, self[name].value()),
            )
            for name in self.fields
            if name != "version"
        ]
        return [line for line in told if line[1] != line[2]]

    def _told(self, name: str, value: Any) -> str:
        choices = getattr(self.fields[name], "choices", ())
        labels = {str(key): str(label) for key, label in choices}
        values = value if isinstance(value, list) else [value]
        return ", ".join(labels.get(str(one), str(one)) for one in values if one)

    def _minutes(self, start: datetime, end: datetime) -> int:
        minutes = (end - start) // timedelta(minutes=1)
        if not 1 <= minutes <= LONGEST:
            self.add_error("ends_local", "It ends after it starts, within a year.")
        return minutes

    def _rrule(self, data: dict[str, Any]) -> str:
        chosen = data.get("repeats", "")
        rrule: str = data.get("rule", "") if chosen == OWN else chosen
        until = data.get("until")
        if until and rrule and "UNTIL=" not in rrule and "COUNT=" not in rrule:
            rrule = f"{rrule};UNTIL={until:%Y%m%d}"
        return rrule


class WindowEditForm(WindowForm):
    version = forms.IntegerField(widget=forms.HiddenInput)


class CancelWindowForm(CleanTextMixin, forms.Form):
    reason = forms.CharField(label="Why", max_length=200)


def repeat_words(rrule: str) -> str:
    """A rule as its form names it; an own one in its own words."""
    base, _, until = rrule.partition(";UNTIL=")
    words = dict(REPEATS).get(base, rrule)
    if words == rrule or not until:
        return words
    return f"{words} until {until[6:8]}.{until[4:6]}.{until[:4]}"


SERVED = {"name", "reason", "starts_local", "time_zone", "is_hard", "version"}


def first_facts(landscape: Landscape, now: datetime) -> dict[str, Any]:
    """What a new window starts from: tomorrow evening, in the landscape's zone."""
    there = now.astimezone(ZoneInfo(landscape.time_zone))
    evening = (there + timedelta(days=1)).replace(hour=18, minute=0)
    return {
        "starts_local": f"{evening:{SHAPE}}",
        "ends_local": f"{evening + timedelta(hours=4):{SHAPE}}",
        "time_zone": landscape.time_zone,
    }


def facts_of(rule: WindowRule) -> dict[str, Any]:
    """A window as its form shows it."""
    start = datetime.fromisoformat(rule.starts_local)
    base, _, until = rule.rrule.partition(";UNTIL=")
    is_plain = base in dict(REPEATS) and len(until) in {0, 8}
    return {
        "name": rule.name,
        "reason": rule.reason,
        "environments": list(rule.environments.values_list("pk", flat=True)),
        "starts_local": rule.starts_local,
        "ends_local": f"{start + timedelta(minutes=rule.minutes):{SHAPE}}",
        "time_zone": rule.time_zone,
        "repeats": base if is_plain else OWN,
        "until": f"{until[:4]}-{until[4:6]}-{until[6:]}" if is_plain and until else "",
        "rule": "" if is_plain else rule.rrule,
        "is_hard": "yes" if rule.is_hard else "no",
        "exempt": sorted(rule.exempt_kinds),
        "version": rule.version,
    }
