"""Landscapes, environments, servers, components, and the paths between."""

from typing import Any

from django.db.models import QuerySet
from django_filters import rest_framework as filters
from drf_spectacular.utils import extend_schema
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from environments.api import inputs, shapes
from environments.models import (
    Component,
    Environment,
    Landscape,
    Lease,
    Placement,
    PromotionPath,
    Server,
)
from environments.queries import rows, windows
from environments.queries.installed import history
from environments.queries.matrix import matrices
from environments.queries.page import timeline
from environments.services import components, landscapes, paths, servers, states
from environments.services import environment as described
from environments.services.rows import locked, locked_landscape
from opsdesk.accounts.access import INTERNAL, Role
from opsdesk.accounts.models import ApiToken, User
from opsdesk.core import clock
from opsdesk.core.api import StrictSerializer, actor
from opsdesk.core.api_fields import EventOut, IdFilter, ReasonIn, Words
from opsdesk.core.api_rows import Rows, dropped_by, edited_by, made_by, verb
from opsdesk.core.policy import allow

STAFF = allow(*sorted(INTERNAL))

# What hangs on an environment is for those who work here.
PART: dict[str, Any] = {
    "policy": STAFF,
    "reads": (ApiToken.Scope.INVENTORY_READ,),
    "orderings": ("-id", "id"),
    "filterset_class": None,
}


class WhyIn(StrictSerializer):
    """Why, if there is more to say."""

    reason = Words(max_length=200)


class Inventory(Rows):
    """Read by everybody who works here; kept by administrators."""

    policy = STAFF
    reads: tuple[str, ...] = (ApiToken.Scope.INVENTORY_READ,)
    writes = (ApiToken.Scope.INVENTORY_WRITE,)


@extend_schema(tags=["Inventory"])
class LandscapeViewSet(Inventory):
    """ERP instances."""

    serializer_class = shapes.LandscapeOut
    queryset = Landscape.objects.order_by("id")
    locked = staticmethod(locked_landscape)

    @made_by(inputs.LandscapeIn)
    def create(self, user: User, **facts: Any) -> Landscape:
        return landscapes.add_landscape(actor=user, **facts)

    @edited_by(inputs.LandscapeIn)
    def partial_update(self, row: Landscape, user: User, **facts: Any) -> None:
        landscapes.edit_landscape(row, actor=user, version=None, **facts)

    @extend_schema(responses=shapes.MatrixOut)
    @action(detail=True)
    def matrix(self, request: Request, pk: str) -> Response:
        """Which version of each component runs where, and how that stands."""
        landscape: Landscape = self.get_object()
        places = Environment.objects.visible_to(actor(request))
        here = list(places.filter(landscape=landscape).order_by("kind", "name", "pk"))
        found = matrices([landscape], here, clock.now())[landscape.pk]
        return Response(shapes.MatrixOut(found).data)


class EnvironmentFilters(filters.FilterSet):  # type: ignore[misc]
    landscape = IdFilter("landscape")
    kind = filters.MultipleChoiceFilter(choices=Environment.Kind.choices)
    status = filters.MultipleChoiceFilter(choices=Environment.Status.choices)


