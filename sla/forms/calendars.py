"""Input of calendars: weekly hours, days off and special hours as text."""

from datetime import date
from typing import Any

from django import forms
from django.conf import settings

from opsdesk.core.forms import CleanTextMixin, MomentField, SecondEditorMixin
from opsdesk.core.zones import ZoneField
from sla.hours import CalendarError, Hours, Window
from sla.models import CalendarVersion
from sla.services.holidays import region_days, regions, years_around
from sla.wording import days_text, read_days, read_special, special_text, week_text

MAX_TEXT = 60_000
WEEK = "Mon-Fri 09:00-17:30"


class HoursForm(CleanTextMixin, forms.Form):
    """What the hours of a version are; shared by new, amended and corrected ones."""

    week = forms.CharField(
        label="Weekly hours",
        max_length=2_000,
        widget=forms.Textarea({"rows": 4, "class": "mono"}),
        help_text="A line for each run of days, like Mon-Fri 09:00-12:30 13:30-17:30;"
        " 22:00-06:00 runs over midnight; 24x7 is always.",
    )
    timezone = ZoneField(label="Time zone")
    region = forms.CharField(
        label="Public holidays of",
        max_length=12,
        required=False,
        widget=forms.TextInput({"list": "regions", "placeholder": "GB-ENG"}),
        help_text="A country, or a country and a part of it; the years ahead included.",
    )
    days = forms.CharField(
        label="Own days off",
        max_length=MAX_TEXT,
        required=False,
        widget=forms.Textarea({"rows": 4, "class": "mono"}),
        help_text="One a line: 2026-12-28 Works outing, or 2026-12-24 to 2026-12-31"
        " Shutdown.",
    )
    special = forms.CharField(
        label="Special hours",
        max_length=MAX_TEXT,
        required=False,
        widget=forms.Textarea({"rows": 4, "class": "mono"}),
        help_text="One a line: 2026-12-24 09:00-12:00, or 2026-12-27 closed. They go"
        " before weekly hours and holidays.",
    )

    def clean_week(self) -> str:
        _or_refuse(Hours.parse, self.cleaned_data["week"], "UTC")
        return str(self.cleaned_data["week"])

    def clean_region(self) -> str:
        region = str(self.cleaned_data["region"]).strip().upper()
        if region and region not in regions():
            raise forms.ValidationError(
                "This region is not known. Write it like GB-ENG or DE-BY."
            )
        return region

    def clean_days(self) -> dict[date, str]:
        found: dict[date, str] = _or_refuse(read_days, self.cleaned_data["days"])
        return found

    def clean_special(self) -> dict[date, tuple[Window, ...]]:
        text = self.cleaned_data["special"]
        found: dict[date, tuple[Window, ...]] = _or_refuse(read_special, text)
        return found


class NewCalendarForm(HoursForm):
    name = forms.CharField(max_length=80)
    description = forms.CharField(max_length=200, required=False)
    field_order = ("name", "description", "week", "timezone", "region")


class AmendCalendarForm(HoursForm):
    """Other hours from an instant on."""

    effective_at = MomentField(
        label="From",
        required=False,
        help_text="Leave it empty for now. What was counted before stays as it was.",
    )
    reason = forms.CharField(
        label="Reason", max_length=500, required=False, help_text="Why they change."
    )
    version = forms.IntegerField(min_value=1, widget=forms.HiddenInput)
    field_order = ("effective_at", "reason", "week", "timezone", "region")


class CorrectCalendarForm(HoursForm):
    """The hours a version should have had from its beginning."""

    reason = forms.CharField(
        label="What was wrong",
        max_length=500,
        help_text="Everybody who asks about a deadline will read it.",
    )
    version = forms.IntegerField(min_value=1, widget=forms.HiddenInput)
    replaces = forms.IntegerField(min_value=1, widget=forms.HiddenInput)
    field_order = ("reason", "week", "timezone", "region")


class RenameCalendarForm(SecondEditorMixin, CleanTextMixin, forms.Form):
    name = forms.CharField(max_length=80)
    description = forms.CharField(max_length=200, required=False)
    version = forms.IntegerField(min_value=1, widget=forms.HiddenInput)


class FeedForm(CleanTextMixin, forms.Form):
    """An iCalendar file with days off."""

    name = forms.CharField(
        label="Call it", max_length=80, help_text="An earlier file of this name yields."
    )
    file = forms.FileField(
        label="iCalendar file",
        widget=forms.ClearableFileInput({"accept": ".ics,text/calendar"}),
        help_text="Whole days count, yearly ones for the years ahead; up to 512 KB.",
    )


def first_hours() -> dict[str, str]:
    """What a new calendar starts from."""
    return {"week": WEEK, "timezone": settings.TIME_ZONE, "region": "GB-ENG"}


def hours_of(version: CalendarVersion) -> dict[str, Any]:
    """What a version says as its form is filled: without its region's holidays."""
    hours = version.as_hours()
    public = region_days(version.holiday_region, years_around(version.created_at))
    names = version.holiday_names
    own = {
        day: names.get(day.isoformat(), "")
        for day in hours.holidays
        if public.get(day, "") != names.get(day.isoformat()) or day not in public
    }
    return {
        "week": week_text(hours),
        "timezone": hours.timezone,
        "region": version.holiday_region,
        "days": days_text(own),
        "special": special_text(hours.special),
    }


def _or_refuse(read: Any, *args: str) -> Any:
    try:
        return read(*args)
    except CalendarError as error:
        raise forms.ValidationError(str(error)) from error
