"""The machines of an environment."""

from datetime import date
from typing import TypedDict, Unpack

from django.db import transaction

from environments.models import Environment, Server
from environments.services.rows import describe, keep, locked, log
from opsdesk.accounts.models import Party, User
from opsdesk.core import clock
from opsdesk.core.records import save


class ServerFacts(TypedDict, total=False):
    """What may be said about a server."""

    hostname: str
    role: str
    os: str
    cpus: int | None
    ram_gb: int | None
    disk_gb: int | None
    address: str | None
    location: str
    supplier: Party | None
    warranty_until_on: date | None
    is_retired: bool


@transaction.atomic
def add_server(
    environment: Environment, *, actor: User, **facts: Unpack[ServerFacts]
) -> Server:
    """Register a machine of the environment."""
    keep(actor)
    environment = locked(environment)
    server = Server(environment=environment, **facts)
    save(server, actor=actor)
    at = clock.now()
    log(environment, "server_added", actor=actor, at=at, server=server.hostname)
    return server


@transaction.atomic
def edit_server(
    server: Server, *, actor: User, version: int | None, **facts: Unpack[ServerFacts]
) -> Server:
    """Describe a machine anew; who read an older version keeps both (StaleError)."""
    keep(actor)
    environment = locked(server.environment)
    server = Server.objects.select_for_update(of=("self",)).get(pk=server.pk)
    changed = describe(server, facts, version=version, actor=actor)
    if changed:
        log(
            environment,
            "server_described",
            actor=actor,
            at=clock.now(),
            server=server.hostname,
            fields=changed,
        )
    return server
