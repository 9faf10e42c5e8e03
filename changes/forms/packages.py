"""What the verbs of a package ask."""

from collections.abc import Callable
from typing import Any, TypeVar

from django import forms
from django.db.models import Q

from changes import manifest
from changes.models import Package
from changes.permissions import MAKERS
from changes.queries.packages import components_for
from environments.models import Component, PackageClass
from opsdesk.accounts.access import access_of, people_with
from opsdesk.accounts.models import User
from opsdesk.core.forms import (
    CleanTextMixin,
    MultipleFileField,
    SecondEditorMixin,
    offer,
)
from snags.models import Snag
from snags.queries.page import snag_by_number

Result = TypeVar("Result")


class PackagesFilter(CleanTextMixin, forms.Form):
    """What the list of packages is narrowed to; nonsense counts as nothing."""

    q = forms.CharField(label="Component, version or digest", required=False)
    state = forms.ChoiceField(
        choices=[("", "Any state"), *Package.State.choices], required=False
    )

    def asked(self) -> dict[str, str]:
        found = self.cleaned_data if self.is_valid() else {}
        return {"text": found.get("q", ""), "state": found.get("state", "")}


class DescriptionForm(CleanTextMixin, forms.Form):
    """What is said about a package while it is a draft."""

    label = forms.CharField(
        label="Version", max_length=80, help_text="As it is called: 3.9.2, HR-2026-04."
    )
    package_class = forms.ChoiceField(
        label="Class",
        choices=PackageClass.choices,
        help_text="Decides how long it must have run in test before production.",
    )
    origin = forms.CharField(
        required=False,
        max_length=200,
        help_text="Where it comes from: a download, a ticket, a repository.",
    )
    requires = forms.ModelMultipleChoiceField(
        Package.objects.none(),
        required=False,
        help_text="Packages that must be installed there first.",
        widget=forms.SelectMultiple({"size": 4}),
    )
    notes = forms.CharField(
        label="Release notes",
        required=False,
        max_length=20_000,
        widget=forms.Textarea({"rows": 5}),
    )

    def __init__(self, *args: Any, user: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        usable = Package.objects.visible_to(user).filter(state="sealed")
        needed = [row.pk for row in self.initial.get("requires", [])]
        rows = Package.objects.filter(Q(pk__in=usable.values("pk")) | Q(pk__in=needed))
        choices = rows.select_related("component").order_by("component", "-pk")
        offer(self, "requires", choices)


class DraftForm(DescriptionForm):
    """A new package; its files follow on its page."""

    component = forms.ModelChoiceField(Component.objects.none())
    author = forms.ModelChoiceField(
        User.objects.none(),
        required=False,
        empty_label="Me",
        help_text="Who made it; they cannot vote on a change that brings it.",
    )
    supersedes = forms.ModelChoiceField(
        Package.objects.none(), required=False, widget=forms.HiddenInput
    )
    field_order = ("component", "label", "package_class", "author", "origin")

    def __init__(self, *args: Any, user: User, **kwargs: Any) -> None:
        super().__init__(*args, user=user, **kwargs)
        offer(self, "component", components_for(user))
        offer(self, "supersedes", Package.objects.visible_to(user))
        here = people_with(*MAKERS)
        own = User.objects.filter(pk=user.pk)
        offer(self, "author", here if access_of(user).is_internal else own)


class EditForm(SecondEditorMixin, DescriptionForm):
    """A draft described anew; the second editor keeps both."""

    version = forms.IntegerField(
        min_value=0, max_value=2**31 - 1, widget=forms.HiddenInput
    )

    def __init__(self, *args: Any, user: User, **kwargs: Any) -> None:
        super().__init__(*args, user=user, **kwargs)
        self.user = user

    def against(self, theirs: Package) -> "EditForm":
        """The same as typed, now written on top of the newer version."""
        data = self.on_top_of(theirs)
        return type(self)(data, user=self.user, initial=self.initial)


class UploadForm(CleanTextMixin, forms.Form):
    """Files and the folder of the package they belong into."""

    folder = forms.CharField(
        label="Into the folder",
        required=False,
        max_length=manifest.MAX_PATH,
        help_text="Like sql/reports; empty for the top.",
    )
    uploads = MultipleFileField(label="Files")

    def clean_folder(self) -> str:
        folder = str(self.cleaned_data["folder"]).strip("/")
        if folder:
            _checked(lambda: manifest.check_path(folder))
        return folder


class DeclareForm(CleanTextMixin, forms.Form):
    """Files that stay where they are, as the script prints them."""

    entries = forms.CharField(
        label="Manifest",
        max_length=1_000_000,
        widget=forms.Textarea({"rows": 6, "class": "mono", "spellcheck": "false"}),
        help_text="One file a line: SHA-256, two spaces, size, two spaces, path.",
    )

    def clean_entries(self) -> list[manifest.Entry]:
        found = _checked(lambda: manifest.parse(self.cleaned_data["entries"]))
        if not found:
            raise forms.ValidationError("Name at least one file.")
        return found


class VerbForm(CleanTextMixin, forms.Form):
    """One click: nothing is asked."""

    def __init__(self, *args: Any, user: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.user = user


class ReasonForm(VerbForm):
    reason = forms.CharField(label="Why", max_length=300)


class BlockForm(ReasonForm):
    snag = forms.CharField(
        required=False, max_length=20, help_text="Its number, if there is one: SN-17."
    )

    def clean_snag(self) -> Snag | None:
        number = str(self.cleaned_data["snag"]).strip()
        found = snag_by_number(self.user, number) if number else None
        if number and found is None:
            raise forms.ValidationError("There is no such snag.")
        return found


def _checked(check: Callable[[], Result]) -> Result:
    """What the manifest refuses, as the form says it."""
    try:
        return check()
    except manifest.ManifestError as error:
        raise forms.ValidationError(str(error)) from None
