"""Approved changes and their promotions, each brought about by its real services."""

from datetime import timedelta

from django.db.backends.postgresql.psycopg_any import DateTimeTZRange

from changes.models import ChangeRequest, Promotion, TestSignOff
from changes.services import asking, promoting, running, starting, submitting
from changes.services.voting import vote
from environments.models import (
    Environment,
    Installation,
    Occurrence,
    PromotionPath,
    WindowRule,
)
from environments.services.installing import record_installation
from opsdesk.accounts.models import User
from opsdesk.core import clock
from tests import factories
from tests.changes.drafts import HOUR, make_change, place
from tests.changes.making import make_component


class World:
    """The people and places of the scenarios, under the names they have there."""

    def __init__(self, live):
        self.live = live
        self.dev, self.failover, self.training = (
            place(live, kind) for kind in ("dev_test", "failover", "training")
        )
        Environment.objects.filter(pk=self.failover.pk).update(pairs_with=live)
        codes = {live: "PRD", self.dev: "DEV", self.failover: "FO"}
        for environment, code in codes.items():
            Environment.objects.filter(pk=environment.pk).update(code=code)
        for environment in (live, self.dev, self.failover, self.training):
            environment.refresh_from_db()
        self.path = PromotionPath.objects.create(
            target=live, upstream=self.dev, soak_hours=0, sign_offs=1, approvals=1
        )
        make = factories.make_user
        self.rita = make("rita", "support")
        self.ian = make("ian", "support")
        self.ana = make("ana", "support")
        self.tom = make("tom", "reporter")
        self.cora = make("cora", "approver_technical")
        self.carl = make("carl", "approver_business")
        self.max = make("max", "manager")
        self.eve = make("eve", "administrator")
        self.ed = make("ed", "administrator")
        self.emil = make("emil", "support")
        self.emil.memberships.update(emergency_approver=True)
        self.su = make("su", is_superuser=True)

    def change(self, label="1.1", **extra):
        """Rita's normal change for Ian, of a package by Ana; its slot is now."""
        # Half an hour ago by whatever was read just before, too.
        start = clock.now() - HOUR / 2 - timedelta(minutes=1)
        return make_change(
            self.live, self.rita, self.ian, self.ana, label=label, start=start, **extra
        )

    def submitted(self, label="1.1", **extra):
        return submitting.submit(self.change(label, **extra), actor=self.rita)

    def tried(self, label="1.1", **extra):
        """In dev/test since a while, by a promotion of its own."""
        change = self.submitted(label, **extra)
        promote(change, self.dev, self.ian)
        return fresh(change)

    def tested(self, label="1.1", **extra):
        """Tried, and Tom has passed it."""
        change = self.tried(label, **extra)
        sign(change, self.dev, self.tom)
        return change

    def approved(self, label="1.1", **extra):
        """Tested, and Cora has agreed to it."""
        change = asking.request_approval(
            self.tested(label, **extra), actor=self.rita, conflicts_accepted="Known."
        )
        say_yes(change, self.cora)
        return fresh(change)

    def ready(self, label="1.1", **extra):
        """NC of the scenarios: a promotion to production that Eve approved."""
        change = self.approved(label, **extra)
        return to_production(self, change)

    def clear(self):
        """Nothing runs in production, nothing forbids it: the next trial may begin."""
        for promotion in Promotion.objects.filter(state="running"):
            running.abort(promotion, actor=self.eve)
        Occurrence.objects.update(cancelled_at=clock.now())

    def label(self, environment):
        """The version of the application that runs there."""
        return Installation.objects.get(
            environment=environment, component__code="APP", during__upper_inf=True
        ).label

    def has_run(self, environment, promotion, since, until=None, *, keep=False):
        """As if the package had run there from then on (or until then)."""
        rows = Installation.objects.filter(
            environment=environment, component=promotion.package.component
        )
        if not keep:
            Promotion.objects.filter(installation__in=rows).update(installation=None)
            rows.delete()
        Installation.objects.create(
            environment=environment,
            component=promotion.package.component,
            label=promotion.package.label,
            sha256=promotion.sha256,
            during=DateTimeTZRange(since, until),
            source="correction",
        )

    def ran_before(self, label="1.0"):
        """Production, failover and training have run an older version for a month."""
        component = make_component(self.live.landscape)
        for environment in (self.live, self.failover, self.training, self.dev):
            record_installation(
                environment,
                component,
                label=label,
                sha256="0" * 64,
                source="baseline",
                actor=self.eve,
                at=clock.exact() - timedelta(days=30),
            )


def to_production(world, change):
    """Scheduled for production, and Eve has approved it."""
    promotion = promoting.schedule(change, actor=world.ian, environment=world.live)
    say_yes(promotion, world.eve)
    return again(promotion)


def freeze(environment, name, kind="freeze", minutes=60):
    """A window that is open there now, as its expansion leaves it behind."""
    start = clock.exact() - HOUR
    rule = WindowRule.objects.create(
        landscape=environment.landscape,
        kind=kind,
        name=name,
        time_zone="UTC",
        starts_local=f"{start:%Y-%m-%dT%H:%M}",
        minutes=minutes + 60,
        created_by=User.objects.get(email="eve@example.org"),
    )
    return Occurrence.objects.create(
        rule=rule,
        environment=environment,
        kind=kind,
        during=DateTimeTZRange(start, clock.exact() + timedelta(minutes=minutes)),
    )


def say_yes(owner, person):
    request = owner.approval
    vote(
        request,
        actor=person,
        decision="approve",
        revision=request.revision,
        sha256=request.sha256,
    )


def sign(change, environment, tester, verdict="pass", area="Finance", **extra):
    """A verdict as if it had been given on its page."""
    TestSignOff.objects.filter(package=change.package, area=area).update(
        superseded_at=clock.now()
    )
    return TestSignOff.objects.create(
        package=change.package,
        sha256=change.package.sha256,
        environment=environment,
        change=change,
        area=area,
        tester=tester,
        verdict=verdict,
        at=clock.now(),
        **extra,
    )


def promote(change, environment, actor, kind="deploy"):
    """Scheduled, started, carried out, succeeded."""
    promotion = promoting.schedule(
        change, actor=actor, environment=environment, kind=kind
    )
    return carry_out(starting.start(promotion, actor=actor), actor)


def carry_out(promotion, actor):
    """Every step, the right digest, every check: it has succeeded."""
    do_steps(promotion, actor)
    running.report(promotion, actor=actor, sha256=again(promotion).to_report)
    do_steps(promotion, actor)
    return again(running.succeed(promotion, actor=actor))


def do_steps(promotion, actor):
    """The steps of the state it is in."""
    is_checking = again(promotion).state == "verifying"
    for step in promotion.steps.filter(done_at=None).order_by("ordinal"):
        if (step.kind == "postcheck") == is_checking:
            running.do_step(
                promotion, actor=actor, ordinal=step.ordinal, evidence="Seen."
            )


def again(promotion):
    return Promotion.objects.get(pk=promotion.pk)


def fresh(change):
    return ChangeRequest.objects.get(pk=change.pk)
