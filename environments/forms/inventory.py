"""Input of landscapes and their environments."""

from django import forms
from django.conf import settings

from environments.forms.facts import FactsForm, person_field, supplier_field
from environments.models import Environment, Landscape, PackageClass
from opsdesk.accounts.access import staff
from opsdesk.core.forms import CleanTextMixin, offer
from opsdesk.core.zones import ZoneField

Kind = Environment.Kind
MOST_MINUTES = 527_040  # a year


class LandscapeForm(FactsForm):
    """An ERP instance, and how far its copies may lag behind production."""

    name = forms.CharField(max_length=120)
    product = forms.CharField(max_length=120, required=False)
    edition = forms.CharField(max_length=60, required=False)
    implementation_model = forms.CharField(max_length=120, required=False)
    support = forms.ChoiceField(choices=Landscape.Support.choices)
    time_zone = ZoneField(initial=lambda: settings.TIME_ZONE)
    failover_sync_hours = forms.IntegerField(
        label="Failover follows within (hours)",
        min_value=1,
        max_value=720,
        initial=24,
    )
    training_sync_days = forms.IntegerField(
        label="Training follows within (days)", min_value=1, max_value=365, initial=7
    )


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


class EnvironmentEditForm(FactsForm):
    """What is said about a running copy; `about` is its landscape."""

    name = forms.CharField(max_length=80)
    code = forms.SlugField(
        label="Short code",
        max_length=12,
        required=False,
        help_text="Like PRD or TRN; typed again where an act is grave.",
    )
    url = forms.URLField(label="Address", required=False, assume_scheme="https")
    app_version = forms.CharField(
        label="Version",
        max_length=40,
        required=False,
        help_text="Shown until it is recorded what is installed.",
    )
    pairs_with = forms.ModelChoiceField(
        Environment.objects.none(),
        label="Stands in for",
        required=False,
        empty_label="Nothing: it is no failover",
        help_text="A failover names the production it is a copy of.",
    )
    hosting = forms.ChoiceField(label="Hosted", choices=Environment.Hosting.choices)
    supplier = supplier_field("Hosted by")
    owner = person_field("Owner")
    data_owner = person_field("Data owner")
    data = forms.ChoiceField(  # type: ignore[assignment]  # a field, not the input
        label="Its data are", choices=Environment.Data.choices
    )
    rto_minutes = forms.IntegerField(
        label="Back within (minutes)",
        required=False,
        min_value=0,
        max_value=MOST_MINUTES,
        help_text="The recovery time objective.",
    )
    rpo_minutes = forms.IntegerField(
        label="Loses at most (minutes)",
        required=False,
        min_value=0,
        max_value=MOST_MINUTES,
        help_text="The recovery point objective.",
    )
    is_serving = forms.BooleanField(label="Serves the business now", required=False)
    needs_window = forms.BooleanField(
        label="Changes only in a maintenance window", required=False
    )
    needs_backup = forms.BooleanField(label="Backup before a change", required=False)

    def prepare(self) -> None:
        for name in ("owner", "data_owner"):
            offer(self, name, staff())
        productions = self.about.environments.filter(kind=Kind.PRODUCTION)
        offer(self, "pairs_with", productions.in_use().order_by("name", "pk"))

    def clean_code(self) -> str:
        return str(self.cleaned_data["code"]).upper()

    def clean_pairs_with(self) -> Environment | None:
        pair: Environment | None = self.cleaned_data["pairs_with"]
        is_failover = self._kind() == Kind.FAILOVER
        if is_failover and pair is None:
            raise forms.ValidationError("Say which production it stands in for.")
        if pair is not None and not is_failover:
            raise forms.ValidationError("Only a failover stands in for production.")
        return pair

    def _kind(self) -> str:
        kind = getattr(self.row, "kind", None) or self.cleaned_data.get("kind", "")
        return str(kind)


class EnvironmentForm(EnvironmentEditForm):
    """A new copy also says what it is for, once and for all."""

    kind = forms.ChoiceField(label="What it is for", choices=Kind.choices)
    field_order = ("kind", *EnvironmentEditForm.base_fields)


class ReasonForm(CleanTextMixin, forms.Form):
    """Why an environment is taken out of use, stopped or let go on."""

    reason = forms.CharField(max_length=200, widget=forms.Textarea({"rows": 2}))


class PathForm(FactsForm):
    """What a package must bring to enter the environment it is `about`."""

    upstream = forms.ModelChoiceField(
        Environment.objects.none(), label="Comes from", empty_label=None
    )
    package_class = forms.ChoiceField(
        label="Package",
        choices=[("", "Any package"), *PackageClass.choices],
        required=False,
        help_text="A path for its class replaces the one for any package.",
    )
    soak_hours = forms.IntegerField(
        label="Has run there for (hours)", min_value=0, max_value=8784, initial=24
    )
    sign_offs = forms.IntegerField(
        label="Passed tests by (people)", min_value=0, max_value=20, initial=1
    )
    approvals = forms.IntegerField(
        label="Approved by (people)", min_value=0, max_value=20, initial=1
    )

    def prepare(self) -> None:
        siblings = Environment.objects.filter(landscape=self.about.landscape_id)
        others = siblings.in_use().exclude(pk=self.about.pk)
        offer(self, "upstream", others.order_by("kind", "name", "pk"))
