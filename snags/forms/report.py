"""A report in under a minute: two plain questions instead of impact and urgency."""

from datetime import datetime
from typing import Any

from django import forms
from django.urls import reverse

from environments.models import Environment, Module
from opsdesk.accounts.access import Role, people_with
from opsdesk.accounts.models import User
from opsdesk.core.errors import RuleError
from opsdesk.core.forms import CleanTextMixin, MomentField, MultipleFileField, offer
from snags.forms.verbs import LONG, day_field, text_field
from snags.models import BusinessProcess, Snag, Snaglist
from snags.queries.reporting import (
    PEOPLE_SHOWN,
    default_environment,
    environments_to_choose,
    list_for,
    modules_to_choose,
    people_to_log_for,
)
from snags.services.raising import check_told_at

Level = Snag.Level
Kind = Snag.Kind

WHO = [
    (Level.LOW, "Only me"),
    (Level.MEDIUM, "My team"),
    (Level.HIGH, "Several teams or customers"),
]
CAN_WORK = [
    (Level.LOW, "Yes, it is a nuisance"),
    (Level.MEDIUM, "Yes, but with difficulty"),
    (Level.HIGH, "No, we are stuck"),
]
KINDS = [
    (Kind.FAULT, "Something does not work"),
    (Kind.DATA_ENQUIRY, "I need data or a report"),
    (Kind.REQUEST, "I ask for something"),
    (Kind.REVISIT, "A decision should be revisited"),
    (Kind.EXTEND, "Something should be added"),
    (Kind.UNFORESEEN, "Nobody thought of this"),
]
# What each kind must say, and how it is asked for when it is missing.
NEEDED = {
    Kind.REVISIT: ("original_decision", "Say which decision should be revisited."),
    Kind.EXTEND: ("addition", "Say what should be added."),
    Kind.UNFORESEEN: ("first_seen_on", "Say when it was first seen."),
    Kind.DATA_ENQUIRY: ("needed_by_on", "Say by when you need it."),
}
ONLY_FOR = {
    "original_decision": Kind.REVISIT,
    "addition": Kind.EXTEND,
    "first_seen_on": Kind.UNFORESEEN,
    "needed_by_on": Kind.DATA_ENQUIRY,
    "data_approver": Kind.DATA_ENQUIRY,
}


