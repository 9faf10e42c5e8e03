"""A time zone as people choose it: the usual ones are offered, any other is typed."""

from functools import cache
from typing import Any
from zoneinfo import available_timezones

from django import forms
from django.conf import settings
from django.core.exceptions import ValidationError

USUAL = (
    "Europe/London", "Europe/Lisbon", "Europe/Paris", "Europe/Berlin", "Europe/Athens",
    "Europe/Istanbul", "Africa/Lagos", "Africa/Johannesburg", "Africa/Nairobi",
    "Asia/Dubai", "Asia/Karachi", "Asia/Kolkata", "Asia/Dhaka", "Asia/Bangkok",
    "Asia/Singapore", "Asia/Shanghai", "Asia/Tokyo", "Australia/Sydney",
    "Pacific/Auckland", "America/Sao_Paulo", "America/New_York", "America/Chicago",
    "America/Denver", "America/Los_Angeles", "UTC",
)  # fmt: skip


class ZoneInput(forms.TextInput):
    """A line to type in, with the usual zones below it, the organisation's first."""

    template_name = "django/forms/widgets/zone.html"

    def get_context(self, name: str, value: Any, attrs: Any) -> dict[str, Any]:
        context = super().get_context(name, value, attrs)
        context["widget"]["attrs"] |= {"list": f"{name}-zones", "autocomplete": "off"}
        context["zones"] = dict.fromkeys((settings.TIME_ZONE, *USUAL))
        return context


class ZoneField(forms.CharField):
    """The name of a zone; a city that names one will do."""

    widget = ZoneInput

    def __init__(self, **kwargs: Any) -> None:
        help_text = "Choose, or type a city: Kathmandu."
        super().__init__(**{"max_length": 64, "help_text": help_text, **kwargs})

    def clean(self, value: Any) -> Any:
        text = super().clean(value)
        if not text or text in available_timezones():
            return text
        zone = _cities().get(_plain(text))
        if zone is None:
            raise ValidationError(f"“{text}” is not a time zone.")
        return zone


@cache
def _cities() -> dict[str, str]:
    """City, or whole name, in small letters -> its zone; of several the plainest."""
    names = sorted(available_timezones(), key=lambda name: (-name.count("/"), name))
    places = [name for name in names if "/" in name and not name.startswith("Etc/")]
    cities = {_plain(name.rpartition("/")[2]): name for name in places}
    return cities | {_plain(name): name for name in names}


def _plain(text: str) -> str:
    return text.strip().replace("_", " ").lower()
