"""What the demo company runs: machines, parts, versions over time, what is owed."""

import hashlib
from datetime import datetime, timedelta
from decimal import Decimal

from environments.models import (
    Component,
    Dependency,
    Environment,
    Placement,
    PromotionPath,
    Server,
)
from environments.services import maintenance, renewals
from environments.services.downtime import save_downtime_cost
from environments.services.environment import edit_environment
from environments.services.installing import record_installation
from opsdesk.site.demo.places import World

HOST = "NetHost Infrastructure"
ERP = "Consona Corporation"
PARTNER = "Northgate ERP Partners"
# kind: code, owner, data owner, data, minutes until back, minutes lost at most.
COPIES = {
    "production": ("PRD", "rafael", "carol", "live", 240, 15),
    "failover": ("FO", "rafael", "carol", "live", 60, 15),
    "dev_test": ("DEV", "priya", "priya", "masked", None, None),
    "training": ("TRN", "priya", "carol", "masked", None, None),
}
# kind: name, role, system, CPUs, memory and disk in GB, address.
SERVERS = {
    "production": (
        ("mf-app1", "app", "Red Hat Enterprise Linux 9.4", 16, 64, 400, "10.20.1.11"),
        ("mf-db1", "db", "Red Hat Enterprise Linux 9.4", 24, 192, 2400, "10.20.1.12"),
        ("mf-rep1", "report", "Windows Server 2022", 8, 32, 600, "10.20.1.13"),
    ),
    "failover": (
        (
            "mf-fo-app1",
            "app",
            "Red Hat Enterprise Linux 9.4",
            16,
            64,
            400,
            "10.30.1.11",
        ),
        (
            "mf-fo-db1",
            "db",
            "Red Hat Enterprise Linux 9.4",
            24,
            192,
            2400,
            "10.30.1.12",
        ),
    ),
    "dev_test": (
        (
            "mf-dev-app1",
            "app",
            "Red Hat Enterprise Linux 9.4",
            4,
            16,
            200,
            "10.20.8.11",
        ),
        ("mf-dev-db1", "db", "Red Hat Enterprise Linux 9.4", 4, 32, 900, "10.20.8.12"),
    ),
    "training": (
        ("mf-trn1", "app", "Red Hat Enterprise Linux 9.4", 4, 24, 700, "10.20.9.11"),
    ),
}
# code, name, kind, supplier, is critical, role of its server, does not work without.
PARTS = (
    ("DB-ERP", "ERP database", "database", ERP, True, "db", ()),
    ("APP-CORE", "ERP application", "application", ERP, True, "app", ("DB-ERP",)),
    ("APP-FIN", "Finance modules", "application", ERP, True, "app", ("APP-CORE",)),
    ("APP-LOG", "Logistics modules", "application", ERP, True, "app", ("APP-CORE",)),
    ("APP-MFG", "Manufacturing modules", "application", ERP, False, "app",
     ("APP-CORE", "APP-LOG")),
    ("APP-CRM", "Sales and CRM", "application", ERP, False, "app", ("APP-CORE",)),
    ("WEB-CLI", "Web client", "platform", ERP, True, "app", ("APP-CORE",)),
    ("RPT-PACK", "Report pack", "report", PARTNER, False, "report", ("DB-ERP",)),
    ("IF-BANK", "Bank interface", "integration", PARTNER, False, "app", ("APP-FIN",)),
    ("IF-PAY", "Payroll interface", "integration", "Paylink Bureau", False, "app",
     ("APP-FIN",)),
    ("IF-EDI", "EDI gateway", "integration", "EDIgate", True, "app", ("APP-LOG",)),
    ("IF-SHOP", "Webshop interface", "integration", PARTNER, False, "app",
     ("APP-LOG", "WEB-CLI")),
    ("CUS-LBL", "Label printing", "customisation", PARTNER, False, "app",
     ("APP-LOG", "CFG-PRN")),
    ("CUS-PRC", "Price list rules", "customisation", PARTNER, False, "app",
     ("APP-CRM",)),
    ("CFG-PRN", "Print and mail settings", "config", None, False, "app", ()),
)  # fmt: skip
APPLICATIONS = ("APP-CORE", "APP-FIN", "APP-LOG", "APP-MFG", "APP-CRM", "WEB-CLI")
NOT_IN_TRAINING = ("IF-BANK", "IF-PAY", "IF-EDI", "IF-SHOP")
GO_LIVE, PACK = 57.0, 3.4
# code: kind of environment -> (label, days ago it was installed), the first found so.
VERSIONS: dict[str, dict[str, tuple[tuple[str, float], ...]]] = {
    **{
        code: {
            "production": (("3.8.2-p9", GO_LIVE), ("3.8.3-p7", PACK)),
            "failover": (("3.8.2-p9", GO_LIVE), ("3.8.3-p7", PACK - 0.4)),
            "dev_test": (
                ("3.8.2-p9", GO_LIVE), ("3.8.3-p7", 17.0), ("3.8.4-rc2", 1.2),
            ),
            "training": (("3.8.2-p9", GO_LIVE),),
        }
        for code in APPLICATIONS
    },
    "DB-ERP": {
        "production": (("0404", GO_LIVE), ("0408", PACK)),
        "failover": (("0404", GO_LIVE), ("0408", PACK - 0.4)),
        "dev_test": (("0404", GO_LIVE), ("0408", 17.0), ("0412", 1.2)),
        "training": (("0404", GO_LIVE),),
    },
    "RPT-PACK": {
        "production": (("2026.9", GO_LIVE), ("2026.10", 0.25)),
        "failover": (("2026.9", GO_LIVE),),
        "dev_test": (("2026.9", GO_LIVE), ("2026.10", 8.0), ("2026.11", 2.0)),
        "training": (("2026.9", GO_LIVE),),
    },
    "IF-EDI": {
        "production": (("5.1", GO_LIVE), ("5.2", 21.0)),
        "failover": (("5.1", GO_LIVE), ("5.2", 20.5)),
        "dev_test": (("5.1", GO_LIVE), ("5.2", 29.0)),
    },
    "CUS-LBL": {
        "production": (("1.3", GO_LIVE), ("1.4", 24.0)),
        "failover": (("1.3", GO_LIVE), ("1.4", 23.6)),
        "dev_test": (("1.3", GO_LIVE), ("1.4", 33.0)),
        "training": (("1.3", GO_LIVE),),
    },
}  # fmt: skip
STEADY = {"IF-BANK": "2.0", "IF-PAY": "1.7", "IF-SHOP": "3.3", "CUS-PRC": "1.1",
          "CFG-PRN": "7"}  # fmt: skip
