"""What people may type about people. Rules are the services'; these only read input."""

import re
from ipaddress import ip_network
from typing import Any

from allauth.account.adapter import get_adapter
from allauth.account.forms import ResetPasswordForm as AllauthResetPasswordForm
from django import forms
from django.conf import settings
from django.db.models import Q, QuerySet
from django.http import HttpRequest

from opsdesk.accounts import queries
from opsdesk.accounts.models import ApiToken, Membership, Party, User
from opsdesk.core.forms import CleanTextMixin, DayField, offer
from opsdesk.core.zones import ZoneField

Role = Membership.Role
MOST_NETWORKS = 20


class ResetPasswordForm(AllauthResetPasswordForm):  # type: ignore[misc]
    """The same work and the same answer, whether the address is known or not."""

    def save(self, request: HttpRequest, **kwargs: Any) -> str:
        email: str = super().save(request, **kwargs)
        if not self.users:
            get_adapter(request).send_mail("account/email/unknown_account", email, {})
        return email


class PeopleFilter(CleanTextMixin, forms.Form):
    """Who to list; nonsense in the address lists everybody who is active."""

    STATES = (
        ("", "Active people"),
        ("service", "Service accounts"),
        ("inactive", "Deactivated"),
        ("roleless", "Without a role"),
    )

    q = forms.CharField(label="Name or address", max_length=100, required=False)
    role = forms.ChoiceField(
        label="Role", choices=[("", "Any role"), *Role.choices], required=False
    )
    state = forms.ChoiceField(label="Show", choices=STATES, required=False)

    def apply(self, rows: QuerySet[User]) -> QuerySet[User]:
        given = self.cleaned_data if self.is_valid() else {}
        rows = _in_state(rows, given.get("state", ""))
        if given.get("q"):
            rows = rows.filter(
                Q(name__icontains=given["q"]) | Q(email__icontains=given["q"])
            )
        if given.get("role"):
            rows = rows.filter(pk__in=queries.holders_of(given["role"]))
        return rows


def _in_state(rows: QuerySet[User], state: str) -> QuerySet[User]:
    if state == "inactive":
        return rows.filter(is_active=False)
    rows = rows.filter(is_active=True, is_service=state == "service")
    return rows.exclude(pk__in=queries.holders_of()) if state == "roleless" else rows


