"""The form a change is written with, and what its list is narrowed to."""

from datetime import datetime, timedelta
from typing import Any

from django import forms
from django.db.backends.postgresql.psycopg_any import DateTimeTZRange
from django.db.models import Q

from changes.content import COLUMNS, Aim, Content
from changes.models import ChangeRequest, Package, Risk
from changes.moves import ChangeState, PackageState
from changes.queries.changes import VIEWS, environments_in_use
from changes.services.revisions import ordinal_of
from environments.models import Component, Environment, Landscape
from opsdesk.accounts.access import Role, people_with
from opsdesk.accounts.models import User
from opsdesk.core.forms import (
    CleanTextMixin,
    DayField,
    MomentField,
    SecondEditorMixin,
    offer,
)
from opsdesk.core.wording import listed
from snags.models import BusinessProcess, Snag
from snags.queries.page import snag_by_number

Kind = ChangeRequest.Kind
LONG = 20_000
MOST_SNAGS = 50
YES_NO = [("", "Not answered yet"), ("yes", "Yes"), ("no", "No")]


class ChangesFilter(CleanTextMixin, forms.Form):
    """What the list is narrowed to; nonsense counts as nothing."""

    q = forms.CharField(label="Title or number", required=False, max_length=200)
    state = forms.ChoiceField(
        choices=[("", "Any state"), *ChangeState.choices], required=False
    )
    kind = forms.ChoiceField(choices=[("", "Any kind"), *Kind.choices], required=False)
    risk = forms.ChoiceField(choices=[("", "Any risk"), *Risk.choices], required=False)
    environment = forms.ModelChoiceField(
        environments_in_use(), required=False, empty_label="Anywhere"
    )
    view = forms.ChoiceField(
        choices=list(VIEWS.items()), required=False, widget=forms.HiddenInput
    )

    def asked(self) -> dict[str, Any]:
        self.is_valid()
        found = dict(self.cleaned_data)
        text, view = found.pop("q", ""), found.pop("view", "") or "open"
        return {"text": text, "view": view, **found}


def text_field(label: str, help_text: str = "", rows: int = 3) -> forms.CharField:
    return forms.CharField(
        label=label,
        required=False,
        max_length=LONG,
        help_text=help_text,
        widget=forms.Textarea({"rows": rows}),
    )


