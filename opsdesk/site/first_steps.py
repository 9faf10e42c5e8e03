"""What a new installation still needs before its first snag can run against a clock.

Nothing is remembered: what the database holds says what is done, so the guide is
right however somebody got there, and it is gone once everything needed is there.
"""

from dataclasses import dataclass

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import Exists
from django.urls import reverse

from environments.models import Environment
from opsdesk.accounts.access import Access, Role, access_of, memberships_in_force
from opsdesk.accounts.models import Party, User
from sla.models import Contract, ContractVersion, ServiceCalendar
from snags.models import BusinessProcess, GoLive, Snag, Snaglist

# Somebody has to hold each of these; business users can follow later.
NEEDED_ROLES = (Role.SUPPORT, Role.MANAGER, Role.ADMINISTRATOR)


@dataclass(frozen=True)
class Step:
    """One line of the guide: what it is for, where it is done, what comes before."""

    key: str
    title: str
    why: str
    page: str
    label: str
    who: tuple[Role, ...] = ()
    needs: tuple[str, ...] = ()
    can_wait: bool = False


STEPS = (
    Step(
        "organisation",
        "Your organisation",
        "The organisation itself; departments, teams and suppliers as they come up.",
        "accounts:party_new",
        "New party",
        who=(Role.ACCESS_ADMINISTRATOR,),
    ),
    Step(
        "people",
        "The people who run it",
        "Somebody in support, a manager and an administrator; one person may be all.",
        "accounts:person_new",
        "New person",
        who=(Role.ACCESS_ADMINISTRATOR,),
    ),
    Step(
        "landscape",
        "What runs",
        "The landscape of your ERP with its production environment.",
        "environments:list",
        "Environments",
        who=(Role.ADMINISTRATOR,),
    ),
    Step(
        "calendar",
        "Business hours",
        "A calendar with weekly hours and holidays, which promises are counted in.",
        "sla:calendar_new",
        "New calendar",
        who=(Role.MANAGER,),
    ),
    Step(
        "contract",
        "What is promised to the business",
        "An agreement with a time to respond and to resolve for each priority."
        " Without it no clock runs.",
        "sla:contract_new",
        "New contract",
        who=(Role.MANAGER,),
        needs=("organisation", "calendar"),
    ),
    Step(
        "golive",
        "The go-live",
        "The day the business began to work on it. Its first list comes with it.",
        "snags:golive_new",
        "New go-live",
        who=(Role.MANAGER, Role.ADMINISTRATOR),
        needs=("landscape",),
    ),
    Step(
        "snaglist",
        "A list that takes snags",
        "One is enough; lists for a module or a site can follow.",
        "snags:snaglist_new",
        "New snaglist",
        who=(Role.MANAGER, Role.ADMINISTRATOR),
        needs=("golive",),
    ),
    Step(
        "processes",
        "Business processes",
        "What users do, step by step, so that a snag can point at a step.",
        "snags:process_new",
        "New process",
        who=(Role.MANAGER,),
        needs=("landscape",),
        can_wait=True,
    ),
    Step(
        "snag",
        "The first snag",
        "Log one and watch its clocks run.",
        "snags:report",
        "Log a snag",
        needs=("contract", "snaglist"),
    ),
)


@dataclass(frozen=True)
class Line:
    """A step as it stands; `url` only for who may do it, when its turn has come."""

    step: Step
    is_done: bool
    url: str
    turn: str
    note: str


@dataclass(frozen=True)
class Guide:
    lines: list[Line]

    @property
    def is_complete(self) -> bool:
        return all(line.is_done or line.step.can_wait for line in self.lines)

    @property
    def done(self) -> int:
        return sum(line.is_done for line in self.lines)


@dataclass(frozen=True)
class Facts:
    """What there is: keys of the steps done, roles that somebody holds."""

    done: frozenset[str]
    held: frozenset[str]


def facts(user: User) -> Facts:
    """What the installation has, asked in one statement that stops at the first row."""
    there = {
        "organisation": Party.objects.of_kind(Party.Kind.ORGANISATION),
        "landscape": Environment.objects.filter(kind=Environment.Kind.PRODUCTION),
        "calendar": ServiceCalendar.objects.filter(is_active=True),
        "contract": ContractVersion.objects.in_force().filter(
            contract__kind=Contract.Kind.SLA,
            contract__is_active=True,
            targets__isnull=False,
        ),
        "golive": GoLive.objects.all(),
        "snaglist": Snaglist.objects.filter(is_open=True),
        "processes": BusinessProcess.objects.filter(is_active=True),
        "snag": Snag.objects.all(),
    }
    held = memberships_in_force().filter(role__in=NEEDED_ROLES).order_by("role")
    row = (
        User.objects.filter(pk=user.pk)
        .order_by()
        .values_list(
            ArraySubquery(held.values("role").distinct()),
            *(Exists(rows.order_by()) for rows in there.values()),
        )
        .get()
    )
    roles, *found = row
    done = {key for key, is_there in zip(there, found, strict=True) if is_there}
    if set(roles) == set(NEEDED_ROLES):
        done.add("people")
    return Facts(frozenset(done), frozenset(roles))


def guide(user: User) -> Guide:
    """Every step in order, as one person sees it."""
    now, access = facts(user), access_of(user)
    return Guide([_line(step, now, access) for step in STEPS])


def _line(step: Step, now: Facts, access: Access) -> Line:
    missing = [key for key in step.needs if key not in now.done]
    is_done = step.key in now.done
    may = not step.who or access.has(*step.who)
    return Line(
        step,
        is_done,
        url="" if is_done or missing or not may else reverse(step.page),
        turn=_whose(step) + _after(missing),
        note=_vacant(now.held) if step.key == "people" and not is_done else "",
    )


def _whose(step: Step) -> str:
    names = " or ".join(f"an {role.label}".lower() for role in step.who)
    return (names.replace("an manager", "a manager") or "anybody").capitalize()


def _after(keys: list[str]) -> str:
    """The numbers of the steps that come first."""
    if not keys:
        return ""
    numbers = [n for n, step in enumerate(STEPS, start=1) if step.key in keys]
    return f", after step {' and '.join(map(str, numbers))}"


def _vacant(held: frozenset[str]) -> str:
    nobody = [role.label.lower() for role in NEEDED_ROLES if role not in held]
    return f"Nobody yet: {', '.join(nobody)}."
