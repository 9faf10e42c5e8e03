"""Several files in one field; limits are the service's to judge."""

from typing import Any

from django import forms
from django.core.files.uploadedfile import UploadedFile

from snags.services.files import Upload


class ManyFilesInput(forms.ClearableFileInput):
    allow_multiple_selected = True
    template_name = "django/forms/widgets/file.html"


class ManyFilesField(forms.FileField):
    """Cleans to a list of uploads, empty when there is none."""

    widget = ManyFilesInput

    def clean(self, data: Any, initial: Any = None) -> list[Upload]:
        uploads = data if isinstance(data, list | tuple) else [data]
        return [upload for upload in uploads if isinstance(upload, UploadedFile)]


def files_field(label: str = "Files") -> ManyFilesField:
    return ManyFilesField(
        label=label, required=False, widget=ManyFilesInput(attrs={"multiple": True})
    )
