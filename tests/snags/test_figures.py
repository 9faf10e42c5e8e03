"""Every figure equals a recount of the raw rows that shares no code with it."""

from datetime import UTC, date, datetime, timedelta
from math import ceil
from zoneinfo import ZoneInfo

import pytest

from opsdesk.core import clock as database_clock
from opsdesk.core.models import Heartbeat
from sla.models import Contract
from snags import buckets, figures
from snags.figures import AGES, FIGURES, Cut, Period
from snags.models import BusinessProcess, Clock, GoLive, Snag
from snags.services import editing, lifecycle, rollups, sweep, talk
from tests.factories import (
    make_contract,
    make_landscape,
    make_party,
    make_snag,
    make_user,
)
from tests.kept import kept, undone

LONDON = ZoneInfo("Europe/London")
HOUR = timedelta(hours=1)
# Around the clock change in spring and midnight of London and of UTC.
MOMENTS = [
    datetime(2026, 3, 2, 9, 0, tzinfo=UTC),
    datetime(2026, 3, 8, 23, 59, 59, tzinfo=UTC),
    datetime(2026, 3, 27, 16, 30, tzinfo=UTC),
    datetime(2026, 3, 29, 0, 59, 59, tzinfo=UTC),
    datetime(2026, 3, 29, 1, 0, tzinfo=UTC),
    datetime(2026, 3, 29, 22, 59, 59, tzinfo=UTC),
    datetime(2026, 3, 29, 23, 0, tzinfo=UTC),
    datetime(2026, 4, 5, 23, 30, tzinfo=UTC),
    datetime(2026, 4, 13, 8, 0, tzinfo=UTC),
]
TARGETS = {
    f"p{priority}_{kind}": minutes * priority
    for priority in (1, 2, 3, 4)
    for kind, minutes in (("response", 60), ("resolution", 600))
}
SPRING = Period(date(2026, 3, 4), date(2026, 4, 17))


@pytest.fixture(scope="module")
def spring(django_db_setup, django_db_blocker):
    with kept(django_db_blocker, snags_of_a_spring) as made:
        yield made


@pytest.fixture
def db(spring):
    with undone():
        yield


def snags_of_a_spring():
    """Snags of two departments and of none, at every stage of life."""
    live = make_landscape()
    workers = make_user("sam", "support"), make_user("sue", "support")
    Heartbeat.objects.create(name="rollup", at=MOMENTS[0])
    make_contract(live.landscape, terms={"compliance_percent": 90}, **TARGETS)
    north, south = make_party("North"), make_party("South")
    team = make_party("Desk", "team")
    process = BusinessProcess.objects.create(landscape=live.landscape, name="Pay")
    people = [
        make_user("ned", "reporter", department=north),
        make_user("sid", "reporter", department=south),
        make_user("zoe", "reporter"),
    ]
    levels = [(1, 1), (1, 2), (2, 2), (3, 2)]
    for number in range(30):
        at = MOMENTS[number % len(MOMENTS)]
        impact, urgency = levels[number % 4]
        snag = make_snag(
            live,
            people[number % 3],
            at=at,
            impact=impact,
            urgency=urgency,
            process=process if number % 5 == 0 else None,
        )
        live_on(snag, number, at, worker=workers[number % 2], team=team)
    make_snag(live, people[0], at=database_clock.now() - HOUR)
    sweep.fire_due_clocks()
    rollups.roll_up(limit=10_000)
    return {"north": north, "south": south, "team": team, "process": process}


