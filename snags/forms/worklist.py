"""What the address of the worklist may carry; nonsense counts as nothing."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from django import forms
from django.http import QueryDict
from django.utils.dateparse import parse_datetime
from django.utils.html import format_html_join
from django.utils.http import urlencode
from django.utils.safestring import SafeString

from opsdesk.accounts.access import Role, people_with
from opsdesk.accounts.models import User
from opsdesk.core.fields import EARLIEST, LATEST
from opsdesk.core.forms import CleanTextMixin, offer
from sla.models import Priority
from snags.queries.searching import LONGEST
from snags.queries.worklist import COLUMNS, NOBODY, PAGE, VIEWS, Asked
from snags.queries.worklist_facets import FIXED, OPTIONAL
from snags.queries.worklist_rows import cursor_of

MOST_VALUES = 20
LARGEST = 2**53


def asked(query: QueryDict) -> Asked:
    """The worklist somebody asks for; whatever is unknown is left out."""
    facets = {name: _values(name, query.getlist(name)) for name in COLUMNS}
    view, sort = query.get("view", ""), query.get("sort", "")
    view = view if view in VIEWS else "open"
    return Asked(
        view=view,
        text=query.get("q", "").strip()[:LONGEST],
        sort=sort if sort in {order.name for order in VIEWS[view].orders} else "",
        facets={name: values for name, values in facets.items() if values},
        cursor=cursor_of(query.get("at", "")),
    )


def query_of(wanted: Asked, **changes: str) -> str:
    """The address of a worklist, with only what it knows; "" drops a part."""
    parts: dict[str, Any] = {
        "view": wanted.view if wanted.view != "open" else "",
        "q": wanted.text,
        "sort": wanted.sort,
        **wanted.facets,
        **changes,
    }
    return urlencode({name: part for name, part in parts.items() if part}, doseq=True)


@dataclass(frozen=True)
class News:
    """Since when an open page asks for news, and which snags it shows."""

    since: datetime
    shown: list[int]


def news_wanted(query: QueryDict) -> News | None:
    """None when the address does not say since when."""
    try:
        since = parse_datetime(query.get("since", ""))
    except ValueError:
        return None
    if since is None or since.tzinfo is None:
        return None
    if not EARLIEST <= since.astimezone(UTC) < LATEST:
        return None
    shown = query.get("on", "").split(",")[:PAGE]
    return News(since, [int(pk) for pk in shown if _is_key(pk)])


class SaveViewForm(CleanTextMixin, forms.Form):
    """A name for the filters; sharing is offered to staff."""

    name = forms.CharField(max_length=60)
    is_shared = forms.BooleanField(
        label="Everybody here sees it",
        required=False,
        help_text="Your own views are only yours.",
    )


class BulkForm(CleanTextMixin, forms.Form):
    """What to do with the ticked rows; one thing at a time."""

    ids = forms.TypedMultipleChoiceField(coerce=int)
    do = forms.ChoiceField(choices=[("apply", "Apply"), ("take", "Take")])
    owner = forms.ModelChoiceField(User.objects.none(), required=False)
    priority = forms.TypedChoiceField(
        choices=[("", "Priority…"), *Priority.choices],
        coerce=int,
        empty_value=None,
        required=False,
    )
    reason = forms.CharField(max_length=250, required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        ticked = self.data.getlist("ids") if self.is_bound else []  # type: ignore[attr-defined]
        keys = [pk for pk in dict.fromkeys(ticked) if _is_key(pk)][: 2 * PAGE]
        self.fields["ids"].choices = [(pk, pk) for pk in keys]  # type: ignore[attr-defined]
        offer(self, "owner", workers())
        for problem in ("required", "invalid_choice"):
            self.fields["ids"].error_messages[problem] = "Tick some snags first."

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        wanted = [data.get("owner"), data.get("priority")]
        if data.get("do") == "apply" and not any(wanted):
            raise forms.ValidationError("Choose an owner or a priority.")
        return data


def workers() -> Any:
    """Whoever may own a snag, by name."""
    return people_with(Role.SUPPORT, Role.MANAGER)


def worker_options() -> SafeString:
    """The same people as the options of a select."""
    people = workers().values_list("pk", "name")
    return format_html_join("", '<option value="{}">{}</option>', people)


def _values(name: str, given: list[str]) -> tuple[str, ...]:
    known: Callable[[str], bool] = (
        FIXED[name].__contains__ if name in FIXED else _is_key
    )
    may_be_nobody = name in OPTIONAL
    unique = dict.fromkeys(given[: 4 * MOST_VALUES])
    kept = [v for v in unique if known(v) or (may_be_nobody and v == NOBODY)]
    return tuple(kept[:MOST_VALUES])


def _is_key(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) <= 16 and int(text) < LARGEST
