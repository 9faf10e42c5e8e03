"""Every change of the inventory."""

from django.db import transaction

from environments import permissions
from environments.models import Environment, Landscape, Module
from opsdesk.accounts.models import User
from opsdesk.core.errors import RuleError, require
from opsdesk.core.records import check_version, save

Kind = Environment.Kind


@transaction.atomic
def add_landscape(
    *,
    actor: User,
    name: str,
    product: str = "",
    edition: str = "",
    implementation_model: str = "",
    support: str = Landscape.Support.CENTRALISED,
) -> Landscape:
    """Register an ERP instance."""
    require(permissions.can_keep_inventory(actor))
    landscape = Landscape(
        name=name,
        product=product,
        edition=edition,
        implementation_model=implementation_model,
        support=support,
    )
    save(landscape, actor=actor)
    return landscape


@transaction.atomic
def edit_landscape(
    landscape: Landscape,
    *,
    actor: User,
    version: int | None,
    name: str,
    product: str = "",
    edition: str = "",
    implementation_model: str = "",
    support: str = Landscape.Support.CENTRALISED,
) -> Landscape:
    """Describe an ERP instance anew; a stale copy is refused."""
    require(permissions.can_keep_inventory(actor))
    landscape = Landscape.objects.select_for_update(of=("self",)).get(pk=landscape.pk)
    check_version(landscape, version)
    landscape.name, landscape.product = name, product
    landscape.edition, landscape.support = edition, support
    landscape.implementation_model = implementation_model
    save(landscape, actor=actor)
    return landscape


@transaction.atomic
def name_modules(
    landscape: Landscape, *, actor: User, names: list[str]
) -> list[Module]:
    """Add the modules that are not there yet; known ones are in use again."""
    require(permissions.can_keep_inventory(actor))
    wanted = list(dict.fromkeys(name.strip() for name in names if name.strip()))
    Module.objects.bulk_create(
        (Module(landscape=landscape, name=name) for name in wanted),
        ignore_conflicts=True,
    )
    landscape.modules.filter(name__in=wanted).update(is_active=True)
    return list(landscape.modules.in_use().order_by("name"))


@transaction.atomic
def add_environment(
    landscape: Landscape,
    *,
    actor: User,
    kind: str,
    name: str,
    url: str = "",
    app_version: str = "",
    is_serving: bool = False,
) -> Environment:
    """Register a running copy; at most one of a landscape serves the business."""
    require(permissions.can_keep_inventory(actor))
    environment = Environment(
        landscape=landscape, kind=kind, name=name, url=url, app_version=app_version
    )
    _serve(environment, is_serving)
    save(environment, actor=actor)
    return environment


@transaction.atomic
def edit_environment(
    environment: Environment,
    *,
    actor: User,
    version: int | None,
    name: str,
    url: str = "",
    app_version: str = "",
    is_serving: bool = False,
) -> Environment:
    """Describe a running copy anew; what it is for stays as it is."""
    require(permissions.can_keep_inventory(actor))
    environment = Environment.objects.select_for_update(of=("self",)).get(
        pk=environment.pk
    )
    check_version(environment, version)
    environment.name, environment.url = name, url
    environment.app_version = app_version
    _serve(environment, is_serving)
    save(environment, actor=actor)
    return environment


def _serve(environment: Environment, is_serving: bool) -> None:  # noqa: FBT001
    """Only production, or a failover that took over, may serve the business."""
    if is_serving and environment.kind not in {Kind.PRODUCTION, Kind.FAILOVER}:
        raise RuleError(
            "Only production or a failover can serve the business.",
            code="kind_cannot_serve",
        )
    environment.is_serving = is_serving
