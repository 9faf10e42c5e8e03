"""What the verbs of a promotion ask before they are done."""

import re
from typing import Any

from django import forms

from changes.models import NOT_INSTALLED, ChangeRequest, Promotion
from environments.models import Environment
from opsdesk.core.forms import CleanTextMixin, offer

LONG = 10_000


def area(label: str, **extra: Any) -> forms.CharField:
    """A few lines of text."""
    widget = forms.Textarea({"rows": 3})
    return forms.CharField(label=label, max_length=LONG, widget=widget, **extra)


class PromotionForm(CleanTextMixin, forms.Form):
    """A form about one promotion; most ask nothing."""

    def __init__(self, *args: Any, promotion: Promotion, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.promotion = promotion


class NoteForm(PromotionForm):
    note = area("What happened")


class CancelForm(PromotionForm):
    note = area("Why", required=False)


class StepForm(PromotionForm):
    ordinal = forms.IntegerField(min_value=1, max_value=999, widget=forms.HiddenInput)
    evidence = forms.CharField(
        label="What was seen", max_length=LONG, required=False, widget=forms.TextInput
    )


class DigestForm(PromotionForm):
    sha256 = forms.CharField(
        label="Digest of what is installed now",
        max_length=200,
        help_text="As the host reports it: sh manifest.sh FOLDER | sha256sum",
    )

    def __init__(self, *args: Any, promotion: Promotion, **kwargs: Any) -> None:
        super().__init__(*args, promotion=promotion, **kwargs)
        field = self.fields["sha256"]
        field.required = bool(promotion.to_report)
        if promotion.takes_out:
            field.label = "What is installed now"
            field.help_text = f"Once it is gone: {NOT_INSTALLED}"

    def clean_sha256(self) -> str:
        """A slip of the hand is no answer: another digest would have failed it."""
        said = str(self.cleaned_data["sha256"]).strip().lower()
        if said in {"", NOT_INSTALLED}:
            return said
        digest = said.split()[0]  # sha256sum adds the name of the file
        if not re.fullmatch(r"[0-9a-f]{64}", digest):
            raise forms.ValidationError(
                "A digest has 64 characters, 0-9 and a-f. Copy it whole."
            )
        return digest


class WaiveForm(PromotionForm):
    gate = forms.ChoiceField(label="Which gate")
    reason = area("Why it may be passed", min_length=20)

    def __init__(self, *args: Any, promotion: Promotion, **kwargs: Any) -> None:
        super().__init__(*args, promotion=promotion, **kwargs)
        field = self.fields["gate"]
        assert isinstance(field, forms.ChoiceField)
        field.choices = [
            ("ROUTE", "It was not everywhere before"),
            ("SIGNOFF", "It was not tested"),
            ("SOAK", "It did not run long enough"),
            ("WINDOW", "It is not maintenance time"),
            ("SLOT", "It is not its slot"),
            ("FAILOVER", "The failover lags behind"),
        ]


class ScheduleForm(CleanTextMixin, forms.Form):
    """Where the package goes next; while it is assessed that is dev/test."""

    environment = forms.ModelChoiceField(Environment.objects.none(), label="Where to")
    kind = forms.ChoiceField(
        label="As",
        choices=[
            (Promotion.Kind.DEPLOY, "Promotion: something new there"),
            (Promotion.Kind.RESYNC, "Resync: a copy follows production"),
        ],
        initial=Promotion.Kind.DEPLOY,
    )

    def __init__(self, *args: Any, change: ChangeRequest, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        rows = Environment.objects.in_use().filter(landscape=change.landscape_id)
        offer(self, "environment", rows.order_by("kind", "name", "pk"))
        if change.state == ChangeRequest.State.ASSESSING:
            tried_in = rows.filter(kind=Environment.Kind.DEV_TEST)
            self.fields["environment"].initial = tried_in.order_by("pk").first()


class OverrideForm(CleanTextMixin, forms.Form):
    reason = area("Why it cannot wait for the end of the freeze", min_length=20)


class BreakGlassForm(CleanTextMixin, forms.Form):
    environment = forms.ModelChoiceField(Environment.objects.none(), label="Where")
    code = forms.CharField(
        label="Its code, typed again", max_length=80, help_text="Such as PRD."
    )
    reason = area("Why it cannot wait for anybody", min_length=20)

    def __init__(self, *args: Any, change: ChangeRequest, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        aims = Environment.objects.filter(change_targets__change=change)
        offer(self, "environment", aims.order_by("kind", "name", "pk"))


class DutyDoneForm(CleanTextMixin, forms.Form):
    note = area("What was done, and where that can be seen")


class DutyWaiveForm(CleanTextMixin, forms.Form):
    reason = forms.CharField(label="Why it need not be done", max_length=200)