@extend_schema(tags=["Inventory"])
class EnvironmentViewSet(Inventory):
    """The running copies; whoever reports may name them."""

    policy = allow(*sorted(set(Role) - {Role.SUPPLIER}))
    reads = (*Inventory.reads, ApiToken.Scope.SNAGS_READ)
    serializer_class = shapes.EnvironmentOut
    filterset_class = EnvironmentFilters
    queryset = Environment.objects.none()
    orderings = ("id", "-id", "name", "-name")
    locked = staticmethod(locked)

    def get_queryset(self) -> QuerySet[Environment]:
        places = Environment.objects.visible_to(actor(self.request))
        named = ("landscape", "supplier", "owner", "data_owner")
        return places.select_related(*named).order_by("id")

    @made_by(inputs.EnvironmentIn)
    def create(
        self, user: User, landscape: Landscape, kind: str, **facts: Any
    ) -> Environment:
        return described.add_environment(landscape, actor=user, kind=kind, **facts)

    @edited_by(inputs.EnvironmentEditIn)
    def partial_update(self, row: Environment, user: User, **facts: Any) -> None:
        described.edit_environment(row, actor=user, version=None, **facts)

    @verb(ReasonIn)
    def pause(self, row: Environment, user: User, reason: str) -> None:
        """Stop the line: nothing new starts here until somebody lets it go on."""
        states.pause(row, actor=user, reason=reason)

    @verb(WhyIn)
    def resume(self, row: Environment, user: User, reason: str = "") -> None:
        """Let the line go on."""
        states.resume(row, actor=user, reason=reason)

    @extend_schema(responses=shapes.InstallationOut(many=True))
    @action(detail=True, **PART)
    def versions(self, request: Request, pk: str) -> Response:
        """Every version it has had."""
        page = self.paginate_queryset(history(self.get_object()))
        shown = shapes.InstallationOut(page or [], many=True)
        return self.get_paginated_response(shown.data)

    @extend_schema(responses=EventOut(many=True))
    @action(detail=True, **PART)
    def timeline(self, request: Request, pk: str) -> Response:
        """What was done to it."""
        page = self.paginate_queryset(timeline(self.get_object()))
        return self.get_paginated_response(EventOut(page or [], many=True).data)

    @extend_schema(responses=shapes.StatusOut)
    @action(detail=True, url_path="status", **PART)
    def standing(self, request: Request, pk: str) -> Response:
        """What holds there now: pause, freeze, maintenance, who is at work on it."""
        environment: Environment = self.get_object()
        at = clock.now()
        now = windows.standings([environment], at)[environment.pk]
        leases = Lease.objects.filter(environment=environment, ended_at=None)
        found = {
            "at": at,
            "status": environment.status,
            "is_serving": environment.is_serving,
            "paused_at": environment.paused_at,
            "pause_reason": environment.pause_reason,
            "lease": leases.select_related("holder").order_by("pk").first(),
            "freezes": now.freezes,
            "maintenance": now.maintenance,
            "upcoming": now.upcoming,
        }
        return Response(shapes.StatusOut(found).data)


@extend_schema(tags=["Inventory"])
class ServerViewSet(Inventory):
    """The machines of environments."""

    serializer_class = shapes.ServerOut
    filterset_fields = ("environment",)
    queryset = Server.objects.none()

    @staticmethod
    def locked(row: Server) -> None:
        locked(row.environment)

    def get_queryset(self) -> QuerySet[Server]:
        return rows.servers(actor(self.request))

    @made_by(inputs.ServerIn)
    def create(self, user: User, environment: Environment, **facts: Any) -> Server:
        return servers.add_server(environment, actor=user, **facts)

    @edited_by(inputs.ServerEditIn)
    def partial_update(self, row: Server, user: User, **facts: Any) -> None:
        servers.edit_server(row, actor=user, version=None, **facts)


@extend_schema(tags=["Inventory"])
class ComponentViewSet(Inventory):
    """The parts of an ERP that are installed by themselves."""

    serializer_class = shapes.ComponentOut
    filterset_fields = ("landscape",)
    queryset = rows.components()
    locked = staticmethod(components.locked_component)

    @made_by(inputs.ComponentIn)
    def create(self, user: User, landscape: Landscape, **facts: Any) -> Component:
        return components.add_component(landscape, actor=user, **facts)

    @edited_by(inputs.ComponentEditIn)
    def partial_update(self, row: Component, user: User, **facts: Any) -> None:
        components.edit_component(row, actor=user, version=None, **facts)


@extend_schema(tags=["Inventory"])
class PlacementViewSet(Inventory):
    """Which component runs where."""

    serializer_class = shapes.PlacementOut
    filterset_fields = ("environment", "component")
    queryset = Placement.objects.none()

    def get_queryset(self) -> QuerySet[Placement]:
        return rows.placements(actor(self.request))

    @made_by(inputs.PlacementIn)
    def create(self, user: User, environment: Environment, **said: Any) -> Placement:
        return components.place(environment, actor=user, **said)

    @dropped_by
    def destroy(self, row: Placement, user: User) -> None:
        """It runs there no more."""
        components.unplace(row, actor=user)


@extend_schema(tags=["Inventory"])
class PathViewSet(Inventory):
    """What a package must bring from one environment to enter another."""

    serializer_class = shapes.PathOut
    filterset_fields = ("target", "upstream")
    queryset = PromotionPath.objects.none()

    def get_queryset(self) -> QuerySet[PromotionPath]:
        return rows.paths(actor(self.request))

    @staticmethod
    def locked(row: PromotionPath) -> None:
        locked(row.target)

    @made_by(inputs.PathIn)
    def create(self, user: User, target: Environment, **facts: Any) -> PromotionPath:
        return paths.lay_path(target, actor=user, **facts)

    @edited_by(inputs.PathEditIn)
    def partial_update(self, row: PromotionPath, user: User, **facts: Any) -> None:
        paths.edit_path(row, actor=user, version=None, **facts)

    @dropped_by
    def destroy(self, row: PromotionPath, user: User) -> None:
        """Nothing is asked of packages from there any more."""
        paths.drop_path(row, actor=user)
