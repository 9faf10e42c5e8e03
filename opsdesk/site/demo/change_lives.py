"""What happened to each change of the demo company, and how long ago: from a table."""

import csv
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path

from changes.models import ChangeRequest, Package, Promotion, Risk
from environments.models import Environment, Installation
from opsdesk.accounts.models import User
from opsdesk.site.demo.places import World

AUTHORED_OUTSIDE = frozenset({"RPT-PACK", "IF-BANK", "IF-SHOP", "CUS-LBL", "CUS-PRC"})
MANDATORY = frozenset({"production", "failover"})
IN_TRAINING = frozenset({"CFG-PRN", "CUS-PRC"})
# Days ago these were brought into dev/test; the others some days before production.
TRIED = {
    ("APP-CORE", "3.8.3-p7"): 17.0,
    ("APP-CORE", "3.8.4-rc2"): 1.2,
    ("DB-ERP", "0412"): 1.2,
    ("RPT-PACK", "2026.10"): 8.0,
    ("RPT-PACK", "2026.11"): 2.0,
    ("CUS-LBL", "1.4"): 33.0,
    ("IF-EDI", "5.2"): 29.0,
}
STOPPED = "The script stopped half-way at a locked table and could not be undone."
LEAD, OPEN_LEAD = 2.5, 3.6
LASTED = timedelta(minutes=35)
MOMENT = timedelta(seconds=1)
ENDED_WELL = ("closed", "with_issues", "review", "verifying")
FAILED = ("mismatch", "failed", "stuck")
REACHED = (*ENDED_WELL, "backed_out", "unreviewed", "syncing")
SUBMITTED = {"standard": "submit_standard", "emergency": "submit_emergency"}
STATES = {
    "closed": "closed",
    "with_issues": "closed",
    "backed_out": "closed",
    "unreviewed": "backed_out",
    "failed": "closed",
    "stuck": "implementing",
    "cancelled": "cancelled",
    "rejected": "rejected",
    "review": "review",
    "verifying": "verifying",
    "mismatch": "implementing",
    "syncing": "implementing",
    "tested": "assessing",
    "trying": "assessing",
}


@dataclass(frozen=True)
class Told:
    """A row of the table: one change, and how it ended or stands."""

    days: float
    kind: str
    component: str
    label: str
    package_class: str
    title: str
    implementer: str
    tester: str
    area: str
    end: str

    @property
    def tried(self) -> float:
        """Days ago it came into dev/test."""
        known = TRIED.get((self.component, self.label))
        return known or (self.days + LEAD if self.days else OPEN_LEAD)

    @property
    def was_tried(self) -> bool:
        return self.end != "cancelled"

    @property
    def was_tested(self) -> bool:
        return self.was_tried and self.end != "trying"

    @property
    def was_agreed(self) -> bool:
        return self.end in REACHED or self.end in FAILED

    @property
    def was_undone(self) -> bool:
        return self.end in {"backed_out", "unreviewed"}

    @property
    def risk(self) -> Risk:
        """As the points would come out: a new version of what everybody needs."""
        is_wide = self.component in {"APP-CORE", "IF-EDI"}
        return Risk.MEDIUM if is_wide and self.package_class == "minor" else Risk.LOW


@dataclass(frozen=True)
class Step:
    """One line of the timeline to be: the verb, its parameters, who, when."""

    at: datetime
    verb: str
    who: User | None
    params: dict[str, str] = field(default_factory=dict)


@dataclass
class Run:
    """One promotion, from its start to its end."""

    environment: Environment
    at: datetime
    by: User
    kind: str = Promotion.Kind.DEPLOY
    state: str = "succeeded"
    row: Promotion | None = None
    installation: Installation | None = None
    undoes: "Run | None" = None
    back_to: Installation | None = None

    @property
    def planned_at(self) -> datetime:
        """The day before where people work, else in the same hours; undone at once."""
        if self.undoes is not None:
            return self.at
        hours = 20 if self.environment.is_serving else 2
        return self.at - timedelta(hours=hours)

    @property
    def ended_at(self) -> datetime:
        return self.at + LASTED


@dataclass
class Life:
    """One change with all that is to be written for it."""

    told: Told
    now: datetime
    requester: User
    implementer: User
    author: User
    tester: User
    package: Package
    change: ChangeRequest | None = None
    runs: list[Run] = field(default_factory=list)

    def ago(self, days: float) -> datetime:
        return self.now - timedelta(days=days)

    @property
    def row(self) -> ChangeRequest:
        assert self.change is not None
        return self.change

    @property
    def drafted_at(self) -> datetime:
        lead = 0.4 if self.told.kind == "standard" else 1.6
        return self.ago(self.told.tried + lead)

    @property
    def submitted_at(self) -> datetime:
        return self.ago(self.told.tried + 0.2)

    @property
    def asked_at(self) -> datetime:
        """When people were asked to agree: an emergency at once."""
        is_emergency = self.told.kind == "emergency"
        return self.submitted_at if is_emergency else self.ago(self.told.days + 1.3)