def live_on(snag, number, at, *, worker, team):
    """One of seven ways on, so that every way meets every priority and moment."""
    way, late = number % 7, (number % 3) * 40 * HOUR
    if way == 0:
        return
    if way != 1:
        talk.comment(snag, body="Looking.", actor=worker, at=at + HOUR / 2 + late)
    lifecycle.triage(
        snag,
        actor=worker,
        owner=worker,
        impact=snag.impact,
        urgency=snag.urgency,
        team=team if number % 2 else None,
        cause="habit" if number % 4 == 0 else "",
        priority=1 + number % 4,
        priority_reason="Quarter end.",
        at=at + HOUR + late,
    )
    end = at + 3 * HOUR + 2 * late
    if way == 2:
        return
    if way == 3:
        lifecycle.reject(
            snag, actor=worker, resolution="no_fault", resolution_note="Fine.", at=end
        )
        return
    lifecycle.resolve(
        snag, actor=worker, resolution="configuration", resolution_note="Ok.", at=end
    )
    if way in {5, 6}:
        lifecycle.confirm(snag, actor=snag.reported_by, at=end + 30 * HOUR)
    if way == 6:
        lifecycle.reopen(
            snag, actor=snag.reported_by, body="Again.", at=end + 50 * HOUR
        )
        editing.assign(snag, owner=worker, actor=worker, team=team)


def day(instant):
    return instant.astimezone(LONDON).date() if instant else None


def recount(period, snags, clocks):
    """The figures of a period, by walking over every row."""

    def inside(instant):
        return instant is not None and period.first <= day(instant) <= period.last

    def settled(kind, kept):
        return sum(
            1
            for c in clocks
            if c.kind == kind
            and c.state == "stopped"
            and inside(c.stopped_at)
            and (c.breached_at is None and c.stopped_at <= c.due_at) is kept
        )

    resolved = [s for s in snags if inside(s.resolved_at)]
    minutes = sorted(
        (s.resolved_at - s.reported_at).total_seconds() / 60 for s in resolved
    )
    return {
        "opened": sum(inside(s.reported_at) for s in snags),
        "resolved": len(resolved),
        "closed": sum(inside(s.closed_at) for s in snags),
        "response_met": settled("response", kept=True),
        "response_missed": settled("response", kept=False),
        "resolution_met": settled("resolution", kept=True),
        "resolution_missed": settled("resolution", kept=False),
        "breached": sum(inside(c.breached_at) for c in clocks),
        "median": minutes[ceil(len(minutes) / 2) - 1] if minutes else None,
    }


def raw(*, departments=None, priority=None, value=lambda snag: True):
    """Snags and clocks of a cut; a clock has the priority it was held to."""
    snags = [
        s
        for s in Snag.objects.select_related("snaglist")
        if (departments is None or s.department_id in departments) and value(s)
    ]
    ids = {s.pk for s in snags}
    clocks = [c for c in Clock.objects.all() if c.snag_id in ids]
    if priority:
        snags = [s for s in snags if s.priority == priority]
        clocks = [c for c in clocks if c.priority == priority]
    return snags, clocks


def same(counts, wanted):
    found = {name: getattr(counts, name) for name in wanted if name != "median"}
    assert found == {name: n for name, n in wanted.items() if name != "median"}
    if wanted["median"] is None:
        assert counts.median_hours is None
    else:
        error = abs(counts.median_hours * 60 - wanted["median"])
        assert error <= buckets.ERROR * wanted["median"] * (1 + 1e-9)


def the_board(user, cut=Cut(), period=SPRING):  # noqa: B008 - frozen
    golive = GoLive.objects.get()
    return figures.board(
        cut,
        period,
        user=user,
        golive=(golive.pk, golive.went_live_on),
        now=database_clock.now(),
    )


CUTS = ["everything", "north", "both departments", "P1", "P3 of north", "one team"]


def cut_of(name, spring):
    """A cut, and the raw rows it should count."""
    north, south = spring["north"].pk, spring["south"].pk
    team = spring["team"].pk
    return {
        "everything": (Cut(), {}),
        "north": (Cut(frozenset([north])), {"departments": [north]}),
        "both departments": (
            Cut(frozenset([north, south])),
            {"departments": [north, south]},
        ),
        "P1": (Cut(priority=1), {"priority": 1}),
        "P3 of north": (
            Cut(frozenset([north]), 3),
            {"departments": [north], "priority": 3},
        ),
        "one team": (
            Cut(dimension="team", key=str(team)),
            {"value": lambda s: s.team_id == team},
        ),
    }[name]


