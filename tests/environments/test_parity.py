from datetime import timedelta

import pytest
from django.urls import reverse

from environments import parity
from environments.models import Component, Environment
from environments.parity import Version, judge
from environments.queries.inventory import boards, environments
from environments.queries.matrix import matrices
from environments.services.components import place
from environments.services.installing import record_installation
from opsdesk.core import clock
from tests.factories import NINE

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
OLD = Version("1.0", since=NINE - 30 * DAY, until=NINE)
NEW = Version("1.1", since=NINE)


def standing(own, *, after, within=DAY, expected=True, produced=(OLD, NEW)):
    found = judge(own, produced, within=within, at=NINE + after, is_expected=expected)
    return found.state, found.due_at


def test_the_same_version_is_in_sync():
    assert standing(Version("1.1"), after=HOUR)[0] == "in_sync"


def test_the_old_version_lags_until_its_time_is_up():
    assert standing(Version("1.0"), after=23 * HOUR) == ("lagging", NINE + DAY)
    assert standing(Version("1.0"), after=DAY) == ("out_of_sync", None)


def test_a_version_production_never_had_is_out_of_sync():
    assert standing(Version("1.2"), after=HOUR)[0] == "out_of_sync"


def test_two_steps_behind_is_out_of_sync_once_the_first_is_due():
    newest = Version("1.2", since=NINE + 20 * HOUR)
    produced = (OLD, Version("1.1", since=NINE, until=newest.since), newest)

    lagging = standing(Version("1.0"), after=21 * HOUR, produced=produced)
    late = standing(Version("1.0"), after=25 * HOUR, produced=produced)

    assert lagging == ("lagging", NINE + DAY)
    assert late == ("out_of_sync", None)


def test_digests_decide_where_both_are_known():
    own = Version("1.1", sha256="a" * 64)
    rebuilt = (Version("1.1", sha256="b" * 64, since=NINE),)

    assert standing(own, after=HOUR, produced=rebuilt)[0] == "out_of_sync"


def test_dev_and_test_may_differ_freely():
    assert standing(Version("2.0"), after=HOUR, within=None)[0] == "differs"


def test_what_is_new_in_production_must_follow_too():
    first = (Version("1.0", since=NINE),)

    assert standing(None, after=HOUR, produced=first) == ("lagging", NINE + DAY)
    assert standing(None, after=2 * DAY, produced=first)[0] == "out_of_sync"
    assert standing(None, after=HOUR, produced=first, expected=False)[0] == "absent"


def test_the_worst_of_an_environment_counts_and_the_first_due():
    late, soon = (
        parity.Standing("lagging", NINE + DAY),
        parity.Standing("lagging", NINE),
    )

    assert parity.worst([parity.IN_SYNC, late, soon]) == soon
    assert parity.worst([soon, parity.OUT_OF_SYNC]) == parity.OUT_OF_SYNC
    assert parity.worst([]) == parity.ABSENT


@pytest.fixture
def app(live):
    return Component.objects.create(
        landscape=live.landscape,
        code="APP",
        name="ERP",
        kind="application",
        is_critical=True,
    )


def install(live, app, label, days, *kinds):
    for environment in live.landscape.environments.filter(kind__in=kinds):
        record_installation(
            environment,
            app,
            label=label,
            source="promotion",
            actor=None,
            at=clock.now() - timedelta(days=days),
        )


def test_s04_training_lags_with_its_due_day_and_is_not_red(client, live, app, ada):
    training = live.landscape.environments.get(kind="training")
    place(training, actor=ada, component=app)
    install(live, app, "1.0", 30, "production", "training")
    install(live, app, "1.1", 3, "production")
    client.force_login(ada)

    (grid,) = client.get(reverse("environments:matrix")).context["grids"]
    (_part, marks), *_ = grid["lines"]
    names = [environment.kind for environment, _sign in grid["heads"]]
    mark = marks[names.index("training")]

    assert (mark.text, mark.tone) == ("1.0", "amber")
    assert mark.note.startswith("Due ")


def test_a_failover_without_what_production_runs_is_out_of_sync(live, app, ada):
    install(live, app, "1.0", 30, "production")

    now = clock.now()
    rows = list(environments(ada))
    grid = matrices([live.landscape], rows, now)[live.landscape_id]
    states = {
        cell.environment.kind: cell.standing.state for cell in grid.lines[0].cells
    }

    assert states == {
        "dev_test": "absent",
        "training": "absent",
        "production": "in_sync",
        "failover": "out_of_sync",
    }


def test_the_board_shows_the_version_people_mean(live, app, ada):
    Environment.objects.filter(pk=live.pk).update(app_version="as noted once")
    install(live, app, "1.1", 1, "production")

    (board,) = boards(ada, clock.now())
    shown = {lane.kind: lane.tiles[0].version for lane in board.lanes}

    assert shown["production"] == "1.1"
    assert shown["failover"] == ""
