"""Rewording a snag: the version read travels with the text."""

from typing import Any

from django import forms

from snags.forms.verbs import LONG, SnagForm, text_field


class TextForm(SnagForm):
    """The texts of a snag; `version` says which text the writer started from."""

    version = forms.IntegerField(
        min_value=0, max_value=2**31 - 1, widget=forms.HiddenInput
    )
    title = forms.CharField(max_length=200)
    detail = forms.CharField(
        label="Description",
        required=False,
        max_length=LONG,
        widget=forms.Textarea(attrs={"rows": 10}),
    )
    designed_step = text_field("As designed", required=False, rows=3)
    actual_step = text_field("As done", required=False, rows=3)

    def prepare(self) -> None:
        snag = self.snag
        if not (snag.process_id or snag.designed_step or snag.actual_step):
            del self.fields["designed_step"], self.fields["actual_step"]
        self.start(**{name: getattr(snag, name) for name in self.fields})

    def against(self, theirs: Any) -> "TextForm":
        """The same typed text, now written on top of the newer version."""
        data = {**self.data.dict(), "version": str(theirs.version)}  # type: ignore[attr-defined]
        return TextForm(data, user=self.user, snag=theirs)

    def beside(self, theirs: Any) -> list[tuple[str, str, str]]:
        """(label, their text, my text) of each text that now differs."""
        pairs = [
            (str(field.label or name.capitalize()), getattr(theirs, name), name)
            for name, field in self.fields.items()
            if name != "version"
        ]
        mine = self.cleaned_data
        return [
            (label, text, mine[name])
            for label, text, name in pairs
            if text != mine[name]
        ]
