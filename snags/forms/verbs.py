"""What each verb asks before it is done. Plain forms: rules live in the services."""

from datetime import datetime
from typing import Any

from django import forms
from django.db.models import Q
from django.utils import timezone

from environments.models import Environment, Module
from opsdesk.accounts.access import Role, people_with
from opsdesk.accounts.models import Party, User
from opsdesk.core.forms import (
    CleanTextMixin,
    DayField,
    MultipleFileField,
    SecondEditorMixin,
    offer,
)
from snags.days import morning_of
from snags.models import BusinessProcess, Effort, Snag, SnagComment, Snaglist
from snags.queries.page import snag_by_number
from snags.services.lifecycle import PAUSES, REFUSALS, resolutions_for
from snags.wording import label_of

Audience = SnagComment.Audience
LONG = 10_000


class SnagForm(CleanTextMixin, forms.Form):
    """A form about one snag, asked by one person."""

    def __init__(self, *args: Any, user: User, snag: Snag, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.user, self.snag = user, snag
        self.prepare()

    def prepare(self) -> None:
        """Fill choices and first values from the snag."""

    def start(self, **values: Any) -> None:
        for name, value in values.items():
            self.fields[name].initial = value


class TextsForm(SecondEditorMixin, SnagForm):
    """A form that writes texts; `version` says which the writer started from.

    The second editor keeps both: theirs beside mine, and mine to save over it.
    """

    version = forms.IntegerField(
        min_value=0, max_value=2**31 - 1, widget=forms.HiddenInput
    )

    def start(self, **values: Any) -> None:
        super().start(version=self.snag.version, **values)

    def against(self, theirs: Snag) -> "TextsForm":
        """The same as typed, now written on top of the newer version."""
        return type(self)(self.on_top_of(theirs), user=self.user, snag=theirs)

    def label_of(self, name: str) -> str:
        return str(self.fields[name].label or label_of(name))


def text_field(label: str, *, required: bool = True, rows: int = 4) -> forms.CharField:
    return forms.CharField(
        label=label,
        required=required,
        max_length=LONG,
        widget=forms.Textarea(attrs={"rows": rows}),
    )


def day_field(label: str, help_text: str = "") -> DayField:
    return DayField(label=label, required=False, help_text=help_text)


class NothingForm(SnagForm):
    """One click: nothing is asked."""


class PriorityForm(SnagForm):
    impact = forms.TypedChoiceField(choices=Snag.Level.choices, coerce=int)
    urgency = forms.TypedChoiceField(choices=Snag.Level.choices, coerce=int)
    priority = forms.TypedChoiceField(
        label="Priority",
        required=False,
        coerce=int,
        empty_value=None,
        choices=[
            ("", "By impact and urgency"),
            *((p.value, f"P{p.value} {p.label}") for p in Snag.Priority),
        ],
    )
    priority_reason = forms.CharField(
        label="Why not by impact and urgency", required=False, max_length=250
    )

    def prepare(self) -> None:
        by_reason = bool(self.snag.priority_reason)
        self.start(
            impact=self.snag.impact,
            urgency=self.snag.urgency,
            priority=self.snag.priority if by_reason else "",
            priority_reason=self.snag.priority_reason,
        )


def _workers() -> Any:
    return people_with(Role.SUPPORT, Role.MANAGER)


def _teams(snag: Snag) -> Any:
    """Teams in use, and the snag's own: saving the form must not lose it."""
    known = Q(is_active=True) | Q(pk=snag.team_id)
    return Party.objects.filter(known, kind=Party.Kind.TEAM).order_by("name")


class TriageForm(PriorityForm):
    owner = forms.ModelChoiceField(User.objects.none(), label="Owner")
    team = forms.ModelChoiceField(Party.objects.none(), required=False)
    cause = forms.ChoiceField(
        choices=[("", "Not known yet"), *Snag.Cause.choices], required=False
    )
    field_order = (
        "impact",
        "urgency",
        "owner",
        "team",
        "cause",
        "priority",
        "priority_reason",
    )

    def prepare(self) -> None:
        super().prepare()
        offer(self, "owner", _workers())
        offer(self, "team", _teams(self.snag))
        self.start(
            owner=self.snag.owner_id or self.user.pk,
            team=self.snag.team_id,
            cause=self.snag.cause,
        )


class AssignForm(SnagForm):
    owner = forms.ModelChoiceField(User.objects.none(), label="Owner")
    team = forms.ModelChoiceField(Party.objects.none(), required=False)

    def prepare(self) -> None:
        offer(self, "owner", _workers())
        offer(self, "team", _teams(self.snag))
        self.start(owner=self.snag.owner_id, team=self.snag.team_id)


class WaitForm(SnagForm):
    waiting_for = forms.ChoiceField(
        label="Waiting for",
        choices=[
            (value, label)
            for value, label in Snag.WaitingFor.choices
            if value != Snag.WaitingFor.SUPPLIER
        ],
        help_text="The clocks pause while you wait for"
        f" {' or '.join(str(p.label)[12:] for p in PAUSES)}.",
    )
    body = text_field("Question or message to the reporter", required=False)
    follow_up_at = day_field("Ask again on", "You get a reminder that morning.")

    def clean_follow_up_at(self) -> datetime | None:
        day = self.cleaned_data["follow_up_at"]
        return morning_of(day) if day else None


class HandOverForm(SnagForm):
    supplier = forms.ModelChoiceField(Party.objects.none())
    body = text_field("What they need to know", required=False)
    reference = forms.CharField(label="Their reference", required=False, max_length=60)
    follow_up_at = day_field("Chase on", "You get a reminder that morning.")

    def prepare(self) -> None:
        suppliers = Party.objects.of_kind(Party.Kind.SUPPLIER).order_by("name")
        offer(self, "supplier", suppliers)

    def clean_follow_up_at(self) -> datetime | None:
        day = self.cleaned_data["follow_up_at"]
        return morning_of(day) if day else None


class HandBackForm(SnagForm):
    body = text_field("What was found or done", required=False)


class ResolveForm(SnagForm):
    resolution = forms.ChoiceField(label="How it was resolved")
    resolution_note = text_field("What you tell the reporter")
    cause = forms.ChoiceField(
        choices=[("", "Not known"), *Snag.Cause.choices], required=False
    )

    def prepare(self) -> None:
        ways = resolutions_for(self.snag)
        self.fields["resolution"].choices = [(w.value, w.label) for w in ways]  # type: ignore[attr-defined]
        self.start(cause=self.snag.cause)


class ReopenForm(SnagForm):
    body = text_field("What is still wrong")


class RejectForm(SnagForm):
    resolution = forms.ChoiceField(
        label="Why", choices=[(way.value, way.label) for way in REFUSALS]
    )
    resolution_note = text_field("What you tell the reporter")


class MergeForm(SnagForm):
    into = forms.CharField(
        label="Number of the original", max_length=20, help_text="For example SN-17."
    )

    def clean_into(self) -> Snag:
        found = snag_by_number(self.user, self.cleaned_data["into"])
        if found is None:
            raise forms.ValidationError("There is no such snag.")
        return found


class ListForm(SnagForm):
    snaglist = forms.ModelChoiceField(Snaglist.objects.none(), label="List")

    def prepare(self) -> None:
        golive = self.snag.snaglist.golive_id
        lists = Snaglist.objects.filter(golive=golive, is_open=True).order_by("name")
        offer(self, "snaglist", lists)
        self.start(snaglist=self.snag.snaglist_id)


class ShareForm(SnagForm):
    is_shared = forms.BooleanField(
        label="Everybody here may see it",
        required=False,
        help_text="For known problems: colleagues find it before they report it again.",
    )

    def prepare(self) -> None:
        self.start(is_shared=self.snag.is_shared)


class WorkaroundForm(TextsForm):
    workaround = text_field("How people can work until it is fixed")
    review_on = DayField(label="Look at it again on")

    def prepare(self) -> None:
        self.start(workaround=self.snag.workaround)


class FollowUpForm(SnagForm):
    follow_up_on = day_field("Ask again on", "Leave empty to take the reminder off.")

    def prepare(self) -> None:
        duty = self.snag.follow_up
        self.start(follow_up_on=duty and timezone.localdate(duty.due_at))


class EffortForm(SnagForm):
    minutes = forms.IntegerField(min_value=1, max_value=1440)
    kind = forms.ChoiceField(label="Kind of work", choices=Effort.Kind.choices)
    spent_on = DayField(label="On")
    note = forms.CharField(required=False, max_length=200)

    def prepare(self) -> None:
        self.start(spent_on=timezone.localdate())


class PropertiesForm(TextsForm):
    """What the snag is about; choices stay inside its landscape."""

    kind = forms.ChoiceField(choices=Snag.Kind.choices)
    environment = forms.ModelChoiceField(Environment.objects.none())
    module = forms.ModelChoiceField(Module.objects.none(), required=False)
    process = forms.ModelChoiceField(BusinessProcess.objects.none(), required=False)
    step = forms.CharField(label="Process step", required=False, max_length=120)
    cause = forms.ChoiceField(
        choices=[("", "Not known"), *Snag.Cause.choices], required=False
    )
    observed_by = forms.ModelChoiceField(
        User.objects.none(), required=False, label="Watched by"
    )
    observed_on = day_field("Watched on")
    original_decision = text_field("Decision to revisit", required=False, rows=2)
    addition = text_field("What is to be added", required=False, rows=2)
    first_seen_on = day_field("First seen on")
    needed_by_on = day_field("Needed by")
    sensitivity = forms.ChoiceField(choices=Snag.Sensitivity.choices)
    data_approver = forms.ModelChoiceField(User.objects.none(), required=False)

    def prepare(self) -> None:
        landscape = self.snag.environment.landscape
        offer(self, "environment", landscape.environments.order_by("kind", "name"))
        modules = landscape.modules.in_use(self.snag.module_id)
        offer(self, "module", modules.order_by("name"))
        known = Q(is_active=True) | Q(pk=self.snag.process_id)
        processes = landscape.processes.filter(known)
        offer(self, "process", processes.order_by("name"))
        inside = people_with(*(set(Role) - {Role.SUPPLIER}))
        offer(self, "observed_by", inside)
        offer(self, "data_approver", inside)
        names = [name for name in self.fields if name != "version"]
        self.start(**{name: self._now(name) for name in names})

    def _now(self, name: str) -> Any:
        return getattr(self.snag, f"{name}_id", None) or getattr(self.snag, name)


class CommentForm(SnagForm):
    """The composer: what to say, to whom, and what happens with it."""

    body = text_field("Message", rows=3)
    audience = forms.ChoiceField(
        choices=Audience.choices, required=False, widget=forms.RadioSelect
    )
    files_added = MultipleFileField(label="Files", required=False)
    do = forms.CharField(required=False, max_length=20)

    def __init__(
        self, *args: Any, audiences: list[tuple[str, str]], **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        self.fields["audience"].choices = audiences  # type: ignore[attr-defined]
        self.start(audience=audiences[0][0] if audiences else "")

    def clean_audience(self) -> str:
        first = str(self.fields["audience"].initial)
        return self.cleaned_data["audience"] or first
