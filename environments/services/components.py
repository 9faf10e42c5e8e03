"""The parts of an ERP, what each does not work without, and where each runs."""

from typing import TypedDict, Unpack

from django.db import transaction

from environments.models import (
    Component,
    Dependency,
    Environment,
    Landscape,
    Placement,
    Server,
)
from environments.services.rows import describe, keep, locked, locked_landscape, log
from opsdesk.accounts.models import Party, User
from opsdesk.core import clock
from opsdesk.core.errors import RuleError
from opsdesk.core.records import save


class ComponentFacts(TypedDict, total=False):
    """What may be said about a component."""

    code: str
    name: str
    kind: str
    supplier: Party | None
    is_critical: bool
    needs: int


@transaction.atomic
def add_component(
    landscape: Landscape, *, actor: User, **facts: Unpack[ComponentFacts]
) -> Component:
    """Name a part of the ERP that is installed by itself."""
    keep(actor)
    component = Component(landscape=locked_landscape(landscape), **facts)
    save(component, actor=actor)
    return component


@transaction.atomic
def edit_component(
    component: Component,
    *,
    actor: User,
    version: int | None,
    **facts: Unpack[ComponentFacts],
) -> Component:
    """Describe a part anew; who read an older version keeps both (StaleError)."""
    keep(actor)
    component = locked_component(component)
    describe(component, facts, version=version, actor=actor)
    return component


@transaction.atomic
def depend(
    component: Component, *, actor: User, on: Component, note: str = ""
) -> Dependency:
    """Say that one part does not work without another."""
    keep(actor)
    if component.landscape_id != on.landscape_id:
        raise RuleError("That component is of another landscape.", code="bad_component")
    return Dependency.objects.create(component=component, on=on, note=note)


@transaction.atomic
def undepend(dependency: Dependency, *, actor: User) -> None:
    """It works without the other after all."""
    keep(actor)
    dependency.delete()


@transaction.atomic
def place(
    environment: Environment,
    *,
    actor: User,
    component: Component,
    server: Server | None = None,
) -> Placement:
    """Say that a component runs in an environment, and on which machine if known."""
    keep(actor)
    environment = locked(environment)
    if component.landscape_id != environment.landscape_id:
        raise RuleError("That component is of another landscape.", code="bad_component")
    if server is not None and server.environment_id != environment.pk:
        raise RuleError("That server is of another environment.", code="bad_server")
    placement = Placement.objects.create(
        environment=environment, component=component, server=server
    )
    log(
        environment,
        "placed",
        actor=actor,
        at=clock.now(),
        component=component.name,
        server=server.hostname if server else "",
    )
    return placement


@transaction.atomic
def unplace(placement: Placement, *, actor: User) -> None:
    """The component runs there no more; what was installed stays on record.

    Taking it away again changes nothing.
    """
    keep(actor)
    environment = locked(placement.environment)
    if not Placement.objects.filter(pk=placement.pk).delete()[0]:
        return
    log(
        environment,
        "unplaced",
        actor=actor,
        at=clock.now(),
        component=placement.component.name,
        server=placement.server.hostname if placement.server else "",
    )


def locked_component(component: Component) -> Component:
    """The part as it is now, held until the transaction ends."""
    rows = Component.objects.select_for_update(of=("self",), no_key=True)
    return rows.get(pk=component.pk)
