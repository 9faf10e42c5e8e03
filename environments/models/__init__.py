from environments.models.feeds import CalendarFeed
from environments.models.inventory import (
    Component,
    Dependency,
    Installation,
    Licence,
    MaintenanceTask,
    Placement,
    Server,
    TlsCertificate,
)
from environments.models.landscape import Environment, Landscape, Module
from environments.models.leases import Lease
from environments.models.paths import PackageClass, PromotionPath
from environments.models.records import DowntimeCost, EnvironmentEvent
from environments.models.windows import Occurrence, WindowKind, WindowRule

__all__ = [
    "CalendarFeed",
    "Component",
    "Dependency",
    "DowntimeCost",
    "Environment",
    "EnvironmentEvent",
    "Installation",
    "Landscape",
    "Lease",
    "Licence",
    "MaintenanceTask",
    "Module",
    "Occurrence",
    "PackageClass",
    "Placement",
    "PromotionPath",
    "Server",
    "TlsCertificate",
    "WindowKind",
    "WindowRule",
]
