"""The ERP instances there are, their modules, and how far their copies may lag."""

from typing import TypedDict, Unpack

from django.db import transaction

from environments.models import Landscape, Module
from environments.services.rows import describe, keep, locked_landscape
from opsdesk.accounts.models import User
from opsdesk.core.records import save


class LandscapeFacts(TypedDict, total=False):
    """What may be said about a landscape."""

    name: str
    product: str
    edition: str
    implementation_model: str
    support: str
    time_zone: str
    failover_sync_hours: int
    training_sync_days: int


@transaction.atomic
def add_landscape(*, actor: User, **facts: Unpack[LandscapeFacts]) -> Landscape:
    """Register an ERP instance."""
    keep(actor)
    landscape = Landscape(**facts)
    save(landscape, actor=actor)
    return landscape


@transaction.atomic
def edit_landscape(
    landscape: Landscape,
    *,
    actor: User,
    version: int | None,
    **facts: Unpack[LandscapeFacts],
) -> Landscape:
    """Describe an ERP instance anew; a stale copy is refused (StaleError)."""
    keep(actor)
    landscape = locked_landscape(landscape)
    describe(landscape, facts, version=version, actor=actor)
    return landscape


@transaction.atomic
def name_modules(
    landscape: Landscape, *, actor: User, names: list[str]
) -> list[Module]:
    """Add the modules that are not there yet; known ones are in use again."""
    keep(actor)
    wanted = list(dict.fromkeys(name.strip() for name in names if name.strip()))
    Module.objects.bulk_create(
        (Module(landscape=landscape, name=name) for name in wanted),
        ignore_conflicts=True,
    )
    landscape.modules.filter(name__in=wanted).update(is_active=True)
    return list(landscape.modules.in_use().order_by("name"))
