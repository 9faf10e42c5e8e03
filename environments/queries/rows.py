"""What hangs on landscapes and environments, row by row: for forms and for the API."""

from django.db.models import QuerySet

from environments.models import (
    Component,
    Dependency,
    Environment,
    Licence,
    MaintenanceTask,
    Placement,
    PromotionPath,
    Server,
    TlsCertificate,
)
from opsdesk.accounts.models import User


def servers(user: User) -> QuerySet[Server]:
    rows = Server.objects.filter(environment__in=_seen(user))
    return rows.select_related("environment", "supplier").order_by("pk")


def components() -> QuerySet[Component]:
    return Component.objects.select_related("landscape", "supplier").order_by("pk")


def dependencies() -> QuerySet[Dependency]:
    rows = Dependency.objects.select_related("component__landscape", "on")
    return rows.order_by("pk")


def placements(user: User) -> QuerySet[Placement]:
    rows = Placement.objects.filter(environment__in=_seen(user))
    return rows.select_related("environment", "component", "server").order_by("pk")


def paths(user: User) -> QuerySet[PromotionPath]:
    rows = PromotionPath.objects.filter(target__in=_seen(user))
    return rows.select_related("target", "upstream").order_by("pk")


def licences() -> QuerySet[Licence]:
    return Licence.objects.select_related("landscape", "renewal").order_by("pk")


def certificates(user: User) -> QuerySet[TlsCertificate]:
    rows = TlsCertificate.objects.filter(environment__in=_seen(user))
    return rows.select_related("environment", "renewal").order_by("pk")


def tasks(user: User) -> QuerySet[MaintenanceTask]:
    rows = MaintenanceTask.objects.filter(environment__in=_seen(user))
    return rows.select_related("environment", "duty").order_by("pk")


def _seen(user: User) -> QuerySet[Environment]:
    return Environment.objects.visible_to(user)
