"""The demo company's freezes and maintenance: the year as finance lives it."""

from datetime import date, datetime, time, timedelta

from environments.models import Environment
from environments.services.windows import create_window
from opsdesk.site.demo.places import World

ZONE = "Europe/London"
A_DAY = 24 * 60


def plan(world: World) -> None:
    """Month end, year end, payroll, stock count, and maintenance on Sunday nights.

    Today only advice is given, so that there is something to promote.
    """
    live = list(
        world.landscape.environments.filter(kind__in=["production", "failover"])
    )
    ends = _next_month_end(world.today + timedelta(days=6))
    _freeze(
        world, live, "Month-end close", ends, 5 * A_DAY, "FREQ=MONTHLY;BYMONTHDAY=-2"
    )
    year_end = date(world.today.year, 12, 20)
    _freeze(world, live, "Year-end freeze", year_end, 14 * A_DAY, "FREQ=YEARLY")
    payday = _first(world.today + timedelta(days=4), 24)
    _freeze(world, live, "Payroll run", payday, A_DAY, "FREQ=MONTHLY")
    count = world.today + timedelta(days=40)
    _freeze(world, live, "Stock count", count, 2 * A_DAY, "")
    _freeze(
        world,
        [world.production],
        "Hypercare of wave 2",
        world.today,
        6 * A_DAY,
        "",
        is_hard=False,
    )
    sunday = world.today + timedelta(days=6 - world.today.weekday())
    create_window(
        world.landscape,
        actor=world.people["kerstin"],
        kind="maintenance",
        name="Weekly maintenance",
        reason="Patches, reindexing and planned restarts.",
        environments=live,
        starts_local=datetime.combine(sunday, time(1, 30)),
        minutes=180,
        time_zone=ZONE,
        rrule="FREQ=WEEKLY",
    )


def _freeze(
    world: World,
    places: list[Environment],
    name: str,
    first: date,
    minutes: int,
    rrule: str,
    *,
    is_hard: bool = True,
) -> None:
    create_window(
        world.landscape,
        actor=world.people["daniel"],
        kind="freeze",
        name=name,
        reason=REASONS[name],
        environments=places,
        starts_local=datetime.combine(first, time(0, 0)),
        minutes=minutes,
        time_zone=ZONE,
        rrule=rrule,
        is_hard=is_hard,
        exempt="emergency" if is_hard else "",
    )


REASONS = {
    "Month-end close": "Ledgers close; nothing may move under them.",
    "Year-end freeze": "Year end, audit and few people in the office.",
    "Payroll run": "The pay run and its bank file.",
    "Stock count": "Every movement is stopped while stock is counted.",
    "Hypercare of wave 2": "Keep changes small while wave 2 settles in.",
}


def _next_month_end(today: date) -> date:
    """The last day but one of a month, not before today."""
    following = (today.replace(day=28) + timedelta(days=4)).replace(day=1)
    day = following - timedelta(days=2)
    return day if day >= today else _next_month_end(following)


def _first(today: date, number: int) -> date:
    """The next date with this number of the month, not before today."""
    day = today
    while day.day != number:
        day += timedelta(days=1)
    return day
