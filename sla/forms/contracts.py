"""Input of contracts: a matrix of targets and the conditions around it."""

from datetime import datetime
from typing import Any

from django import forms

from environments.models import Landscape
from opsdesk.accounts.models import Party
from opsdesk.core.forms import CleanTextMixin, MomentField, offer
from sla.hours import CalendarError
from sla.models import (
    Contract,
    ContractVersion,
    Priority,
    ServiceCalendar,
    Target,
)
from sla.services.contracts import Conditions, Line
from sla.wording import length_text, read_length

ReopenMode = ContractVersion.ReopenMode
CONDITIONS = tuple(Conditions.__dataclass_fields__)


class TermsForm(CleanTextMixin, forms.Form):
    """Targets per priority and kind, each by a calendar, and the conditions.

    `cleaned_data` holds `targets` and `conditions` in their place.
    """

    warn_percents = forms.CharField(
        label="Warn at, percent",
        max_length=60,
        required=False,
        help_text="Shares of the time, like 50, 75. Empty for none.",
    )
    late_minutes = forms.CharField(
        label="Remind after a miss",
        max_length=120,
        required=False,
        help_text="Working time after the deadline, like 4 h, 16 h.",
    )
    reopen_mode = forms.ChoiceField(
        label="When a snag is reopened", choices=ReopenMode.choices
    )
    reopen_window_days = forms.IntegerField(
        label="Reopen window, working days", min_value=0, max_value=260
    )
    auto_close_days = forms.IntegerField(
        label="Close after, working days without an answer", min_value=1, max_value=60
    )
    compliance_percent = forms.IntegerField(
        label="Share to be met, percent", min_value=1, max_value=100
    )
    pause_response = forms.BooleanField(
        label="Waiting for the reporter also pauses the response clock",
        required=False,
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        calendars = ServiceCalendar.objects.filter(is_active=True).order_by("name")
        rows = list(calendars)
        self.calendars = {str(row.pk): row for row in rows}
        choices = [(key, row.name) for key, row in self.calendars.items()]
        for priority in Priority:
            for kind in Target.Kind:
                label = f"{kind.label}, {priority.label}"
                self.fields[f"length_{priority}_{kind}"] = forms.CharField(
                    label=label, max_length=20, required=False
                )
                self.fields[f"calendar_{priority}_{kind}"] = forms.ChoiceField(
                    label=f"Calendar for {label}", choices=choices, required=False
                )

    def matrix(self) -> list[dict[str, Any]]:
        """The fields of the targets, by priority."""
        return [
            {
                "priority": priority,
                "cells": [
                    (
                        self[f"length_{priority}_{kind}"],
                        self[f"calendar_{priority}_{kind}"],
                    )
                    for kind in Target.Kind
                ],
            }
            for priority in Priority
        ]

    def plain(self) -> list[forms.BoundField]:
        """The fields before the matrix."""
        return [self[name] for name in self.fields if name in ABOVE]

    def conditions(self) -> list[forms.BoundField]:
        return [self[name] for name in CONDITION_ORDER]

    def clean_warn_percents(self) -> tuple[int, ...]:
        words = self.cleaned_data["warn_percents"].replace("%", " ")
        parts = words.replace(",", " ").split()
        if not all(part.isdecimal() and 1 <= int(part) <= 99 for part in parts):
            raise forms.ValidationError("Write percentages of 1 to 99, like 50, 75.")
        return tuple(int(part) for part in parts)

    def clean_late_minutes(self) -> tuple[int, ...]:
        found = []
        for part in filter(None, self.cleaned_data["late_minutes"].split(",")):
            minutes, _ = _length(part)
            if minutes is None:
                raise forms.ValidationError("Write lengths like 30 m or 4 h.")
            found.append(minutes)
        return tuple(found)

    def clean(self) -> dict[str, Any]:
        """Gather targets and conditions; a wrong length is said at its field."""
        given = super().clean() or self.cleaned_data
        lines = [
            line for p in Priority for k in Target.Kind if (line := self._line(p, k))
        ]
        kept = {
            name: value
            for name, value in given.items()
            if not name.startswith(("length_", "calendar_")) and name not in CONDITIONS
        }
        if self.errors:
            return kept
        kept["targets"] = lines
        kept["conditions"] = Conditions(**{name: given[name] for name in CONDITIONS})
        return kept

    def _line(self, priority: Priority, kind: str) -> Line | None:
        name = f"length_{priority}_{kind}"
        try:
            minutes, days = read_length(self.cleaned_data.get(name, ""))
        except CalendarError as error:
            self.add_error(name, str(error))
            return None
        if minutes is None and days is None:
            return None
        if (minutes or 0) > MAX_MINUTES or (days or 0) > MAX_DAYS:
            self.add_error(name, "That is more than ten years.")
            return None
        calendar = self.calendars.get(
            self.cleaned_data.get(f"calendar_{priority}_{kind}", "")
        )
        if calendar is None:
            self.add_error(name, "Choose the calendar it is counted by.")
            return None
        return Line(kind, priority.value, calendar, minutes, days)


MAX_MINUTES, MAX_DAYS = 5_256_000, 2_600
ABOVE = ("name", "kind", "party", "landscape", "effective_at", "reason")
CONDITION_ORDER = (
    "warn_percents",
    "late_minutes",
    "reopen_mode",
    "reopen_window_days",
    "auto_close_days",
    "compliance_percent",
    "pause_response",
)


class NewContractForm(TermsForm):
    name = forms.CharField(max_length=120)
    kind = forms.ChoiceField(label="What it is", choices=Contract.Kind.choices)
    party = forms.ModelChoiceField(Party.objects.none(), label="Promised by")
    landscape = forms.ModelChoiceField(
        Landscape.objects.order_by("name"),
        required=False,
        label="For",
        empty_label="Every landscape",
    )
    effective_at = MomentField(
        label="From", required=False, help_text="Leave it empty for now."
    )
    field_order = ABOVE

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        parties = Party.objects.filter(is_active=True).order_by("kind", "name")
        offer(self, "party", parties)


class AmendContractForm(TermsForm):
    effective_at = MomentField(
        label="From",
        required=False,
        help_text="For snags reported from then on. Leave it empty for now.",
    )
    reason = forms.CharField(max_length=500, required=False)
    version = forms.IntegerField(min_value=1, widget=forms.HiddenInput)
    field_order = ABOVE


class CorrectContractForm(TermsForm):
    reason = forms.CharField(
        label="What was wrong",
        max_length=500,
        help_text="Everybody who asks about a deadline will read it.",
    )
    version = forms.IntegerField(min_value=1, widget=forms.HiddenInput)
    replaces = forms.IntegerField(min_value=1, widget=forms.HiddenInput)
    field_order = ABOVE


class LoggedAtForm(forms.Form):
    """The instant a forecast starts from."""

    at = MomentField(label="Logged at", required=False)

    def instant(self, now: datetime) -> datetime:
        chosen: datetime | None = (
            self.cleaned_data.get("at") if self.is_valid() else None
        )
        return chosen or now


def first_terms() -> dict[str, Any]:
    """What a new contract starts from: the usual conditions, no targets yet."""
    return _conditions(Conditions())


def terms_of(version: ContractVersion) -> dict[str, Any]:
    """What the form of a version starts from."""
    initial = _conditions(version)
    for target in version.targets.all():
        key = f"{target.priority}_{target.kind}"
        initial[f"length_{key}"] = length_text(target.minutes, target.business_days)
        initial[f"calendar_{key}"] = str(target.calendar_id)
    return initial


def _conditions(source: Any) -> dict[str, Any]:
    values = {name: getattr(source, name) for name in CONDITIONS}
    values["warn_percents"] = ", ".join(map(str, source.warn_percents))
    values["late_minutes"] = ", ".join(
        length_text(late, None) for late in source.late_minutes
    )
    return values


def _length(text: str) -> tuple[int | None, int | None]:
    try:
        return read_length(text)
    except CalendarError as error:
        raise forms.ValidationError(str(error)) from error