# From, to, package class, hours it must have run there, passed tests, approvals.
PATHS = (
    ("dev_test", "production", "", 24, 1, 1),
    ("dev_test", "production", "minor", 72, 1, 1),
    ("dev_test", "production", "major", 240, 1, 1),
    ("dev_test", "training", "", 0, 0, 0),
    ("production", "failover", "", 0, 0, 0),
)
# Name, supplier, seats, ends in so many days, who renews it.
LICENCES = (
    ("ERP Professional, named users", ERP, 320, 214, "kerstin"),
    ("Database, 24 cores", HOST, None, 24, "rafael"),
    ("EDI gateway", "EDIgate", None, 151, "lena"),
    ("Report designer", PARTNER, 4, None, "kerstin"),
)
# Kind of environment, host, ends in so many days, who renews it.
CERTIFICATES = (
    ("production", "erp.marlowe.example", 203, "kerstin"),
    ("production", "edi.marlowe.example", 12, "kerstin"),
    ("failover", "erp-fo.marlowe.example", 26, "rafael"),
    ("training", "training.marlowe.example", 88, "kerstin"),
)
# Kind of environment, what, who, due in so many days, every so many days.
TASKS = (
    ("production", "Check last night's backup", "rafael", -0.2, 1),
    ("production", "Archive closed periods", "rafael", 12, 90),
    ("production", "Rebuild the slow indexes", "rafael", 4, 30),
    ("failover", "Restore a backup and compare", "rafael", -3, 30),
    ("dev_test", "Clear out old test data", "priya", 9, 60),
    ("training", "Reset the practice company", "priya", 2, 14),
)


def furnish(world: World, now: datetime) -> None:
    """Fill the landscape that `places` has registered."""
    copies = {
        row.kind: row
        for row in Environment.objects.filter(landscape=world.landscape).order_by("pk")
    }
    _describe(world, copies, now)
    parts = _parts(world)
    for kind, environment in copies.items():
        _place(world, environment, kind, parts)
        _install(world, environment, kind, parts, now)
    _paths(copies)
    _renewals(world, copies)
    _tasks(world, copies, now)
    _cost(world)


