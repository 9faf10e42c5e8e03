"""A time zone is chosen of the usual ones, or typed; by city if need be."""

import pytest
from django import forms

from opsdesk.core.zones import ZoneField


class ZoneForm(forms.Form):
    zone = ZoneField()


@pytest.mark.parametrize(
    ("typed", "zone"),
    [
        ("Asia/Kathmandu", "Asia/Kathmandu"),
        (" kathmandu ", "Asia/Kathmandu"),
        ("new york", "America/New_York"),
        ("europe/london", "Europe/London"),
        ("UTC", "UTC"),
        ("Indianapolis", "America/Indianapolis"),
    ],
)
def test_a_zone_is_known_by_its_name_or_its_city(typed, zone):
    form = ZoneForm({"zone": typed})

    assert form.is_valid()
    assert form.cleaned_data == {"zone": zone}


@pytest.mark.parametrize("typed", ["Mars/Olympus", "", "Europe", "x" * 65])
def test_what_is_no_zone_is_refused(typed):
    form = ZoneForm({"zone": typed})

    assert not form.is_valid()
    assert 'aria-invalid="true"' in str(form)


def test_only_the_usual_zones_are_sent_the_organisations_first(settings):
    settings.TIME_ZONE = "Asia/Kathmandu"

    html = str(ZoneForm())

    assert 'list="zone-zones"' in html
    assert html.count("<option") == 26
    assert html.index("Asia/Kathmandu") < html.index('"Europe/London"')
