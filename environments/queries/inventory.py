"""Reads of the inventory."""

from dataclasses import dataclass

from django.db.models import Prefetch, QuerySet

from environments.models import Environment, Landscape, Module
from opsdesk.accounts.models import User


@dataclass(frozen=True)
class Column:
    """One of the four jobs, and the environments that do it."""

    kind: str
    label: str
    environments: tuple[Environment, ...]


@dataclass(frozen=True)
class Board:
    """A landscape with its four kinds side by side; an empty one is a gap."""

    landscape: Landscape
    columns: tuple[Column, ...]

    @property
    def missing(self) -> tuple[str, ...]:
        return tuple(c.label for c in self.columns if not c.environments)


def boards(user: User) -> list[Board]:
    """Every landscape a person may see, with what is missing from it."""
    rows = list(environments(user))
    modules = Prefetch("modules", Module.objects.in_use().order_by("name"))
    landscapes = Landscape.objects.prefetch_related(modules).order_by("name", "pk")
    return [Board(landscape, _columns(landscape, rows)) for landscape in landscapes]


def environments(user: User) -> QuerySet[Environment]:
    return (
        Environment.objects.visible_to(user)
        .select_related("landscape")
        .order_by("landscape__name", "kind", "name", "pk")
    )


def _columns(landscape: Landscape, rows: list[Environment]) -> tuple[Column, ...]:
    own = [row for row in rows if row.landscape_id == landscape.pk]
    return tuple(
        Column(
            kind.value, str(kind.label), tuple(row for row in own if row.kind == kind)
        )
        for kind in Environment.Kind
    )
