"""The demo company's people, parties, systems and promises, through their services
where these have rules, in bulk where they are only names."""

from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import holidays as public_holidays
from django.conf import settings
from django.contrib.auth.hashers import make_password

from environments.models import Environment, Landscape, Module
from opsdesk.accounts.models import Membership, Party, User
from opsdesk.site.demo import company
from sla.calendars import Hours
from sla.models import (
    CalendarVersion,
    Contract,
    ContractVersion,
    ServiceCalendar,
    Target,
)
from snags.models import BusinessProcess, GoLive, Snaglist

PASSWORD = "demo"  # noqa: S105 - refused outside development
WEEKS_SINCE_GO_LIVE = 8


@dataclass
class World:
    """Everything the demo's snags refer to, by name."""

    today: date
    landscape: Landscape
    golive: GoLive
    production: Environment
    modules: dict[str, Module]
    processes: dict[str, BusinessProcess]
    snaglists: dict[str, Snaglist]
    parties: dict[str, Party]
    people: dict[str, User] = field(default_factory=dict)

    @property
    def support(self) -> list[User]:
        names = ("amara", "tom", "priya", "rafael", "lena")
        return [self.people[name] for name in names]

    @property
    def reporters(self) -> list[User]:
        cast = {person.key for person in (*company.CAST, *company.STAFF)}
        return [user for key, user in self.people.items() if key not in cast] + [
            self.people["hannah"]
        ]


def build(today: date) -> World:
    """Everything but the snags."""
    parties = _parties()
    landscape = Landscape.objects.create(
        name="Marlowe ERP",
        product=company.PRODUCT,
        edition="Professional",
        implementation_model="Partner led, one instance",
    )
    environments = [
        Environment.objects.create(
            landscape=landscape,
            kind=kind,
            name=name,
            app_version=version,
            is_serving=serving,
        )
        for kind, name, version, serving in company.ENVIRONMENTS
    ]
    modules = {
        name: Module.objects.create(landscape=landscape, name=name)
        for name in company.MODULES
    }
    golive = GoLive.objects.create(
        landscape=landscape,
        name="Go-live",
        went_live_on=today - timedelta(weeks=WEEKS_SINCE_GO_LIVE),
    )
    world = World(
        today=today,
        landscape=landscape,
        golive=golive,
        production=environments[0],
        modules=modules,
        processes={},
        snaglists=_snaglists(golive, modules),
        parties=parties,
        people=_people(parties),
    )
    world.processes = _processes(world)
    _promise(world)
    return world


def _parties() -> dict[str, Party]:
    us = Party.objects.create(kind="organisation", name=company.NAME)
    rows = [
        Party(kind=kind, name=name, parent=parent)
        for kind, names, parent in (
            ("department", company.DEPARTMENTS, us),
            ("team", company.TEAMS, us),
            ("supplier", company.SUPPLIERS, None),
        )
        for name in names
    ]
    Party.objects.bulk_create(rows)
    return {party.name: party for party in (us, *rows)}


def _people(parties: dict[str, Party]) -> dict[str, User]:
    # One hash for all: argon2 is slow on purpose, and this password is no secret.
    secret = make_password(PASSWORD)
    users, roles = {}, []
    for person in (*company.CAST, *company.STAFF, *_business_users()):
        users[person.key] = User(
            email=person.email,
            name=person.name,
            job=person.job,
            password=secret,
            department=parties.get(person.department),
            team=parties.get(person.team),
            is_demo=person.is_cast,
            mail_me=person.is_cast,
        )
        roles += [(person, role) for role in person.roles]
    User.objects.bulk_create(users.values())
    Membership.objects.bulk_create(
        Membership(
            user=users[person.key],
            role=role,
            supplier=parties[person.supplier] if role == "supplier" else None,
        )
        for person, role in roles
    )
    return users


def _business_users() -> list[company.Person]:
    return [
        company.Person(
            name.lower().replace(" ", "."),
            name,
            "Key user" if number == 0 else "Business user",
            department,
            ("reporter",),
        )
        for department, names in company.REPORTERS.items()
        for number, name in enumerate(names)
    ]


def _snaglists(golive: GoLive, modules: dict[str, Module]) -> dict[str, Snaglist]:
    return {
        name: Snaglist.objects.create(
            golive=golive, name=name, module=modules[module], phase=phase
        )
        for name, module, phase in company.SNAGLISTS
    }


def _processes(world: World) -> dict[str, BusinessProcess]:
    owners = world.reporters
    return {
        name: BusinessProcess.objects.create(
            landscape=world.landscape,
            name=name,
            owner=owners[number % len(owners)],
            steps=list(steps),
        )
        for number, (name, steps) in enumerate(company.PROCESSES.items())
    }


def _promise(world: World) -> None:
    """The promise to the business: office hours, P1 around the clock."""
    office = _calendar("UK office hours", company.OFFICE, world.today, with_days=True)
    always = _calendar("Around the clock", company.AROUND_THE_CLOCK, world.today)
    contract = Contract.objects.create(
        name="Support agreement with the business",
        party=world.parties[company.NAME],
        landscape=world.landscape,
    )
    version = ContractVersion.objects.create(
        contract=contract,
        number=1,
        effective_from=datetime.combine(
            world.golive.went_live_on,
            datetime.min.time(),
            ZoneInfo(settings.TIME_ZONE),
        ),
        warn_percents=[75],
        late_minutes=[240],
        created_by=world.people["daniel"],
    )
    for priority, (response, resolution) in company.TARGETS.items():
        for kind, minutes in (("response", response), ("resolution", resolution)):
            Target.objects.create(
                version=version,
                kind=kind,
                priority=priority,
                minutes=minutes,
                calendar=always if priority == 1 else office,
            )


def _calendar(
    name: str, hours: str, today: date, *, with_days: bool = False
) -> ServiceCalendar:
    calendar = ServiceCalendar.objects.create(name=name)
    years = range(today.year - 1, today.year + 4)
    days = (
        dict(public_holidays.country_holidays("GB", subdiv="ENG", years=years))
        if with_days
        else {}
    )
    CalendarVersion.objects.create(
        calendar=calendar,
        number=1,
        hours=Hours.parse(hours, settings.TIME_ZONE, days).to_json(),
        holiday_region="GB-ENG" if with_days else "",
        holiday_names={day.isoformat(): label for day, label in days.items()},
    )
    return calendar
