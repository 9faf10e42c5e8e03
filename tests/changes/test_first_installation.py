"""What never ran in an environment before is rolled back by taking it out again."""

from datetime import timedelta

import pytest
from django.db.backends.postgresql.psycopg_any import DateTimeTZRange
from django.urls import reverse

from changes.models import Promotion
from changes.services import rolling_back, running, starting
from environments.models import EnvironmentEvent, Installation
from opsdesk.core import clock
from tests.changes.factories import (
    again,
    carry_out,
    do_steps,
    fresh,
    promote,
)

DAY = timedelta(days=1)


@pytest.fixture
def first(w):
    """The first version there ever was in production, brought by its promotion."""
    return carry_out(starting.start(w.ready(), actor=w.ian), w.ian)


def running_in(environment):
    rows = Installation.objects.filter(environment=environment)
    return list(rows.filter(during__upper_inf=True).values_list("label", flat=True))


def test_a_first_installation_is_taken_out_and_its_copies_follow(w, first, client):
    promote(fresh(first.change), w.failover, w.ian, "resync")
    client.force_login(w.ian)

    client.post(reverse("changes:promotion_roll_back", args=[first.pk]))

    back = Promotion.objects.get(undoes=first)
    assert (back.state, back.back_to, back.to_report) == (
        "running",
        None,
        "not installed",
    )
    do_steps(back, w.ian)
    page = client.get(back.get_absolute_url()).content.decode()
    assert "Once it is gone: not installed" in page
    client.post(
        reverse("changes:promotion_report", args=[back.pk]), {"sha256": "Not installed"}
    )
    do_steps(back, w.ian)
    running.succeed(back, actor=w.ian)

    assert (running_in(w.live), running_in(w.failover)) == ([], ["1.1"])
    assert (again(first).state, fresh(first.change).state) == (
        "rolled_back",
        "backed_out",
    )
    told = EnvironmentEvent.objects.filter(environment=w.live).last()
    assert (told.verb, told.params["label"]) == ("removed", "1.1")
    sync = first.change.duties.get(kind="failover_sync", is_settled=False)
    copied = Promotion.objects.get(environment=w.failover, kind="resync")
    carry_out(rolling_back.roll_back(copied, actor=w.ian), w.ian)
    sync.refresh_from_db()
    assert (sync.is_settled, running_in(w.failover)) == (True, [])


def test_what_is_still_there_after_taking_it_out_has_failed(w, first):
    back = rolling_back.roll_back(first, actor=w.ian)
    do_steps(back, w.ian)

    back = running.report(back, actor=w.ian, sha256=first.sha256)

    assert (back.state, back.outcome) == ("failed", "DIGEST_MISMATCH")
    assert back.note == (
        f"Installed is {first.sha256[:12]}…, approved was not installed:"
        " this is not what was tested."
    )
    assert running_in(w.live) == ["1.1"]


def test_a_failed_first_attempt_leaves_nothing_on_record(w):
    failed = starting.start(w.ready(), actor=w.ian)
    do_steps(failed, w.ian)
    running.fail(failed, actor=w.ian, note="It stopped half-way.")

    back = carry_out(rolling_back.roll_back(again(failed), actor=w.ian), w.ian)

    assert (back.state, back.takes_out, running_in(w.live)) == ("succeeded", True, [])
    assert not EnvironmentEvent.objects.filter(verb="removed").exists()


def test_what_was_taken_out_long_ago_is_not_brought_back(w, first):
    Installation.objects.create(
        environment=w.live,
        component=first.package.component,
        label="0.9",
        during=DateTimeTZRange(clock.now() - 9 * DAY, clock.now() - 5 * DAY),
        source="baseline",
    )

    assert rolling_back.roll_back(first, actor=w.ian).takes_out
