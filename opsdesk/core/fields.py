"""Pieces of models: the bounds every table puts on its dates and texts."""

from datetime import UTC, date, datetime

from django.db import models
from django.db.models import Q

EARLIEST = datetime(2000, 1, 1, tzinfo=UTC)
LATEST = datetime(2100, 1, 1, tzinfo=UTC)


def bounded_dates(table: str, *names: str) -> list[models.CheckConstraint]:
    """Refuse any date outside 2000 to 2100: one stray year makes a whole list crash."""
    return [
        models.CheckConstraint(
            name=f"{table}_{name}_is_sane",
            condition=Q(**{f"{name}__isnull": True})
            | Q(**{f"{name}__gte": _bound(name, EARLIEST)})
            & Q(**{f"{name}__lt": _bound(name, LATEST)}),
        )
        for name in names
    ]


def is_sane(when: date) -> bool:
    """Whether a day or an instant lies within those bounds."""
    if isinstance(when, datetime):
        return EARLIEST <= when < LATEST
    return EARLIEST.date() <= when < LATEST.date()


def tidy_text(label: str, field: str) -> models.CheckConstraint:
    """Refuse an empty text where people must be able to read something."""
    return models.CheckConstraint(
        name=f"{label}_is_not_empty", condition=~Q(**{field: ""})
    )


def _bound(name: str, instant: datetime) -> datetime | date:
    return instant.date() if name.endswith("_on") else instant
