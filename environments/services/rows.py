"""What every verb of the inventory does: lock the environment, write its timeline."""

from datetime import datetime
from typing import Any

from environments.models import Environment, EnvironmentEvent
from opsdesk.accounts.models import User


def locked(environment: Environment) -> Environment:
    """The environment as it is now, held until the transaction ends."""
    return (
        Environment.objects.select_for_update(of=("self",), no_key=True)
        .select_related("landscape")
        .get(pk=environment.pk)
    )


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
