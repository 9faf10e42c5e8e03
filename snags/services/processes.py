"""The business processes snags are about, and their steps as designed."""

from django.db import transaction

from environments.models import Landscape
from opsdesk.accounts.access import Role, access_of
from opsdesk.accounts.models import User
from opsdesk.core.errors import require
from opsdesk.core.records import check_version, save
from snags.models import BusinessProcess


@transaction.atomic
def add_process(
    *,
    actor: User,
    landscape: Landscape,
    name: str,
    steps: list[str],
    owner: User | None = None,
    is_active: bool = True,
) -> BusinessProcess:
    """Name a process of the business with its steps in order."""
    require(access_of(actor).has(Role.MANAGER))
    process = BusinessProcess(
        landscape=landscape, name=name, steps=steps, owner=owner, is_active=is_active
    )
    save(process, actor=actor)
    return process


@transaction.atomic
def edit_process(
    process: BusinessProcess,
    *,
    actor: User,
    version: int | None,
    name: str,
    steps: list[str],
    owner: User | None = None,
    is_active: bool = True,
) -> BusinessProcess:
    """Describe a process anew; snags keep the step they were reported for."""
    require(access_of(actor).has(Role.MANAGER))
    process = BusinessProcess.objects.select_for_update(of=("self",)).get(pk=process.pk)
    check_version(process, version)
    process.name, process.steps = name, steps
    process.owner, process.is_active = owner, is_active
    save(process, actor=actor)
    return process
