"""Rewording a snag: the version read travels with the text."""

from django import forms

from snags.forms.verbs import LONG, TextsForm, text_field


class TextForm(TextsForm):
    """The texts of a snag."""

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
        known = [name for name in self.fields if name != "version"]
        self.start(**{name: getattr(snag, name) for name in known})
