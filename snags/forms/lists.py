"""What is asked about go-lives and snaglists."""

from typing import Any

from django import forms

from environments.models import Landscape, Module
from opsdesk.accounts.models import Party
from opsdesk.core.forms import CleanTextMixin, DayField, offer
from snags.models import GoLive, Snaglist


class GoLiveForm(CleanTextMixin, forms.Form):
    """The landscape is chosen once; a go-live never moves to another."""

    landscape = forms.ModelChoiceField(Landscape.objects.none())
    name = forms.CharField(max_length=120, help_text="For example “Wave 2, plants”.")
    went_live_on = DayField(label="Went live on")
    version = forms.IntegerField(widget=forms.HiddenInput)

    def __init__(self, *args: Any, golive: GoLive | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if golive is None:
            offer(self, "landscape", Landscape.objects.order_by("name"))
            del self.fields["version"]
            return
        del self.fields["landscape"]
        for name in self.fields:
            self.fields[name].initial = getattr(golive, name)


class SnaglistForm(CleanTextMixin, forms.Form):
    """What a list is for; modules are those of its go-live's landscape."""

    golive = forms.ModelChoiceField(GoLive.objects.none(), label="Go-live")
    name = forms.CharField(max_length=120)
    module = forms.ModelChoiceField(
        Module.objects.none(), required=False, empty_label="All modules"
    )
    site = forms.ModelChoiceField(
        Party.objects.none(), required=False, empty_label="All sites"
    )
    phase = forms.CharField(
        max_length=60, required=False, help_text="For example “Hypercare”."
    )
    version = forms.IntegerField(widget=forms.HiddenInput)

    def __init__(
        self, *args: Any, snaglist: Snaglist | None = None, **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        current = snaglist.module_id if snaglist else None
        modules = Module.objects.in_use(current).select_related("landscape")
        if snaglist is None:
            offer(self, "golive", GoLive.objects.order_by("-went_live_on", "name"))
            del self.fields["version"]
        else:
            modules = modules.filter(landscape=snaglist.golive.landscape_id)
            del self.fields["golive"]
        offer(self, "module", modules.order_by("landscape__name", "name"))
        sites = Party.objects.of_kind(Party.Kind.DEPARTMENT).order_by("name")
        offer(self, "site", sites)
        for name in self.fields if snaglist else ():
            self.fields[name].initial = getattr(snaglist, name)