def tales() -> Iterator[Told]:
    """The table, the earliest draft first."""
    with Path(__file__).with_name("changes.csv").open(newline="") as file:
        rows = [
            Told(days=float(row.pop("days")), **row) for row in csv.DictReader(file)
        ]
    yield from sorted(rows, key=lambda told: -told.tried)


def begin(world: World, told: Told, now: datetime, components: dict[str, int]) -> Life:
    """Who takes part in it, and its package."""
    people = world.people
    implementer = people[told.implementer]
    author = people["naomi"] if told.component in AUTHORED_OUTSIDE else implementer
    busy = told.implementer == "priya"
    return Life(
        told=told,
        now=now,
        requester=people["amara" if told.kind == "standard" or busy else "priya"],
        implementer=implementer,
        author=author,
        tester=people[told.tester],
        package=Package(
            component_id=components[told.component],
            label=told.label,
            package_class=told.package_class,
            author=author,
            notes=told.title + ".",
            origin="Northgate ERP Partners" if author is people["naomi"] else "",
        ),
    )


def travel(life: Life, copies: dict[str, Environment]) -> None:
    """Where it has been brought, in the order of time."""
    told = life.told
    if told.was_tried:
        _run(life, copies["dev_test"], told.tried)
    if told.end in FAILED:
        _run(life, copies["production"], told.days, state="failed")
    if told.end in REACHED:
        live = _run(life, copies["production"], told.days)
        if told.was_undone:
            live.state = "rolled_back"
            undo = _run(life, copies["production"], told.days - 0.2, kind="rollback")
            undo.undoes = live
    if told.end in ENDED_WELL and told.days > 0.4:
        _run(life, copies["failover"], told.days - 0.4, kind="resync")
    if told.end in ENDED_WELL and told.component in IN_TRAINING and told.days > 3:
        _run(life, copies["training"], told.days - 1.5, kind="resync")


def _run(
    life: Life,
    environment: Environment,
    days: float,
    *,
    kind: str = "deploy",
    state: str = "succeeded",
) -> Run:
    run = Run(environment, life.ago(days), life.implementer, kind, state)
    life.runs.append(run)
    return run


def history(life: Life, world: World) -> Iterator[Step]:
    """The lines of its timeline but those of its promotions."""
    told, at = life.told, life.ago
    verb = SUBMITTED.get(told.kind, "submit")
    yield Step(life.drafted_at, "drafted", life.requester)
    yield Step(life.submitted_at, verb, life.requester, {"revision": "1"})
    if told.was_tested:
        said = {"area": told.area, "environment": "Dev / Test", "verdict": "pass"}
        yield Step(at(told.tried - 0.6), "signed_off", life.tester, said)
    if told.end == "cancelled":
        why = "The partner has withdrawn the package; the next one is on its way."
        yield Step(at(told.days), "cancel", life.requester, {"note": why})
    if (told.was_agreed or told.end == "rejected") and told.kind != "standard":
        yield from _agreed(life, world)
    if told.was_agreed:
        yield from _ended(life, world)


def _ended(life: Life, world: World) -> Iterator[Step]:
    """From production to the end."""
    told, at, daniel = life.told, life.ago, world.people["daniel"]
    days = told.days
    there = [run for run in life.runs if run.environment.kind in MANDATORY]
    yield Step(there[0].at + MOMENT, "implement", life.implementer)
    if told.end in ENDED_WELL:
        yield Step(there[-1].ended_at + MOMENT, "verify", None)
    if told.was_undone:
        yield Step(there[-1].ended_at + MOMENT, "back_out", None)
    if told.end in {"closed", "with_issues", "review"}:
        yield Step(at(days - 1), "confirm", life.implementer)
    if told.end == "failed":
        yield Step(at(days - 0.1), "declare_failed", daniel, {"note": STOPPED})
    if STATES[told.end] == "closed":
        outcome = "successful" if told.end == "closed" else told.end
        if told.end != "closed":
            yield Step(at(days - 1.4), "review", daniel, {"outcome": outcome})
        yield Step(at(days - 2), "close", daniel, {"closure": outcome})


def _agreed(life: Life, world: World) -> Iterator[Step]:
    told, at, people = life.told, life.ago, world.people
    if told.kind != "emergency":
        asked = {"revision": "1"}
        yield Step(life.asked_at, "request_approval", life.requester, asked)
    if told.end == "rejected":
        why = "The handhelds are counted with on Friday. Come back after the count."
        yield Step(at(told.days), "reject", people["joseph"], {"note": why})
        return
    for person in voters(life, world):
        params = {"decision": "approve", "about": "change", "note": ""}
        yield Step(at(told.days + 1.1), "vote", person, params)
    yield Step(at(told.days + 1.1), "grant", None)


def voters(life: Life, world: World) -> list[User]:
    """Who agreed to the change."""
    names = ("joseph", "carol") if life.told.risk == Risk.MEDIUM else ("joseph",)
    return [world.people[name] for name in names]
