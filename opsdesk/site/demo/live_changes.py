"""What is going on with the demo's changes now: made by the services people use."""

from dataclasses import dataclass
from datetime import timedelta

from django.core.files.uploadedfile import SimpleUploadedFile
from django.db.backends.postgresql.psycopg_any import DateTimeTZRange

from changes.content import Aim, Content
from changes.models import ChangeRequest, Package, Promotion
from changes.queries.templates import evidence_for
from changes.services import (
    after,
    asking,
    drafting,
    ending,
    files,
    holding,
    packages,
    promoting,
    running,
    starting,
    submitting,
    templates,
    testing,
    voting,
)
from environments.models import Component, Environment, Occurrence, WindowKind
from opsdesk.accounts.models import User
from opsdesk.core import clock
from opsdesk.core.records import save
from opsdesk.site.demo.change_lives import STOPPED, Life
from opsdesk.site.demo.places import World
from snags.models import Snag

HOUR = timedelta(hours=1)
# Free maintenance nights that are left to others.
NIGHTS = {"IF-EDI 5.3.1": 1, "IF-BANK 2.5": 2, "DB-ERP 0412": 1, "CFG-PRN 8": 3}
KNOWN = "Both have been talked over with the key user; they do not touch each other."
WAIVED = "Nobody can be paid until this is in; testing follows tomorrow."


@dataclass(frozen=True)
class Now:
    """The lives that go on, by component and version, and where they go."""

    world: World
    lives: dict[str, Life]
    copies: dict[str, Environment]

    def person(self, name: str) -> User:
        return self.world.people[name]

    def change(self, key: str) -> ChangeRequest:
        return ChangeRequest.objects.get(pk=self.lives[key].row.pk)


def go_on(now: Now) -> None:
    """Approvals wait, promotions are planned and run, tests are asked for."""
    _emergency(now)
    _tests(now)
    _owed(now)
    for key in ("RPT-PACK 2026.11", "IF-SHOP 3.5", "CUS-PRC 1.12"):
        _agree(now, key, "joseph", "carol")
        _plan(now, key)
    _yes(now.change("CUS-PRC 1.12").promotions.get(state="scheduled"), now, "rafael")
    for key, *voters in (
        ("IF-EDI 5.3.1",),
        ("IF-BANK 2.5", "carol"),
        ("DB-ERP 0412",),
    ):
        _agree(now, key, *voters)
    _agree(now, "CFG-PRN 8", "joseph", "carol")
    holding.hold(
        now.change("CFG-PRN 8"),
        actor=now.person("daniel"),
        reason="The new print server is not delivered yet.",
    )
    _frozen(now)
    _plan(now, "IF-PAY 1.8.3")
    ending.declare_failed(
        now.change("CFG-PRN 7.10.1"), actor=now.person("daniel"), reason=STOPPED
    )
    _drafts(now)
    _template(now)


def _tests(now: Now) -> None:
    """The release candidate is with its testers; one of them has found something."""
    change = now.change("APP-CORE 3.8.4-rc2")
    dev = now.copies["dev_test"]
    for name, area, days in (
        ("hannah", "Payroll", 1),
        ("marta.nowak", "Finance", 2),
        ("marcus.webb", "Warehouse", 2),
        ("george.hale", "Sales", -0.2),
    ):
        testing.assign_test(
            change,
            actor=change.implementer or now.person("priya"),
            environment=dev,
            area=area,
            assigned_to=now.person(name),
            due_at=clock.now() + timedelta(days=days),
            script=f"Do what {area} does on a usual morning.\n"
            "Enter one document, correct it, print it.\nLook it up again in the list.",
        )
    testing.sign_off(
        change,
        actor=now.person("marcus.webb"),
        environment=dev,
        area="Warehouse",
        verdict="conditional",
        conditions="The second print of a label is slow; fine for a week.",
        cases_run=5,
        cases_failed=1,
        note="All else as before.",
    )


