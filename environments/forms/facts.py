"""A form that writes or rewrites a row; who comes second keeps both."""

from typing import Any, Self

from django import forms
from django.db.models import Model

from opsdesk.accounts.models import Party, User
from opsdesk.core.forms import CleanTextMixin, SecondEditorMixin

MOST_VERSION = 2**31 - 1


class FactsForm(SecondEditorMixin, CleanTextMixin, forms.Form):
    """With a row it starts from it and carries its version; without, it is a new one.

    Forms named alike take part in it by `about`, the row whose choices they offer.
    """

    version = forms.IntegerField(
        min_value=0, max_value=MOST_VERSION, widget=forms.HiddenInput
    )

    def __init__(
        self, *args: Any, about: Any = None, row: Model | None = None, **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        self.about, self.row = about, row
        if row is None:
            del self.fields["version"]
        self.prepare()
        for name, field in self.fields.items():
            if row is not None and hasattr(row, name):
                field.initial = getattr(row, name)

    def prepare(self) -> None:
        """Fill choices and first values from what the form is about."""

    def against(self, theirs: Any) -> Self:
        """The same as typed, now written on top of the newer version."""
        return type(self)(self.on_top_of(theirs), about=self.about, row=theirs)


def supplier_field(label: str = "Supplier") -> "forms.ModelChoiceField[Party]":
    return forms.ModelChoiceField(
        Party.objects.of_kind(Party.Kind.SUPPLIER).order_by("name"),
        label=label,
        required=False,
        empty_label="None",
    )


def person_field(
    label: str, *, required: bool = False, help_text: str = ""
) -> "forms.ModelChoiceField[User]":
    return forms.ModelChoiceField(
        User.objects.none(),
        label=label,
        required=required,
        empty_label=None if required else "Nobody yet",
        help_text=help_text,
    )