class ChangeForm(SecondEditorMixin, CleanTextMixin, forms.Form):
    """A change as people write it; environments have a row each.

    A draft may lack almost everything: what is missing is told when it is submitted.
    """

    version = forms.IntegerField(
        min_value=0, max_value=2**31 - 1, widget=forms.HiddenInput, initial=0
    )
    title = forms.CharField(max_length=200, label="What changes, in one line")
    kind = forms.ChoiceField(choices=Kind.choices, initial=Kind.NORMAL)
    description = text_field("Description", "What will be different afterwards.")
    reason = text_field("Business reason", rows=2)
    snags = forms.CharField(
        required=False,
        max_length=500,
        label="Snags it fixes",
        help_text="Their numbers: SN-12, SN-17.",
    )
    authority = forms.CharField(
        max_length=200, required=False, label="Law or authority"
    )
    legal_on = DayField(required=False, label="In force from")
    package = forms.ModelChoiceField(
        Package.objects.none(),
        required=False,
        help_text="Only a sealed package can be submitted.",
    )
    components = forms.ModelMultipleChoiceField(
        Component.objects.none(), required=False, label="Components touched"
    )
    processes = forms.ModelMultipleChoiceField(
        BusinessProcess.objects.none(), required=False, label="Processes touched"
    )
    documents = text_field("Documents it alters", "One a line.", rows=2)
    implementer = forms.ModelChoiceField(User.objects.none(), required=False)
    earliest_start = MomentField(
        required=False,
        help_text="Within these two the slots may move without asking again.",
    )
    latest_end = MomentField(required=False)
    outage_minutes = forms.IntegerField(
        label="Expected outage in minutes", min_value=0, max_value=525_600, initial=0
    )
    impact = text_field("What may break", rows=2)
    implementation_plan = text_field("Implementation plan", "Step by step.", rows=4)
    test_plan = text_field("Test plan", rows=2)
    backout_plan = text_field("Back-out plan", "How to undo it, step by step.")
    backout_hours = forms.IntegerField(
        label="May be backed out for (hours)", min_value=1, max_value=720, initial=48
    )
    comms_plan = text_field("Who is told, and when", rows=2)
    rehearsed = forms.ChoiceField(
        choices=YES_NO, required=False, label="Was backing out rehearsed?"
    )
    risk_manual = forms.ChoiceField(
        choices=[("", "As calculated"), *Risk.choices],
        required=False,
        label="Risk, if higher than calculated",
    )

    def __init__(
        self,
        *args: Any,
        user: User,
        landscape: Landscape,
        change: ChangeRequest | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        self.user, self.landscape, self.change = user, landscape, change
        self.places = sorted(environments_in_use(landscape), key=ordinal_of)
        for place in self.places:
            self._add_place(place)
        self._offer()

    def clean_snags(self) -> list[Snag]:
        """The snags named, all of which the writer may see."""
        names = [name for name in self.cleaned_data["snags"].split(",") if name.strip()]
        if len(names) > MOST_SNAGS:
            raise forms.ValidationError(f"Name at most {MOST_SNAGS}.")
        found = {name: snag_by_number(self.user, name) for name in names}
        if lost := [name.strip() for name, snag in found.items() if snag is None]:
            raise forms.ValidationError(f"There is no snag {listed(lost)}.")
        return [snag for snag in found.values() if snag is not None]

    def clean(self) -> dict[str, Any]:
        data = super().clean() or self.cleaned_data
        start, end = data.get("earliest_start"), data.get("latest_end")
        if start and end and end <= start:
            self.add_error("latest_end", "It must end after it begins.")
        for place in self.places:
            if data.get(f"start_{place.pk}") and not data.get(f"to_{place.pk}"):
                data[f"to_{place.pk}"] = True
        return data

    def content(self) -> Content:
        """What was written, once it is valid."""
        data = self.cleaned_data
        own = {name: data[name] for name in COLUMNS}
        rehearsed = {"yes": True, "no": False}.get(data["rehearsed"])
        aims = [self._aim(place) for place in self.places if data[f"to_{place.pk}"]]
        linked = {name: data[name] for name in ("components", "processes", "snags")}
        return Content(**own, **linked, is_rehearsed=rehearsed, aims=aims)

    def rows(self) -> list[tuple[Environment, list[forms.BoundField]]]:
        """Each environment with its fields, as the page draws them."""
        names = ("to", "start", "minutes", "exclusive")
        return [
            (place, [self[f"{name}_{place.pk}"] for name in names])
            for place in self.places
        ]

    def beside(self, theirs: Any) -> list[tuple[str, str, str]]:
        """Only columns are texts to be compared, not rows that hang on the change."""
        pairs = [(n, getattr(theirs, n), self.cleaned_data[n]) for n in COLUMNS]
        return [
            (self.label_of(name), self._told(name, other), self._told(name, own))
            for name, other, own in pairs
            if other != own
        ]

    def against(self, theirs: ChangeRequest) -> "ChangeForm":
        """The same as typed, now written on top of the newer version."""
        data = self.on_top_of(theirs)
        return type(self)(data, user=self.user, landscape=self.landscape, change=theirs)

    def _add_place(self, place: Environment) -> None:
        pk = place.pk
        self.fields[f"to_{pk}"] = forms.BooleanField(label=place.name, required=False)
        self.fields[f"start_{pk}"] = MomentField(
            label=f"Start in {place}", required=False
        )
        self.fields[f"minutes_{pk}"] = forms.IntegerField(
            label=f"Minutes in {place}",
            min_value=1,
            max_value=10_080,
            initial=30,
            required=False,
        )
        self.fields[f"exclusive_{pk}"] = forms.BooleanField(
            label="Nothing else meanwhile", required=False
        )

    def _aim(self, place: Environment) -> Aim:
        data = self.cleaned_data
        minutes = data[f"minutes_{place.pk}"] or 30
        start: datetime | None = data[f"start_{place.pk}"]
        end = start + timedelta(minutes=minutes) if start else None
        slot = DateTimeTZRange(start, end) if start else None
        return Aim(place, minutes, slot, data[f"exclusive_{place.pk}"])

    def _offer(self) -> None:
        """Only what belongs to the landscape, and what is chosen already."""
        chosen = self.change
        usable = Q(state__in=(PackageState.SEALED, PackageState.DRAFT))
        packages = Package.objects.filter(
            usable | Q(pk=chosen.package_id if chosen else None)
        )
        offers: dict[str, Any] = {
            "package": packages.filter(component__landscape=self.landscape)
            .select_related("component")
            .order_by("-pk"),
            "components": Component.objects.filter(landscape=self.landscape).order_by(
                "code"
            ),
            "processes": BusinessProcess.objects.filter(
                landscape=self.landscape
            ).order_by("name"),
            "implementer": people_with(Role.SUPPORT, Role.ADMINISTRATOR, Role.MANAGER),
        }
        for name, rows in offers.items():
            offer(self, name, rows)
        if self.initial.get("kind") != Kind.STANDARD:
            kinds = [pair for pair in Kind.choices if pair[0] != Kind.STANDARD]
            self.fields["kind"].choices = kinds  # type: ignore[attr-defined]


def start_of(change: ChangeRequest) -> dict[str, Any]:
    """What the form of an existing change starts from."""
    rehearsed = change.risk_answers.get("rehearsed")
    first: dict[str, Any] = {name: getattr(change, name) for name in COLUMNS}
    first |= {
        "version": change.version,
        "rehearsed": {True: "yes", False: "no"}.get(rehearsed, ""),
        "components": list(change.components.order_by("pk")),
        "processes": list(change.processes.order_by("pk")),
        "snags": ", ".join(snag.ref for snag in change.snags.order_by("pk")),
    }
    for aim in change.targets.order_by("pk"):
        first[f"to_{aim.environment_id}"] = True
        first[f"minutes_{aim.environment_id}"] = aim.minutes
        first[f"exclusive_{aim.environment_id}"] = aim.is_exclusive
        if aim.slot:
            first[f"start_{aim.environment_id}"] = aim.slot.lower
    return first