class PersonForm(CleanTextMixin, forms.Form):
    name = forms.CharField(max_length=120)
    email = forms.EmailField(label="E-mail address", max_length=254)
    job = forms.CharField(label="Job title", max_length=120, required=False)
    department = forms.ModelChoiceField(
        Party.objects.none(), empty_label="None", required=False
    )
    team = forms.ModelChoiceField(
        Party.objects.none(), empty_label="None", required=False
    )

    def __init__(self, *args: Any, user: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        _offer(self, "department", user, Party.Kind.DEPARTMENT)
        _offer(self, "team", user, Party.Kind.TEAM)


class NewPersonForm(PersonForm):
    is_service = forms.BooleanField(
        label="Service account",
        help_text="A program, not a person: it holds tokens and never signs in.",
        required=False,
    )


class EditPersonForm(PersonForm):
    version = forms.IntegerField(widget=forms.HiddenInput)


class GrantForm(CleanTextMixin, forms.Form):
    role = forms.ChoiceField(choices=Role.choices)
    department = forms.ModelChoiceField(
        Party.objects.none(),
        label="Only in",
        empty_label="Every department",
        required=False,
    )
    supplier = forms.ModelChoiceField(
        Party.objects.none(),
        label="Works for",
        empty_label="Us",
        help_text="For supplier contacts: their supplier.",
        required=False,
    )
    emergency_approver = forms.BooleanField(
        label="Also in an emergency",
        help_text="For approvers: may approve an emergency change.",
        required=False,
    )
    starts_on = DayField(label="From", required=False)
    ends_on = DayField(label="Last day", required=False)
    reason = forms.CharField(
        label="Why",
        help_text="Needed for approvers and access administrators, whom a second"
        " access administrator has to confirm.",
        max_length=250,
        required=False,
    )

    def __init__(self, *args: Any, user: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        _offer(self, "department", user, Party.Kind.DEPARTMENT)
        _offer(self, "supplier", user, Party.Kind.SUPPLIER)


class EndRoleForm(forms.Form):
    ends_on = DayField(
        label="Last day", help_text="Leave empty to end it now.", required=False
    )


class PartyForm(CleanTextMixin, forms.Form):
    name = forms.CharField(max_length=120)
    parent = forms.ModelChoiceField(
        Party.objects.none(), label="Part of", empty_label="Nothing", required=False
    )
    email = forms.EmailField(label="Mailbox", max_length=254, required=False)

    def __init__(self, *args: Any, user: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        _offer(self, "parent", user, Party.Kind.ORGANISATION, Party.Kind.DEPARTMENT)


class NewPartyForm(PartyForm):
    kind = forms.ChoiceField(choices=Party.Kind.choices)
    field_order = ("kind", "name", "parent", "email")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        # There is one organisation: once it is there, the next is a part of it.
        if Party.objects.of_kind(Party.Kind.ORGANISATION).exists():
            self.fields["kind"].initial = Party.Kind.DEPARTMENT


class EditPartyForm(PartyForm):
    version = forms.IntegerField(widget=forms.HiddenInput)


class ProfileForm(forms.Form):
    """The whole of what people may change about themselves."""

    time_zone = ZoneField(label="Time zone", required=False)
    theme = forms.ChoiceField(choices=User.Theme, required=False)
    shortcuts = forms.BooleanField(
        label="Single-key shortcuts",
        help_text="Turn off if you use speech input or keep hitting keys by accident.",
        required=False,
    )
    mail_me = forms.BooleanField(
        label="Send me mail",
        help_text="The inbox in opsdesk shows the same lines either way.",
        required=False,
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        ours = f"The organisation's: {settings.TIME_ZONE}"
        self.fields["time_zone"].widget.attrs["placeholder"] = ours


class TokenForm(CleanTextMixin, forms.Form):
    name = forms.CharField(
        max_length=80, help_text="What will use it, so that you know it again."
    )
    scopes = forms.MultipleChoiceField(
        label="It may",
        choices=ApiToken.Scope.choices,
        widget=forms.CheckboxSelectMultiple,
    )
    days = forms.TypedChoiceField(
        label="Valid for",
        choices=((7, "7 days"), (30, "30 days"), (90, "90 days"), (365, "a year")),
        coerce=int,
        initial=90,
    )
    networks = forms.CharField(
        label="Only from",
        help_text="Addresses or networks, one a line, for example 192.0.2.7 or"
        " 10.20.0.0/16. Empty: from anywhere.",
        max_length=1000,
        required=False,
        widget=forms.Textarea(attrs={"rows": 3, "spellcheck": "false"}),
    )

    def clean_networks(self) -> list[str]:
        """Each as its network, an address as one of a single host."""
        typed = re.split(r"[\s,]+", self.cleaned_data["networks"].strip())
        networks = {_network(text): None for text in typed if text}
        if len(networks) > MOST_NETWORKS:
            raise forms.ValidationError(f"At most {MOST_NETWORKS} networks.")
        return list(networks)


def _network(text: str) -> str:
    try:
        network = ip_network(text)
    except ValueError:
        network = None
    if network is None or "%" in text:  # an interface of ours, not an address
        raise forms.ValidationError(
            f"“{text[:50]}” is no address and no network; a network ends where its"
            " zeros begin, like 10.20.0.0/16."
        )
    return str(network)


def _offer(form: forms.Form, field: str, user: User, *kinds: str) -> None:
    """Offer the active parties of the kinds that the person may see."""
    rows = queries.parties(user).filter(kind__in=kinds, is_active=True)
    offer(form, field, rows)
