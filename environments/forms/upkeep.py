"""Input of licences, certificates and maintenance, and of what downtime costs."""

from django import forms

from environments.forms.facts import FactsForm, person_field, supplier_field
from environments.models import Landscape
from opsdesk.accounts.access import Role, people_with, staff
from opsdesk.core.forms import CleanTextMixin, DayField, MomentField, offer

RENEWS = "Owes it thirty days before; left out, whoever owes it now or you."


def _renewed_by(form: FactsForm) -> None:
    """Whoever works here may owe the renewal; who owes it now is chosen."""
    offer(form, "owner", staff())
    renewal = getattr(form.row, "renewal", None)
    form.fields["owner"].initial = renewal.owner_id if renewal else None


class LicenceForm(FactsForm):
    """A right to use something, and when it ends."""

    name = forms.CharField(max_length=120)
    supplier = supplier_field()
    seats = forms.IntegerField(required=False, min_value=1, max_value=10_000_000)
    ends_on = DayField(label="Ends on", required=False)
    owner = person_field("Who renews it", help_text=RENEWS)
    note = forms.CharField(required=False, widget=forms.Textarea({"rows": 3}))

    def prepare(self) -> None:
        _renewed_by(self)


class CertificateForm(FactsForm):
    """A certificate an environment shows, and when it ends."""

    host = forms.CharField(max_length=253)
    issuer = forms.CharField(max_length=120, required=False)
    ends_on = DayField(label="Ends on")
    owner = person_field("Who renews it", help_text=RENEWS)

    def prepare(self) -> None:
        _renewed_by(self)


class TaskForm(FactsForm):
    """A piece of maintenance: who does it, by when, how often."""

    title = forms.CharField(max_length=160, label="What is to be done")
    owner = person_field("Who does it", required=True)
    due_at = MomentField(label="By when")
    every_days = forms.IntegerField(
        label="Every so many days",
        required=False,
        min_value=1,
        max_value=730,
        help_text="Left out: once.",
    )

    def prepare(self) -> None:
        people = people_with(Role.SUPPORT, Role.MANAGER, Role.ADMINISTRATOR)
        offer(self, "owner", people)


def money(label: str) -> forms.DecimalField:
    return forms.DecimalField(
        label=label, min_value=0, max_value=9_999_999_999, decimal_places=2
    )


def hours(label: str) -> forms.DecimalField:
    return forms.DecimalField(
        label=label, min_value=0, max_value=8784, decimal_places=2
    )


class DowntimeForm(CleanTextMixin, forms.Form):
    """What downtime costs, how much of it there is, what a failover costs."""

    landscape = forms.ModelChoiceField(
        Landscape.objects.order_by("name"), empty_label=None
    )
    title = forms.CharField(max_length=120, label="What is judged")
    busy_cost_per_hour = money("An hour down in business hours costs")
    busy_hours_down = hours("Business hours down in a year")
    quiet_cost_per_hour = money("Any other hour down costs")
    quiet_hours_down = hours("Other hours down in a year")
    failover_cost_per_year = money("A failover costs in a year")