def _describe(world: World, copies: dict[str, Environment], now: datetime) -> None:
    refreshed = {"training": 41.0, "dev_test": 12.0}
    for kind, environment in copies.items():
        code, owner, data_owner, data, rto, rpo = COPIES[kind]
        edit_environment(
            environment,
            actor=world.people["kerstin"],
            version=None,
            code=code,
            owner=world.people[owner],
            data_owner=world.people[data_owner],
            data=data,
            rto_minutes=rto,
            rpo_minutes=rpo,
            url=f"https://{code.lower()}.marlowe.example",
            supplier=world.parties[HOST],
            hosting="supplier",
            needs_window=kind == "production",
            needs_backup=kind == "production",
            pairs_with=copies["production"] if kind == "failover" else None,
        )
        if kind in refreshed:
            at = now - timedelta(days=refreshed[kind])
            Environment.objects.filter(pk=environment.pk).update(last_refreshed_at=at)


def _parts(world: World) -> dict[str, Component]:
    made = {
        code: Component.objects.create(
            landscape=world.landscape,
            code=code,
            name=name,
            kind=kind,
            supplier=world.parties[supplier] if supplier else None,
            is_critical=critical,
        )
        for code, name, kind, supplier, critical, _role, _needs in PARTS
    }
    Dependency.objects.bulk_create(
        Dependency(component=made[code], on=made[on])
        for code, *_rest, needs in PARTS
        for on in needs
    )
    return made


def _place(
    world: World, environment: Environment, kind: str, parts: dict[str, Component]
) -> None:
    """Each part on the machine of its role, or on the application's."""
    machines = {
        role: Server.objects.create(
            environment=environment,
            hostname=hostname,
            role=role,
            os=os,
            cpus=cpus,
            ram_gb=ram,
            disk_gb=disk,
            address=address,
            location="Slough" if kind == "failover" else "Reading",
            supplier=world.parties[HOST],
        )
        for hostname, role, os, cpus, ram, disk, address in SERVERS[kind]
    }
    places = [
        (code, machines.get(role, machines["app"]))
        for code, _name, _kind, _supplier, _critical, role, _needs in PARTS
        if not (kind == "training" and code in NOT_IN_TRAINING)
    ]
    if kind == "production":
        places.append(("WEB-CLI", machines["report"]))
    Placement.objects.bulk_create(
        Placement(environment=environment, component=parts[code], server=server)
        for code, server in places
    )


def _install(
    world: World,
    environment: Environment,
    kind: str,
    parts: dict[str, Component],
    now: datetime,
) -> None:
    for code, component in parts.items():
        steady = ((STEADY[code], GO_LIVE),) if code in STEADY else ()
        if kind == "training" and code in NOT_IN_TRAINING:
            continue
        for number, (label, days) in enumerate(
            VERSIONS.get(code, {}).get(kind, steady)
        ):
            record_installation(
                environment,
                component,
                label=label,
                sha256=hashlib.sha256(f"{code} {label}".encode()).hexdigest(),
                source="promotion" if number else "baseline",
                actor=world.people["rafael" if number else "kerstin"],
                at=now - timedelta(days=days),
            )


def _paths(copies: dict[str, Environment]) -> None:
    for upstream, target, package_class, soak, sign_offs, approvals in PATHS:
        PromotionPath.objects.create(
            upstream=copies[upstream],
            target=copies[target],
            package_class=package_class,
            soak_hours=soak,
            sign_offs=sign_offs,
            approvals=approvals,
        )


def _renewals(world: World, copies: dict[str, Environment]) -> None:
    kerstin = world.people["kerstin"]
    for name, supplier, seats, days, owner in LICENCES:
        renewals.add_licence(
            world.landscape,
            actor=kerstin,
            owner=world.people[owner],
            name=name,
            supplier=world.parties[supplier],
            seats=seats,
            ends_on=world.today + timedelta(days=days) if days else None,
        )
    for kind, host, days, owner in CERTIFICATES:
        renewals.add_certificate(
            copies[kind],
            actor=kerstin,
            owner=world.people[owner],
            host=host,
            issuer="Brightwave CA",
            ends_on=world.today + timedelta(days=days),
        )


def _tasks(world: World, copies: dict[str, Environment], now: datetime) -> None:
    for kind, title, owner, days, every in TASKS:
        maintenance.plan_task(
            copies[kind],
            actor=world.people["kerstin"],
            title=title,
            owner=world.people[owner],
            due_at=now + timedelta(days=days),
            every_days=every,
        )


def _cost(world: World) -> None:
    save_downtime_cost(
        actor=world.people["daniel"],
        landscape=world.landscape,
        title="Second site with a standing copy",
        busy_cost_per_hour=Decimal(5200),
        quiet_cost_per_hour=Decimal(600),
        busy_hours_down=Decimal(14),
        quiet_hours_down=Decimal(20),
        failover_cost_per_year=Decimal(48_000),
    )