def _owed(now: Now) -> None:
    """What went to production lately is to follow elsewhere; one is on its way."""
    change, at = now.change("RPT-PACK 2026.10"), clock.now()
    digest = now.lives["RPT-PACK 2026.10"].package.sha256
    for kind, place, within in (
        ("failover_sync", "failover", timedelta(hours=18)),
        ("training_sync", "training", timedelta(days=6.7)),
    ):
        where = now.copies[place]
        after.owe(change, kind, due_at=at + within, environment=where, sha256=digest)
    for key, days in (("APP-CORE 3.8.3-p7", 3.6), ("CFG-PRN 7.11", 5.7)):
        after.owe(
            now.change(key),
            "training_sync",
            due_at=at + timedelta(days=days),
            environment=now.copies["training"],
            sha256=now.lives[key].package.sha256,
        )
    after.owe(now.change("IF-SHOP 3.4.3"), "review", due_at=at + timedelta(days=1.4))
    run = promoting.schedule(
        change,
        actor=now.person("tom"),
        environment=now.copies["failover"],
        kind=Promotion.Kind.RESYNC,
    )
    run = starting.start(run, actor=now.person("tom"))
    running.do_step(run, actor=now.person("tom"), ordinal=1, evidence="All green.")


def _agree(now: Now, key: str, *voters: str) -> None:
    """Ask for approval in the next maintenance without a freeze; so many say yes."""
    change = now.change(key)
    _book(change, _window(now, frozen=False, skipped=NIGHTS.get(key, 0)))
    if key == "IF-BANK 2.5":
        change.risk_manual = ChangeRequest.Risk.HIGH
        save(change, "risk_manual", actor=change.requester)
    change = asking.request_approval(
        change, actor=change.requester, conflicts_accepted=KNOWN
    )
    for name in voters:
        change.refresh_from_db()
        if change.state == ChangeRequest.State.AWAITING:
            _yes(change, now, name)


def _frozen(now: Now) -> None:
    """Somebody wants the one night that nothing may move in."""
    _book(now.change("CUS-LBL 1.6"), _window(now, frozen=True))


def _book(change: ChangeRequest, night: DateTimeTZRange) -> None:
    """The slot in production; the night is the envelope."""
    aim = change.targets.get(environment__is_serving=True)
    aim.slot = DateTimeTZRange(night.lower, night.lower + HOUR)
    aim.save(update_fields=["slot"])
    change.earliest_start, change.latest_end = night.lower, night.upper
    save(change, "earliest_start", "latest_end", actor=change.requester)


def _window(now: Now, *, frozen: bool, skipped: int = 0) -> DateTimeTZRange:
    """The next maintenance no freeze forbids, or the first hours of a freeze."""
    place, at = now.copies["production"], clock.now()
    rows = Occurrence.objects.filter(
        environment=place, cancelled_at__isnull=True, during__startswith__gt=at
    ).order_by("during", "pk")
    freezes = [
        row.during for row in rows if row.kind == WindowKind.FREEZE and row.is_hard
    ]
    if frozen:
        return DateTimeTZRange(freezes[0].lower, freezes[0].lower + 3 * HOUR)
    nights = [
        row.during
        for row in rows
        if row.kind == WindowKind.MAINTENANCE
        and not any(
            row.during.lower < each.upper and each.lower < row.during.upper
            for each in freezes
        )
    ]
    return nights[skipped]


def _plan(now: Now, key: str) -> None:
    """To production; its administrators are asked at once."""
    change = now.change(key)
    assert change.implementer is not None
    place = now.copies["production"]
    promoting.schedule(change, actor=change.implementer, environment=place)


def _yes(owner: ChangeRequest | Promotion, now: Now, name: str) -> None:
    request = owner.approval
    assert request is not None
    voting.vote(
        request,
        actor=now.person(name),
        decision="approve",
        revision=request.revision,
        sha256=request.sha256,
    )


