"""What a template of standard changes is written with."""

from datetime import timedelta
from typing import Any

from django import forms
from django.db.models import QuerySet

from changes.content import BODY
from changes.models import ChangeRequest, ChangeTemplate
from changes.queries.changes import environments_in_use
from changes.queries.templates import evidence_for
from environments.models import Environment, Landscape
from opsdesk.core import clock
from opsdesk.core.forms import CleanTextMixin, DayField, offer

LONG = 20_000
OFFERED = 20
GOOD_FOR = timedelta(days=365)


class TemplateForm(CleanTextMixin, forms.Form):
    """Everything about a template; the next number starts from the one before."""

    code = forms.SlugField(
        max_length=40, help_text="Short, and the same for every version: price-list."
    )
    title = forms.CharField(max_length=200)
    environments = forms.ModelMultipleChoiceField(
        Environment.objects.none(),
        widget=forms.CheckboxSelectMultiple,
        label="May go to",
    )
    evidence = forms.ModelMultipleChoiceField(
        ChangeRequest.objects.none(),
        widget=forms.CheckboxSelectMultiple,
        label="Done like this before",
        help_text="Two normal changes or more that were closed as successful.",
        error_messages={"required": "Name two changes or more that went well before."},
    )
    expires_on = DayField(label="Agreed to until")
    locked = forms.MultipleChoiceField(
        choices=list(BODY.items()),
        widget=forms.CheckboxSelectMultiple,
        required=False,
        label="Nobody may alter",
    )

    def __init__(
        self,
        *args: Any,
        landscape: Landscape | None,
        before: ChangeTemplate | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        for name, label in BODY.items():
            self.fields[name] = forms.CharField(
                label=label,
                max_length=LONG,
                required=name in {"implementation_plan", "backout_plan"},
                widget=forms.Textarea({"rows": 3}),
            )
        offer(self, "environments", environments_in_use(landscape))
        offer(self, "evidence", self._offered(landscape, before))
        self.initial = self._start(before)

    def clean(self) -> dict[str, Any]:
        """The body in one piece, as the service takes it."""
        data = super().clean() or self.cleaned_data
        body = {name: data.pop(name, "") for name in BODY}
        return {**data, "body": body}

    def _offered(
        self, landscape: Landscape | None, before: ChangeTemplate | None
    ) -> QuerySet[ChangeRequest]:
        """The latest that went well, and those the number before rests on."""
        known = evidence_for(landscape)
        latest = list(known.values_list("pk", flat=True)[:OFFERED])
        if before is not None:
            latest += before.evidence.values_list("pk", flat=True)
        return known.filter(pk__in=latest)

    def _start(self, before: ChangeTemplate | None) -> dict[str, Any]:
        if before is None:
            plans = ["implementation_plan", "backout_plan"]
            return {"expires_on": clock.today() + GOOD_FOR, "locked": plans}
        return {
            **before.body,
            "code": before.code,
            "title": before.title,
            "locked": before.locked,
            "environments": list(before.environments.order_by("pk")),
            "evidence": list(before.evidence.order_by("pk")),
            "expires_on": clock.today() + GOOD_FOR,
        }


class SuspendForm(CleanTextMixin, forms.Form):
    because = forms.CharField(max_length=200, label="Why")
