"""What every form shares: how it is drawn, what it refuses, the kinds of field it has.

Forms judge the shape of input; rules are the services'.
"""

import secrets
from collections.abc import Callable, Sequence
from operator import attrgetter
from typing import Any, cast

from django import forms
from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import UploadedFile
from django.core.validators import MaxLengthValidator
from django.db.models import Model, QuerySet
from django.forms.renderers import TemplatesSetting
from django.forms.utils import pretty_name
from django.http import QueryDict

from opsdesk.core.fields import is_sane
from opsdesk.core.guards import has_junk
from opsdesk.core.records import Versioned
from opsdesk.core.text import MAX_LENGTH

OUT_OF_BOUNDS = "Give a date between 2000 and 2099."


class OpsdeskRenderer(TemplatesSetting):
    """Draws forms with templates/django/forms, so that `{{ form }}` looks right."""


def new_token() -> str:
    """A key for one form on one page; unguessable, so nobody can use it up first."""
    return secrets.token_urlsafe(18)


def refuse_junk(value: str) -> None:
    """Refuse what no database can store: NUL and lone surrogates."""
    if has_junk(value):
        raise ValidationError("This holds characters that cannot be stored.")


def bounded(clean: Callable[[Any], Any], value: Any) -> Any:
    """A day or an instant as `clean` makes it, refused outside 2000 to 2099."""
    try:
        when = clean(value)
    except OverflowError:
        # A year at the edge of what Python counts, moved to UTC.
        raise ValidationError(OUT_OF_BOUNDS) from None
    if when and not is_sane(when):
        raise ValidationError(OUT_OF_BOUNDS)
    return when


def offer(form: forms.BaseForm, name: str, rows: QuerySet[Any]) -> None:
    """Let a field of the form choose among these rows, and no others."""
    cast("forms.ModelChoiceField[Any]", form.fields[name]).queryset = rows


class CleanTextMixin:
    """Every text field of the form refuses junk and more than 64 kB."""

    fields: dict[str, forms.Field]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for field in self.fields.values():
            if isinstance(field, forms.CharField):
                _bound(field)


class SecondEditorMixin:
    """A form with a `version`: who comes second is shown theirs beside mine."""

    fields: dict[str, forms.Field]
    cleaned_data: dict[str, Any]
    data: Any

    def beside(self, theirs: Model) -> list[tuple[str, str, str]]:
        """(label, theirs, mine) of whatever of the row now differs."""
        pairs = [
            (name, _plain(getattr(theirs, name)), _plain(self.cleaned_data[name]))
            for name in self.fields
            if name != "version" and hasattr(theirs, name)
        ]
        return [
            (self.label_of(name), self._told(name, other), self._told(name, own))
            for name, other, own in pairs
            if other != own
        ]

    def on_top_of(self, theirs: Versioned) -> QueryDict:
        """What was typed, as if the newer version had been read before."""
        data: QueryDict = self.data.copy()
        data["version"] = str(theirs.version)
        return data

    def label_of(self, name: str) -> str:
        """What the field is called on the page."""
        return str(self.fields[name].label or pretty_name(name))

    def _told(self, name: str, value: Any) -> str:
        if isinstance(value, list):
            return ", ".join(str(row) for row in value)
        choices = getattr(self.fields[name], "choices", ())
        named = {} if hasattr(choices, "queryset") else dict(choices)
        return str(named.get(value, value) or "")


class DayField(forms.DateField):
    """A calendar day between 2000 and 2099, picked natively."""

    def __init__(self, **kwargs: Any) -> None:
        widget = forms.DateInput({"type": "date", **DAYS}, format="%Y-%m-%d")
        super().__init__(**{"widget": widget, **kwargs})

    def clean(self, value: Any) -> Any:
        return bounded(super().clean, value)


class MomentField(forms.DateTimeField):
    """An instant between 2000 and 2099 in the reader's zone, picked natively."""

    def __init__(self, **kwargs: Any) -> None:
        widget = forms.DateTimeInput(
            {"type": "datetime-local", "step": "60"}, format="%Y-%m-%dT%H:%M"
        )
        super().__init__(**{"widget": widget, **kwargs})

    def clean(self, value: Any) -> Any:
        return bounded(super().clean, value)


DAYS = {"min": "2000-01-01", "max": "2099-12-31"}


class ManyFilesInput(forms.ClearableFileInput):
    """A drop zone; without JavaScript a plain input that takes several files."""

    allow_multiple_selected = True
    template_name = "django/forms/widgets/files.html"


class MultipleFileField(forms.FileField):
    """Several files at once: cleans to a list, empty when there is none."""

    widget = ManyFilesInput

    def clean(self, data: Any, initial: Any = None) -> "list[UploadedFile[bytes]]":
        """Each file is checked by itself; an empty one is refused by its name."""
        files = data if isinstance(data, Sequence) else [data]
        uploads = [file for file in files if isinstance(file, UploadedFile)]
        if self.required and not uploads:
            raise ValidationError(self.error_messages["required"], code="required")
        for upload in uploads:
            super().clean(upload, initial)
        return uploads


def initial_of(row: Model, form: type[forms.Form]) -> dict[str, Any]:
    """What a form that edits a row starts from."""
    return {name: getattr(row, name) for name in form.base_fields}


def _plain(value: Any) -> Any:
    """Several rows as a list in one order; anything else as it is."""
    return sorted(value.all(), key=attrgetter("pk")) if hasattr(value, "all") else value


def _bound(field: forms.CharField) -> None:
    field.validators.append(refuse_junk)
    if field.max_length is None:
        field.validators.append(MaxLengthValidator(MAX_LENGTH))
