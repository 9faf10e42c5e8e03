"""What changed on a snag's own fields, by whom and when, in people's words."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.db import models
from django.utils import timezone

from opsdesk.core.models import Duty
from opsdesk.core.wording import day, moment
from snags.models import Snag
from snags.wording import label_of

PAGE = 50
LONGEST = 400
# Follow from other fields or are bookkeeping; a reader learns nothing from them.
SILENT = {"id", "version", "logged_by", "search"}


@dataclass(frozen=True)
class Diff:
    label: str
    old: str
    new: str


@dataclass(frozen=True)
class Change:
    """One saved state of the snag against the one before it."""

    who: str
    when: str
    is_first: bool
    diffs: list[Diff]


@dataclass(frozen=True)
class HistoryPage:
    changes: list[Change]
    newer: str
    older: str


def history_of(snag: Snag, *, page: int, now: datetime) -> HistoryPage:
    """A page of field changes, newest first; names are read in one query a table."""
    start = (page - 1) * PAGE
    rows = list(
        snag.history.select_related("history_user").order_by(
            "-history_date", "-history_id"
        )[start : start + PAGE + 1]
    )
    if not rows:
        return HistoryPage([], newer=f"?page={page - 1}" if page > 1 else "", older="")
    pairs = list(zip(rows, [*rows[1:], None], strict=True))[:PAGE]
    fields = [field for field in rows[0].tracked_fields if field.name not in SILENT]
    changed = [(new, old, _changed(fields, new, old)) for new, old in pairs]
    names = _names(changed)
    changes = [_change(new, old, found, names, now) for new, old, found in changed]
    kept = [change for change in changes if change.diffs or change.is_first]
    return HistoryPage(
        kept,
        newer=f"?page={page - 1}" if page > 1 else "",
        older=f"?page={page + 1}" if len(rows) > PAGE else "",
    )


Named = dict[tuple[type[models.Model], Any], str]


def _changed(fields: list[Any], new: Any, old: Any) -> list[Any]:
    if old is None:
        return []
    return [f for f in fields if getattr(new, f.attname) != getattr(old, f.attname)]


def _change(
    new: Any, old: Any, found: list[Any], names: Named, now: datetime
) -> Change:
    user = new.history_user
    return Change(
        who=user.name if user else "opsdesk",
        when=moment(new.history_date, now),
        is_first=old is None and new.history_type == "+",
        diffs=[
            Diff(
                label_of_field(field),
                _text(field, old, names),
                _text(field, new, names),
            )
            for field in found
        ],
    )


def label_of_field(field: Any) -> str:
    """The field's own verbose name where the model gives one, else our word for it."""
    plain = field.name.replace("_", " ")
    told = str(field.verbose_name)
    return label_of(field.name) if told == plain else told


def _text(field: Any, row: Any, names: Named) -> str:
    value = getattr(row, field.attname)
    if value in {None, ""}:
        return "–"
    if field.remote_field is not None:
        return names.get((field.remote_field.model, value), f"#{value}")
    if field.choices:
        return str(dict(field.flatchoices).get(value, value))
    if isinstance(value, bool):
        return "Yes" if value else "No"
    return _plain(value)


def _plain(value: Any) -> str:
    if isinstance(value, datetime):
        local = timezone.localtime(value)
        return f"{local.day} {local:%b %Y, %H:%M}"
    if isinstance(value, date):
        return day(value, date.min)
    text = str(value)
    return text if len(text) <= LONGEST else f"{text[:LONGEST]}…"


def _names(changed: Iterable[tuple[Any, Any, list[Any]]]) -> Named:
    """The rows that changed foreign keys point at, one query for each table."""
    wanted: dict[type[models.Model], set[Any]] = defaultdict(set)
    for new, old, fields in changed:
        for field in fields:
            if field.remote_field is not None:
                model = field.remote_field.model
                wanted[model] |= {
                    getattr(new, field.attname),
                    getattr(old, field.attname),
                }
    return {
        (model, row.pk): _name(row)
        for model, ids in wanted.items()
        for row in model._base_manager.filter(pk__in=ids - {None}).order_by("pk")  # noqa: SLF001
    }


def _name(row: models.Model) -> str:
    if isinstance(row, Duty):
        return day(timezone.localdate(row.due_at), date.min)
    return str(row)
