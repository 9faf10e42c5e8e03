"""Load the demo company into an empty database, or take it away again."""

from datetime import datetime, timedelta

from django.apps import apps
from django.conf import settings
from django.db import connection, transaction
from django.utils import timezone

from opsdesk.accounts.models import User
from opsdesk.core import clock
from opsdesk.core.errors import RuleError
from opsdesk.core.services import duties
from opsdesk.core.services.outbox import Note, notify
from opsdesk.core.services.saved_views import save_view
from opsdesk.site.demo import changes, inventory, places, windows
from opsdesk.site.demo.lives import Life, current, lives
from opsdesk.site.demo.places import World
from opsdesk.site.demo.writing import write
from sla.calendars import Calendar, Hours, compiled
from sla.models import CalendarVersion
from snags.models import Snag
from snags.services import rollups

OWN_APPS = ("core", "accounts", "environments", "sla", "snags", "changes")
# Filled by migrations.
KEPT = ("snags_importprofile", "core_approvalpolicy")


def is_empty() -> bool:
    """Has nobody put anything into this installation yet?"""
    return not User.objects.exists()


@transaction.atomic
def load() -> int:
    """Fill an empty development database; returns how many snags there are.

    Raises RuleError in production and where anything is there already: demo passwords
    are known to everybody.
    """
    if settings.PRODUCTION or not settings.DEBUG:
        raise RuleError("The demo company is for development only.")
    if not is_empty():
        raise RuleError("This database is not empty; reset it first.")
    now = clock.now()
    world = places.build(timezone.localdate(now))
    inventory.furnish(world, now)
    windows.plan(world)
    office = office_hours()
    snags = write(world, told(world, office, now), office, now)
    changes.change(world, now)
    _finish(world, snags, now)
    rollups.rebuild()
    return len(snags)


def office_hours() -> Calendar:
    """When the company's support is there."""
    version = CalendarVersion.objects.get(calendar__name="UK office hours")
    return compiled(Hours.from_json(version.hours))


def told(world: World, office: Calendar, now: datetime) -> list[Life]:
    """What happened to every snag; told again for the same instant, the same."""
    every = (*lives(world, office, now), *current(world, office, now))
    return sorted(every, key=lambda life: life.reported_at)


@transaction.atomic
def reset() -> None:
    """Empty every table of ours; refused in production."""
    if settings.PRODUCTION or not settings.DEBUG:
        raise RuleError("A production database is never reset.")
    tables = [
        model._meta.db_table  # noqa: SLF001
        for label in OWN_APPS
        for model in apps.get_app_config(label).get_models()
        if model._meta.managed and model._meta.db_table not in KEPT  # noqa: SLF001
    ]
    names = ", ".join(connection.ops.quote_name(table) for table in tables)
    with connection.cursor() as cursor:
        cursor.execute(f"TRUNCATE {names} RESTART IDENTITY CASCADE")


def _finish(world: World, snags: list[Snag], now: datetime) -> None:
    """What makes the first look worth it: duties, inbox lines, shared views."""
    amara, daniel = world.people["amara"], world.people["daniel"]
    _share_known_problems(snags)
    for title, owner, days, every in (
        ("Send the weekly figures to the board", daniel, 2, 7),
        ("Renew the certificate of the webshop interface", world.people["kerstin"], 9,
         None),
        ("Ask Northgate for the date of service pack 3.8.4", amara, -1, None),
        ("Walk the warehouse with the shift leads", amara, 3, 14),
    ):  # fmt: skip
        duties.owe(
            kind="task",
            title=title,
            owner=owner,
            due_at=now + timedelta(days=days),
            every_days=every,
        )
    for snag in [snag for snag in snags if snag.is_open][-6:]:
        notify(
            [amara, daniel],
            Note(
                key=f"demo-{snag.pk}",
                title=f"{snag.ref} received: {snag.title}",
                body=snag.detail,
                url=snag.get_absolute_url(),
            ),
        )
    save_view(
        owner=daniel,
        screen="snags",
        name="Finance, P1 and P2",
        query="priority=1&priority=2",
        is_shared=True,
    )


def _share_known_problems(snags: list[Snag]) -> None:
    """A few open faults everybody may see, so that nobody reports them again."""
    known = [s.pk for s in snags if s.is_open and s.kind == "fault"][::7]
    Snag.objects.filter(pk__in=known).update(is_shared=True)
