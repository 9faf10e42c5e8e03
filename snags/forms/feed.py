"""What the address of a snag page may carry; nonsense counts as nothing."""

from dataclasses import dataclass

from django import forms
from django.http import QueryDict

from snags.queries.feed import DEEPEST, SHOWS


@dataclass(frozen=True)
class Wanted:
    show: str = "all"
    page: int = 1
    seen: str = ""
    since: str = ""
    reported: bool = False


class FeedForm(forms.Form):
    a = forms.ChoiceField(choices=SHOWS.items(), required=False)
    page = forms.IntegerField(min_value=1, max_value=DEEPEST, required=False)
    seen = forms.RegexField(r"^\d{1,18}-\d{1,18}$", required=False)
    since = forms.CharField(max_length=200, required=False)
    reported = forms.BooleanField(required=False)


class PageForm(forms.Form):
    page = forms.IntegerField(min_value=1, max_value=1000, required=False)


def wanted(query: QueryDict) -> Wanted:
    form = FeedForm(query)
    form.is_valid()
    data = form.cleaned_data
    return Wanted(
        show=data.get("a") or "all",
        page=data.get("page") or 1,
        seen=data.get("seen") or "",
        since=data.get("since") or "",
        reported=bool(data.get("reported")),
    )


def page_wanted(query: QueryDict) -> int:
    form = PageForm(query)
    form.is_valid()
    return form.cleaned_data.get("page") or 1