def _emergency(now: Now) -> None:
    """A hot fix that went in today: its evidence is owed now."""
    snag = Snag.objects.open().filter(priority=1).order_by("reported_at", "pk").first()
    package = _package(now, "IF-BANK", "2.4.1", seal=True)
    if snag is None:
        return
    change = drafting.draft(
        actor=now.person("lena"),
        landscape=now.world.landscape,
        content=Content(
            title=f"Hot fix: {snag.title}"[:200],
            kind=ChangeRequest.Kind.EMERGENCY,
            description="The one-line repair the partner sent this morning.",
            reason=f"{snag.ref} stops the business.",
            impact="The interface restarts; nobody is logged out.",
            package=package,
            implementation_plan="Stop the interface\nRun sql/fix.sql\nStart it again",
            test_plan="Send one document and see it arrive",
            backout_plan="Run sql/undo.sql and start the interface again.",
            comms_plan="Service desk and the finance director.",
            is_rehearsed=False,
            earliest_start=clock.now() - HOUR,
            latest_end=clock.now() + 8 * HOUR,
            implementer=now.person("lena"),
            snags=[snag],
            aims=[Aim(now.copies["production"], minutes=20)],
        ),
    )
    change = submitting.submit(change, actor=now.person("lena"))
    _yes(change, now, "joseph")
    run = promoting.schedule(
        now_fresh(change),
        actor=now.person("lena"),
        environment=now.copies["production"],
    )
    _yes(run, now, "joseph")
    for gate in ("ROUTE", "SIGNOFF", "SOAK", "WINDOW"):
        starting.waive(run, actor=now.person("lena"), gate=gate, reason=WAIVED)
    _carry_out(starting.start(run, actor=now.person("lena")), now.person("lena"))


def now_fresh(change: ChangeRequest) -> ChangeRequest:
    return ChangeRequest.objects.get(pk=change.pk)


def _carry_out(run: Promotion, actor: User) -> None:
    steps = list(run.steps.order_by("ordinal"))
    for step in steps:
        if step.kind == "postcheck" and run.state == Promotion.State.RUNNING:
            run = running.report(run, actor=actor, sha256=run.to_report)
        running.do_step(
            run, actor=actor, ordinal=step.ordinal, evidence="Done; see the log."
        )
    running.succeed(run, actor=actor)


def _package(now: Now, component: str, label: str, *, seal: bool) -> Package:
    """Two files by the partner's consultant."""
    naomi = now.person("naomi")
    package = packages.draft(
        actor=naomi,
        component=Component.objects.get(code=component),
        label=label,
        package_class="patch",
        notes="See the note in the handover.",
    )
    bodies = {"fix.sql": b"update c_bp set state = 'ok';\n", "undo.sql": b"select 1;\n"}
    uploads = [SimpleUploadedFile(name, body) for name, body in bodies.items()]
    files.upload(package, actor=naomi, uploads=uploads, folder="sql")
    return packages.seal(package, actor=naomi) if seal else package


def _drafts(now: Now) -> None:
    """Two changes somebody has only begun to write, and a package held back."""
    amara = now.person("amara")
    snags = Snag.objects.open().filter(kind="fault", priority=3).order_by("pk")
    for snag, package in zip(
        snags[:2],
        (None, _package(now, "RPT-PACK", "2026.12", seal=False)),
        strict=False,
    ):
        drafting.draft(
            actor=amara,
            landscape=now.world.landscape,
            content=Content(
                title=snag.title,
                description=snag.detail,
                reason=f"{snag.ref} was reported by {snag.reported_by.name}.",
                package=package,
                snags=[snag],
                aims=[Aim(now.copies["production"])],
            ),
        )
    packages.block(
        now.lives["CUS-LBL 1.5"].package,
        actor=amara,
        reason="Labels come out mirrored on the two oldest printers.",
    )


def _template(now: Now) -> None:
    templates.propose(
        actor=now.person("lena"),
        landscape=now.world.landscape,
        code="edi-partner",
        title="Connect another EDI partner",
        body={
            "description": "A partner of the usual message types is added.",
            "implementation_plan": "Load the partner's profile\nSend one test message",
            "test_plan": "The partner confirms the test message",
            "backout_plan": "Remove the partner's profile; nothing else uses it.",
        },
        locked=["implementation_plan", "backout_plan"],
        environments=[now.copies["production"], now.copies["failover"]],
        evidence=list(evidence_for(now.world.landscape)[:2]),
        expires_on=now.world.today + timedelta(days=365),
    )