def test_every_count_of_a_period_equals_a_recount(spring, mia):
    rich_enough()
    for name in CUTS:
        totals_and_weeks(spring, mia, name)
    tables(spring, mia)
    curve(mia)


def rich_enough():
    """The data tells right from wrong: something of everything."""
    wanted = recount(SPRING, *raw())
    assert min(n for name, n in wanted.items() if name != "median") >= 2
    assert Snag.objects.filter(reopen_count=1).count() >= 4
    assert len(set(Snag.objects.values_list("priority", flat=True))) == 4
    assert Snag.objects.filter(department=None).count() >= 10


def totals_and_weeks(spring, mia, name):
    cut, of = cut_of(name, spring)
    snags, clocks = raw(**of)

    board = the_board(mia, cut)

    same(board.total, recount(SPRING, snags, clocks))
    same(board.before, recount(SPRING.previous(), snags, clocks))
    for week in board.weeks:
        assert day(week.period.begins) == week.period.first
        same(week.counts, recount(week.period, snags, clocks))
        for priority, counts in week.by_priority.items():
            own = raw(**{**of, "priority": priority})
            same(counts, recount(week.period, *own))


VALUES = {
    "team": lambda s: str(s.team_id or ""),
    "owner": lambda s: str(s.owner_id or ""),
    "process": lambda s: str(s.process_id or ""),
    "cause": lambda s: s.cause,
}


def tables(spring, mia):
    north = spring["north"].pk
    for cut, limits in (
        (Cut(), {}),
        (Cut(frozenset([north])), {"departments": [north]}),
    ):
        board = the_board(mia, cut)
        for dimension, of in VALUES.items():
            lines = {line.key: line for line in board.tables[dimension]}
            for key, line in lines.items():
                own = raw(**limits, value=lambda s, key=key, of=of: of(s) == key)
                same(line.counts, recount(SPRING, *own))
            every = [line.counts for line in lines.values()]
            assert sum(every, figures.Counts()) == board.total
            assert all(line.name for line in lines.values())


def curve(mia):
    board = the_board(mia)
    snags, clocks = raw()

    assert board.curve[0].period.first == date(2026, 1, 5)
    for week in board.curve:
        same(week.counts, recount(week.period, snags, clocks))
        assert week.backlog == sum(
            day(s.reported_at) <= week.period.last
            and not (s.closed_at and day(s.closed_at) <= week.period.last)
            for s in snags
        )
    assert board.curve[-1].backlog == Snag.objects.filter(closed_at=None).count()


def test_how_things_stand_equals_a_recount_of_open_rows(spring, mia):
    for name in CUTS:
        standing(spring, mia, name)


def standing(spring, mia, name):
    cut, of = cut_of(name, spring)
    board = the_board(mia, cut)
    now, days = board.at, timedelta(days=1)
    rows = [s for s in raw(**of)[0] if s.status not in {"resolved", "closed"}]

    total = board.live.total
    assert total.open == len(rows)
    assert total.late == sum(bool(s.next_due_at and s.next_due_at < now) for s in rows)
    assert total.at_risk == sum(
        bool(s.next_due_at and s.at_risk_from)
        and s.at_risk_from <= now <= s.next_due_at
        for s in rows
    )
    assert total.unowned == sum(s.owner_id is None for s in rows)
    assert total.old == sum(now - s.reported_at >= 14 * days for s in rows)
    bands = [(0, 1), (1, 3), (3, 7), (7, 14), (14, 30), (30, 9999)]
    assert total.ages == tuple(
        sum(low * days <= now - s.reported_at < high * days for s in rows)
        for low, high in bands
    )
    for priority, one in board.live.by_priority.items():
        assert one.open == sum(s.priority == priority for s in rows)
    by_owner = board.live.by_value["owner"]
    assert {key: one.open for key, one in by_owner.items()} == {
        key: sum(str(s.owner_id or "") == key for s in rows)
        for key in {str(s.owner_id or "") for s in rows}
    }


