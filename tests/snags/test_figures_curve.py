"""The curve of a go-live: how far back it goes, how it is drawn, and where it ends."""

from datetime import date, timedelta

from opsdesk.core.models import Heartbeat
from snags import figures
from snags.figures import Cut, Period
from snags.figures.counts import curve
from snags.models import Snag
from snags.services import lifecycle, rollups
from tests.factories import NINE, make_snag

HOUR = timedelta(hours=1)


def weeks_since(first, count):
    last = first + timedelta(weeks=count) - timedelta(days=1)
    return [
        figures.CurveWeek(week, figures.Counts(opened=3, closed=2), backlog=number)
        for number, week in enumerate(Period(first, last).weeks(), start=1)
    ]


def test_up_to_sixty_weeks_are_drawn_one_by_one():
    weeks = weeks_since(date(2025, 1, 6), figures.MANY_WEEKS)

    assert figures.drawn_curve(weeks) == weeks


def test_more_are_drawn_by_fours_and_nothing_is_lost():
    weeks = weeks_since(date(2025, 1, 6), figures.MANY_WEEKS + 2)

    points = figures.drawn_curve(weeks)

    assert len(points) == 16
    assert points[0].period == Period(date(2025, 1, 6), date(2025, 2, 2))
    assert points[-1].period == Period(weeks[-2].period.first, weeks[-1].period.last)
    assert [point.counts.opened for point in points] == [12] * 15 + [6]
    assert sum(point.counts.closed for point in points) == 2 * len(weeks)
    assert [point.backlog for point in points[-2:]] == [60, 62], "as it stood last"


def test_a_curve_ends_where_nothing_is_left_and_nothing_happens(live, rob, sam):
    golive = live.landscape.golives.get()
    cut = Cut(dimension="golive", key=str(golive.pk))
    at = NINE
    # The first rollup was long ago: only what is noted is counted.
    Heartbeat.objects.create(name="rollup", at=at)
    snag = make_snag(live, rob, at=at)
    rollups.roll_up(limit=1000)
    since, today = date(2026, 2, 23), date(2026, 6, 1)

    running = curve(cut, since, today)
    assert (len(running), running[-1].backlog) == (15, 1), "something is left"

    lifecycle.resolve(
        snag, actor=sam, resolution="configuration", resolution_note="Set.", at=at
    )
    lifecycle.confirm(Snag.objects.get(pk=snag.pk), actor=rob, at=at + 10 * 24 * HOUR)
    rollups.roll_up(limit=1000)
    ended = curve(cut, since, today)
    assert [week.period.first.isoformat() for week in ended] == [
        "2026-02-23",
        "2026-03-02",
        "2026-03-09",
    ]
    assert (ended[-1].counts.closed, ended[-1].backlog) == (1, 0)
