"""Names to choose from, read only."""

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework.viewsets import ReadOnlyModelViewSet

from environments.models import Module
from opsdesk.accounts.access import Role
from opsdesk.accounts.models import Party
from opsdesk.core.policy import allow
from snags.api import shapes
from snags.api.known import Snags
from snags.models import BusinessProcess, Snaglist


class Reference(Snags, ReadOnlyModelViewSet[Any]):
    """Names to choose from; a supplier's contacts see none of them."""

    policy = allow(*sorted(set(Role) - {Role.SUPPLIER}))
    orderings = ("id", "-id")


@extend_schema(tags=["Reference"])
class SnaglistViewSet(Reference):
    serializer_class = shapes.SnaglistOut
    queryset = Snaglist.objects.select_related("golive").order_by("id")


@extend_schema(tags=["Reference"])
class ModuleViewSet(Reference):
    serializer_class = shapes.ModuleOut
    queryset = Module.objects.order_by("id")


@extend_schema(tags=["Reference"])
class ProcessViewSet(Reference):
    serializer_class = shapes.ProcessOut
    queryset = BusinessProcess.objects.filter(is_active=True).order_by("id")


@extend_schema(tags=["Reference"])
class SupplierViewSet(Reference):
    policy = allow(*sorted(set(Role) - {Role.SUPPLIER, Role.REPORTER}))
    serializer_class = shapes.SupplierOut
    queryset = Party.objects.of_kind(Party.Kind.SUPPLIER).order_by("id")