def listed(figure, cut, period, user, now):
    found = figures.rows(FIGURES[figure], cut, period, user=user, now=now)
    return found.count()


def said(figure, cut, period, now):
    """The number a list too long to count is headed with."""
    return figures.number_of(FIGURES[figure], cut, period, now=now)


PERIOD_FIGURES = {
    "opened": "opened",
    "resolved": "resolved",
    "closed": "closed",
    "response": "response",
    "response_met": "response_met",
    "response_missed": "response_missed",
    "resolution": "resolution",
    "resolution_met": "resolution_met",
    "resolution_missed": "resolution_missed",
    "breached": "breached",
}
LIVE_FIGURES = ("open", "late", "at_risk", "unowned", "old")


def test_a_drill_down_lists_as_many_rows_as_its_figure_counts(spring, mia):
    for name in CUTS:
        drill_downs(spring, mia, name)
    cells(mia)
    weeks_of_the_curve(mia)


def drill_downs(spring, mia, name):
    cut, _ = cut_of(name, spring)
    board = the_board(mia, cut)
    periods = [(SPRING, board.total), *((w.period, w.counts) for w in board.weeks)]

    for period, counts in periods:
        for figure, attribute in PERIOD_FIGURES.items():
            rows = listed(figure, cut, period, mia, board.at)
            assert (figure, rows) == (figure, getattr(counts, attribute))
            assert rows == said(figure, cut, period, board.at)
        settled = counts.response + counts.resolution
        assert listed("settled", cut, period, mia, board.at) == settled
    for figure in LIVE_FIGURES:
        rows = listed(figure, cut, SPRING, mia, board.at)
        assert (figure, rows) == (figure, getattr(board.live.total, figure))
        if cut.dimension in {"all", "team"}:
            assert rows == said(figure, cut, SPRING, board.at)
    for age, count in zip(AGES, board.live.total.ages, strict=True):
        assert listed(age.name, cut, SPRING, mia, board.at) == count


def cells(mia):
    board = the_board(mia)

    for dimension, lines in board.tables.items():
        for line in lines:
            cut = Cut(dimension=dimension, key=line.key)
            for figure, attribute in PERIOD_FIGURES.items():
                rows = listed(figure, cut, SPRING, mia, board.at)
                assert rows == getattr(line.counts, attribute)
            now = board.live.by_value[dimension].get(line.key, figures.Standing())
            for figure in ("open", "late", "old"):
                rows = listed(figure, cut, SPRING, mia, board.at)
                assert rows == getattr(now, figure)


def weeks_of_the_curve(mia):
    board = the_board(mia)
    cut = Cut(dimension="golive", key=str(board.golive))

    for week in board.curve[8:16]:
        assert listed("backlog", cut, week.period, mia, board.at) == week.backlog
        assert listed("closed", cut, week.period, mia, board.at) == week.counts.closed


def test_other_departments_and_suppliers_promises_stay_out(spring, mia):
    limited_manager(spring)
    suppliers_promise(mia)


def limited_manager(spring):
    north, south = spring["north"], spring["south"]
    nora = make_user("nora", "manager", scope=north)
    everywhere = Cut()

    rows = figures.rows(
        FIGURES["opened"], everywhere, SPRING, user=nora, now=database_clock.now()
    )

    departments = set(rows.values_list("department_id", flat=True))
    assert departments == {north.pk}
    assert south.pk not in departments


def suppliers_promise(mia):
    before = the_board(mia).total
    Contract.objects.update(kind="supplier")
    rollups.note_all_days()
    rollups.roll_up(limit=10_000)

    after = the_board(mia).total

    assert before.response > 0
    assert (after.response, after.resolution, after.breached) == (0, 0, 0)
    assert after.opened == before.opened
