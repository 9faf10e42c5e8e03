"""What every verb of the inventory does: judge, lock, say what changed."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, cast

from django.db import models

from environments import permissions
from environments.models import Environment, EnvironmentEvent, Landscape
from opsdesk.accounts.models import User
from opsdesk.core.errors import require
from opsdesk.core.records import Versioned, check_version, save


def keep(actor: User) -> None:
    """Only who keeps the inventory goes on; raises NotAllowedError."""
    require(permissions.can_keep_inventory(actor))


def locked(environment: Environment) -> Environment:
    """The environment as it is now, held until the transaction ends."""
    return locked_by_id(environment.pk)


def locked_by_id(pk: int) -> Environment:
    """The same, where nothing but its id is known."""
    return Environment.objects.select_for_update(of=("self",), no_key=True).get(pk=pk)


def locked_landscape(landscape: Landscape) -> Landscape:
    """The landscape as it is now, held until the transaction ends."""
    rows = Landscape.objects.select_for_update(of=("self",), no_key=True)
    return rows.get(pk=landscape.pk)


def describe(
    row: models.Model, facts: Mapping[str, Any], version: int | None, actor: User
) -> list[str]:
    """Save what differs of a locked row; the names of it, in order.

    Raises StaleError when somebody else changed the row since `version` was read.
    """
    changed = [name for name, value in facts.items() if getattr(row, name) != value]
    if changed:
        check_version(cast("Versioned", row), version)
        for name in changed:
            setattr(row, name, facts[name])
        save(row, *changed, "version", actor=actor)
    return changed


def log(
    environment: Environment,
    verb: str,
    *,
    actor: User | None,
    at: datetime,
    **params: Any,
) -> EnvironmentEvent:
    """Write one line of the environment's timeline."""
    return EnvironmentEvent.objects.create(
        environment=environment, verb=verb, params=params, actor=actor, at=at
    )
