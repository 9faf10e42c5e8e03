"""Ready-made changes; anything with rules is made by its service."""

from datetime import datetime, timedelta

from django.db.backends.postgresql.psycopg_any import DateTimeTZRange

from changes.content import Aim, Content
from changes.models import ChangeRequest, Promotion, TestSignOff
from changes.services import asking, drafting, submitting
from environments.models import Environment, Lease, PromotionPath
from opsdesk.core import clock
from tests.changes.making import make_component, make_package

HOUR = timedelta(hours=1)


def soon(hours=24):
    """A full hour ahead, by the database's clock."""
    return clock.now().replace(minute=0, second=0, microsecond=0) + hours * HOUR


def span(start: datetime, hours=1):
    return DateTimeTZRange(start, start + hours * HOUR)


def place(live, kind):
    return Environment.objects.get(landscape=live.landscape, kind=kind)


def content(live, package, implementer, **changed):
    """A complete change to dev/test and production, low of risk, tomorrow."""
    start = changed.pop("start", None) or soon()
    aims = changed.pop("aims", None) or [
        Aim(place(live, "dev_test")),
        Aim(live, minutes=60, slot=span(start), is_exclusive=True),
    ]
    return Content(
        **{
            "title": "Round invoices the right way",
            "description": "The sum of the lines is rounded, not each line.",
            "reason": "Customers complain.",
            "impact": "Invoices of the day may have to be printed again.",
            "package": package,
            "implementation_plan": "Run run.sql.",
            "test_plan": "Print ten invoices.",
            "backout_plan": "Run undo.sql and print one invoice.",
            "is_rehearsed": True,
            "implementer": implementer,
            "earliest_start": start,
            "latest_end": start + 8 * HOUR,
            "aims": aims,
            **changed,
        }
    )


def make_change(live, actor, implementer, author, *, label="1.1", **changed):
    """A draft, with a sealed package of its own unless one is given."""
    package = changed.pop("package", None) or make_package(
        make_component(live.landscape), author, label
    )
    extra = {k: changed.pop(k) for k in ("template", "requester") if k in changed}
    return drafting.draft(
        actor=actor,
        landscape=live.landscape,
        content=content(live, package, implementer, **changed),
        **extra,
    )


def make_tested(change, live, tester, author=None):
    """What the path asks for: it ran in dev/test, and the tester passed it there."""
    dev = place(live, "dev_test")
    PromotionPath.objects.get_or_create(target=live, upstream=dev)
    TestSignOff.objects.create(
        package=change.package,
        sha256=change.package.sha256,
        environment=dev,
        change=change,
        area="Finance",
        tester=tester,
        verdict="pass",
        at=clock.now(),
    )
    promoted(change, dev, change.implementer)


def promoted(change, environment, by, **extra):
    """A promotion that succeeded, as its own services leave it behind."""
    at = clock.now()
    lease = Lease.objects.create(
        environment=environment,
        kind="promotion",
        label=str(change),
        holder=by,
        started_at=at,
        ended_at=at,
    )
    aim, _ = change.targets.get_or_create(
        environment=environment, defaults={"ordinal": 1}
    )
    return Promotion.objects.create(
        **{
            "change": change,
            "target": aim,
            "environment": environment,
            "package": change.package,
            "sha256": change.package.sha256,
            "reported_sha256": change.package.sha256,
            "revision": change.revision,
            "state": "succeeded",
            "lease": lease,
            "created_at": at,
            "created_by": by,
            "started_at": at,
            "started_by": by,
            "finished_at": at,
            **extra,
        }
    )


def make_successes(live, actor, implementer, author, count=2):
    """Normal changes that were closed as successful, as their history leaves them."""
    made = [
        make_change(live, actor, implementer, author, label=f"0.{number}")
        for number in range(count)
    ]
    ChangeRequest.objects.filter(pk__in=[change.pk for change in made]).update(
        state="closed", closure="successful", closed_at=clock.now(), sha256="0" * 64
    )
    return made


def make_asked(live, actor, implementer, author, tester, **changed):
    """A normal change, submitted, tested, and people are asked."""
    change = make_change(live, actor, implementer, author, **changed)
    change = submitting.submit(change, actor=actor)
    make_tested(change, live, tester)
    return asking.request_approval(change, actor=actor, conflicts_accepted="Known.")


def fresh(change):
    return ChangeRequest.objects.get(pk=change.pk)