class ReportForm(CleanTextMixin, forms.Form):
    """What a business user tells us; cleans to what `raise_snag` takes."""

    title = forms.CharField(
        label="What is wrong?",
        max_length=200,
        widget=forms.TextInput(
            attrs={
                "placeholder": "In one line, for example: invoices print twice",
                "autocomplete": "off",
            }
        ),
    )
    detail = forms.CharField(
        label="What happened?",
        required=False,
        max_length=LONG,
        widget=forms.Textarea(
            attrs={
                "rows": 4,
                "placeholder": "What you did, what you saw, what you expected",
            }
        ),
    )
    impact = forms.TypedChoiceField(
        label="Who is affected?",
        choices=WHO,
        coerce=int,
        initial=Level.LOW,
        widget=forms.RadioSelect,
    )
    urgency = forms.TypedChoiceField(
        label="Can work go on?",
        choices=CAN_WORK,
        coerce=int,
        initial=Level.MEDIUM,
        widget=forms.RadioSelect,
    )
    module = forms.ModelChoiceField(
        Module.objects.none(), required=False, empty_label="Not sure"
    )
    environment = forms.ModelChoiceField(Environment.objects.none(), label="System")
    files_added = MultipleFileField(label="Files", required=False)
    kind = forms.ChoiceField(
        label="What kind of report is it?",
        choices=KINDS,
        initial=Kind.FAULT,
        widget=forms.RadioSelect,
    )
    original_decision = text_field("Which decision?", required=False, rows=2)
    addition = text_field("What should be added?", required=False, rows=2)
    first_seen_on = day_field("First seen on")
    needed_by_on = day_field("Needed by")
    sensitivity = forms.ChoiceField(
        label="How sensitive is it?",
        choices=Snag.Sensitivity.choices,
        initial=Snag.Sensitivity.NORMAL,
    )
    data_approver = forms.ModelChoiceField(
        User.objects.none(), required=False, label="Who may approve it?"
    )
    process = forms.ModelChoiceField(
        BusinessProcess.objects.none(), required=False, label="Business process"
    )
    step = forms.CharField(label="Step", required=False, max_length=120)
    designed_step = text_field("As designed", required=False, rows=2)
    actual_step = text_field("As we really do it", required=False, rows=2)

    def __init__(self, *args: Any, user: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.user = user
        offer(self, "environment", environments_to_choose())
        offer(self, "module", modules_to_choose())
        processes = BusinessProcess.objects.filter(is_active=True)
        offer(self, "process", processes.order_by("name"))
        offer(self, "data_approver", people_with(Role.MANAGER))
        if not self.is_bound:
            self.fields["environment"].initial = default_environment()
        self.fields["title"].widget.attrs |= {
            "hx-get": reverse("snags:similar"),
            "hx-trigger": "input changed delay:300ms",
            "hx-target": "#similar",
        }

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        self._check_kind(data)
        self._check_landscape(data)
        self._drop_other_kinds(data)
        environment = data.get("environment")
        if environment is not None and not self.errors:
            data["snaglist"] = self._list_for(environment, data.get("module"))
        return data

    def _check_kind(self, data: dict[str, Any]) -> None:
        needed = NEEDED.get(data.get("kind", ""))
        if needed and not data.get(needed[0]) and needed[0] not in self.errors:
            self.add_error(*needed)

    def _check_landscape(self, data: dict[str, Any]) -> None:
        environment = data.get("environment")
        for name in ("module", "process"):
            chosen = data.get(name)
            if not (environment and chosen):
                continue
            if chosen.landscape_id != environment.landscape_id:
                self.add_error(name, f"That {name} is not part of this system.")

    def _drop_other_kinds(self, data: dict[str, Any]) -> None:
        """What was typed for another kind before the choice changed is not kept."""
        for name, kind in ONLY_FOR.items():
            if data.get("kind") != kind and name in data:
                data[name] = None if name.endswith(("_on", "_approver")) else ""
        if data.get("kind") != Kind.DATA_ENQUIRY:
            data["sensitivity"] = Snag.Sensitivity.NORMAL
        if not data.get("process"):
            data.update(step="", designed_step="", actual_step="")

    def _list_for(self, environment: Environment, module: Module | None) -> Snaglist:
        found = list_for(environment.landscape, module)
        if found is None:
            raise forms.ValidationError(
                "No list takes new snags for this system; ask support."
            )
        return found


class OnBehalfForm(ReportForm):
    """Support writes down what somebody says on the phone or at the desk."""

    reported_by = forms.ModelChoiceField(User.objects.none(), label="Who reports it?")
    channel = forms.ChoiceField(
        label="How",
        choices=[
            (Snag.Channel.PHONE, "On the phone"),
            (Snag.Channel.WALK_IN, "In person"),
        ],
        initial=Snag.Channel.PHONE,
        widget=forms.RadioSelect,
    )
    at = MomentField(
        label="Reported at, if earlier",
        required=False,
        help_text="Empty means now. Clocks start at this time.",
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        offer(self, "reported_by", people_to_log_for(self.user))
        self.fields["reported_by"].widget.choices = self._people()

    def _people(self) -> list[tuple[Any, str]]:
        """The first people by name and the chosen one: the search finds the rest."""
        people = people_to_log_for(self.user)
        shown = list(people[:PEOPLE_SHOWN])
        chosen = str(self.data.get("reported_by") or "")
        if chosen.isdecimal() and len(chosen) < 18:
            known = {str(person.pk) for person in shown}
            if chosen not in known:
                shown += list(people.filter(pk=int(chosen)))
        return [("", "Choose a person"), *((p.pk, person_label(p)) for p in shown)]

    def clean_at(self) -> datetime | None:
        at: datetime | None = self.cleaned_data["at"]
        if at is None:
            return None
        try:
            check_told_at(at)
        except RuleError as error:
            raise forms.ValidationError(str(error)) from error
        return at


def person_label(person: User) -> str:
    return f"{person.name} · {person.department}" if person.department else person.name
