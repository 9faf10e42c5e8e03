"""Ready-made rows. Anything with rules is made by its service, not by the ORM."""

from datetime import UTC, date, datetime
from importlib import import_module

from django.apps import apps

from environments.models import Environment, Landscape
from opsdesk.accounts.models import Membership, Party, User
from opsdesk.core.models import ApprovalPolicy
from sla.calendars import Hours
from sla.models import (
    CalendarVersion,
    Contract,
    ContractVersion,
    ServiceCalendar,
    Target,
)
from snags.models import GoLive, Snaglist
from snags.services.raising import raise_snag

# A Monday in winter: London shows the same hour.
NINE = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
PASSWORD = "correct horse"


def first_policies():
    """Who must agree, as a new installation has it; emptied tables get it again."""
    if not ApprovalPolicy.objects.exists():
        import_module("changes.migrations.0003_first_policies").add(apps, None)


def built_in_profile():
    """How ServiceNow's log is read, as a new installation has it."""
    import_module("snags.migrations.0003_servicenow_profile").add(apps, None)


def make_party(name, kind="department", **extra):
    return Party.objects.get_or_create(name=name, defaults={"kind": kind, **extra})[0]


def make_user(name, *roles, supplier=None, scope=None, **extra):
    """make_user("sam", "support"): Sam Support, sam@example.org."""
    user = User.objects.create_user(
        f"{name}@example.org", PASSWORD, **{"name": name.capitalize(), **extra}
    )
    Membership.objects.bulk_create(
        Membership(user=user, role=role, supplier=supplier, department=scope)
        for role in roles
    )
    return user


def make_landscape(name="ERP"):
    """Production of a landscape with four environments and one open snaglist.

    Nobody made them: they have no history.
    """
    (landscape,) = Landscape.objects.bulk_create(
        [Landscape(name=name, product="Compiere")]
    )
    made = {
        kind: Environment(landscape=landscape, kind=kind, name=f"{name} {kind.label}")
        for kind in Environment.Kind
    }
    production = made[Environment.Kind.PRODUCTION]
    production.is_serving = True
    Environment.objects.bulk_create(made.values())
    Environment.objects.filter(pk=made[Environment.Kind.FAILOVER].pk).update(
        pairs_with=production
    )
    (golive,) = GoLive.objects.bulk_create(
        [GoLive(landscape=landscape, name="Go-live", went_live_on=date(2026, 1, 5))]
    )
    Snaglist.objects.bulk_create([Snaglist(golive=golive, name="General")])
    return landscape.environments.get(is_serving=True)


def make_calendar(name="Office", hours="Mon-Fri 09:00-17:00", zone="Europe/London"):
    calendar = ServiceCalendar.objects.create(name=name)
    CalendarVersion.objects.create(
        calendar=calendar, number=1, hours=Hours.parse(hours, zone).to_json()
    )
    return calendar


def make_contract(landscape, calendar=None, *, name="", terms=None, **targets):
    """make_contract(live.landscape, p3_response=60, p3_resolution=480), in minutes."""
    us = Party.objects.filter(kind="organisation").first()
    contract = Contract.objects.create(
        name=name or f"Support of {landscape}",
        party=us or make_party("Marlowe Fabrications", "organisation"),
        landscape=landscape,
    )
    version = ContractVersion.objects.create(
        contract=contract,
        number=1,
        effective_from=datetime(2020, 1, 1, tzinfo=UTC),
        **{"warn_percents": [75], **(terms or {})},
    )
    calendar = calendar or make_calendar()
    for key, minutes in targets.items():
        priority, kind = key.split("_")
        Target.objects.create(
            version=version,
            kind=kind,
            priority=int(priority[1]),
            minutes=minutes,
            calendar=calendar,
        )
    return contract


def make_snag(environment, actor, **extra):
    """A P3 fault raised through its service; at=NINE places it on a known Monday."""
    fields = {"title": "Invoices print twice", "impact": 2, "urgency": 2, **extra}
    lists = Snaglist.objects.filter(golive__landscape=environment.landscape_id)
    snaglist = lists.select_related("golive").first()
    return raise_snag(environment=environment, snaglist=snaglist, actor=actor, **fields)
