"""Input of servers and components, and of what runs where in which version."""

from django import forms

from environments.forms.facts import FactsForm, supplier_field
from environments.models import Component, Environment, Server
from opsdesk.core.forms import CleanTextMixin, DayField, MomentField, offer

HEX = forms.RegexField(
    r"^[0-9a-f]{64}$",
    label="SHA-256",
    required=False,
    help_text="Of the package, 64 hexadecimal digits.",
    error_messages={"invalid": "A SHA-256 has 64 digits from 0 to 9 and a to f."},
)


class ServerForm(FactsForm):
    """A machine of an environment."""

    hostname = forms.CharField(max_length=120)
    role = forms.ChoiceField(choices=Server.Role.choices)
    os = forms.CharField(label="Operating system", max_length=80, required=False)
    address = forms.GenericIPAddressField(label="IP address", required=False)
    cpus = forms.IntegerField(label="CPUs", required=False, min_value=1, max_value=4096)
    ram_gb = forms.IntegerField(
        label="Memory in GB", required=False, min_value=1, max_value=1_000_000
    )
    disk_gb = forms.IntegerField(
        label="Disk in GB", required=False, min_value=1, max_value=100_000_000
    )
    location = forms.CharField(max_length=120, required=False)
    supplier = supplier_field()
    warranty_until_on = DayField(label="Warranty until", required=False)
    is_retired = forms.BooleanField(label="Out of use", required=False)

    def clean_address(self) -> str | None:
        return self.cleaned_data["address"] or None


class ComponentForm(FactsForm):
    """A part of the ERP that is installed and versioned by itself."""

    code = forms.SlugField(max_length=40)
    name = forms.CharField(max_length=120)
    kind = forms.ChoiceField(choices=Component.Kind.choices)
    supplier = supplier_field()
    needs = forms.IntegerField(
        label="Works while at least so many places are up",
        min_value=1,
        max_value=100,
        initial=1,
    )
    is_critical = forms.BooleanField(
        label="The business stops without it", required=False
    )


class _OfLandscapeForm(CleanTextMixin, forms.Form):
    """Offers the components of one landscape."""

    component = forms.ModelChoiceField(Component.objects.none())

    def __init__(self, *args: object, about: Environment, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)
        self.about = about
        parts = Component.objects.filter(landscape=about.landscape_id)
        offer(self, "component", parts.order_by("code"))


class DependForm(CleanTextMixin, forms.Form):
    """What a component does not work without."""

    on = forms.ModelChoiceField(Component.objects.none(), label="Does not work without")
    note = forms.CharField(max_length=200, required=False)

    def __init__(self, *args: object, about: Component, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)
        others = Component.objects.filter(landscape=about.landscape_id)
        known = about.depends_on.values("on")
        free = others.exclude(pk=about.pk).exclude(pk__in=known)
        offer(self, "on", free.order_by("code"))


class PlaceForm(_OfLandscapeForm):
    """Which component runs in an environment, and on which of its machines."""

    server = forms.ModelChoiceField(
        Server.objects.none(), required=False, empty_label="Not known"
    )

    def __init__(self, *args: object, about: Environment, **kwargs: object) -> None:
        super().__init__(*args, about=about, **kwargs)
        machines = about.servers.filter(is_retired=False)
        offer(self, "server", machines.order_by("hostname"))


class InstallForm(_OfLandscapeForm):
    """A version that was found in an environment, without a promotion."""

    label = forms.CharField(label="Version", max_length=80)
    sha256 = HEX
    at = MomentField(label="Since", required=False, help_text="Left out: from now on.")
    note = forms.CharField(max_length=200, required=False)
