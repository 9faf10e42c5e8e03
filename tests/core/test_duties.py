"""What people owe by a time: who may say it is done, and where it climbs."""

from datetime import timedelta

import pytest
from django.db import IntegrityError, connection
from django.test.utils import CaptureQueriesContext

from opsdesk.core import clock
from opsdesk.core.errors import NotAllowedError, RuleError
from opsdesk.core.fields import LATEST
from opsdesk.core.models import Duty, Message, Notification
from opsdesk.core.services import duties

pytestmark = pytest.mark.django_db
Step = Duty.Step


def owed(owner, *, late=None, **extra):
    """A duty due in an hour, or due `late` ago."""
    due_at = clock.now() + (timedelta(hours=1) if late is None else -late)
    fields = {"kind": "task", "title": "Test the backup", "due_at": due_at, **extra}
    return duties.owe(owner=owner, **fields)


def told(duty):
    rows = Notification.objects.filter(key__startswith=f"duty-{duty.pk}-")
    return sorted(rows.values_list("recipient__name", flat=True))


def a_day_later(duty):
    Duty.objects.filter(pk=duty.pk).update(next_step_at=clock.now())


def test_a_duty_climbs_owner_deputy_managers_in_wall_time(sam, sue, mia):
    duty = owed(sam, late=timedelta(minutes=1), deputy=sue)

    assert duties.climb() == 1
    duty.refresh_from_db()
    assert (duty.step, told(duty)) == (Step.OWNER, ["Sam"])
    assert duty.next_step_at - clock.now() >= timedelta(hours=23, minutes=59)
    a_day_later(duty)
    duties.climb()
    assert told(duty) == ["Sam", "Sam", "Sue"]
    a_day_later(duty)
    duties.climb()
    assert told(duty) == ["Mia", "Sam", "Sam", "Sam", "Sue", "Sue"]
    duty.refresh_from_db()
    assert (duty.step, duty.next_step_at) == (Step.MANAGER, None)


def test_climbing_twice_at_once_tells_once(sam):
    duty = owed(sam, late=timedelta(minutes=1))

    assert (duties.climb(), duties.climb()) == (1, 0)
    assert told(duty) == ["Sam"]
    assert Message.objects.count() == 1


def test_what_is_not_due_does_not_climb(sam):
    owed(sam)

    assert duties.climb() == 0
    assert not Notification.objects.exists()


def test_without_a_deputy_the_managers_are_next(sam, mia):
    duty = owed(sam, late=timedelta(minutes=1))
    duties.climb()
    a_day_later(duty)

    duties.climb()

    assert told(duty) == ["Mia", "Sam", "Sam"]


def test_a_duty_of_somebody_who_left_climbs_past_them_at_once(sam, sue, mia):
    sam.is_active = False
    sam.save()
    first = owed(sam, late=timedelta(minutes=2), deputy=sue)
    second = owed(sam, late=timedelta(minutes=1))

    assert duties.climb() == 2
    assert told(first) == ["Sue"]
    assert told(second) == ["Mia"]


def test_many_duties_climb_at_the_price_of_few(sam, mia):
    for _ in range(2):
        owed(sam, late=timedelta(minutes=1))
    with CaptureQueriesContext(connection) as few:
        duties.climb()
    for _ in range(20):
        owed(sam, late=timedelta(minutes=1))
    with CaptureQueriesContext(connection) as many:
        assert duties.climb() == 20

    assert len(many) == len(few) <= 9


@pytest.mark.parametrize("who", ["sam", "sue", "mia"])
def test_owner_deputy_and_manager_may_say_it_is_done(who, sam, sue, mia):
    duty = owed(sam, deputy=sue)
    actor = {"sam": sam, "sue": sue, "mia": mia}[who]

    done = duties.settle(duty, actor=actor, note="Restored in 4 min.")

    assert (done.done_by, done.note) == (actor, "Restored in 4 min.")
    assert done.done_at is not None
    assert not Duty.objects.open().exists()


def test_nobody_else_may_and_nothing_changes(sam, sue, ada):
    duty = owed(sam)
    for actor in (sue, ada):
        with pytest.raises(NotAllowedError):
            duties.settle(duty, actor=actor)

    assert Duty.objects.open().get().note == ""


def test_it_is_done_once(sam):
    duty = owed(sam, every_days=7)
    duties.settle(duty, actor=sam)

    with pytest.raises(RuleError, match="already done"):
        duties.settle(duty, actor=sam)

    assert Duty.objects.open().count() == 1


def test_a_recurring_duty_is_owed_again_from_when_it_was_due_or_done(sam, sue):
    early = owed(sam, every_days=7, deputy=sue, url="/x/")
    late = owed(sam, late=timedelta(days=3), every_days=7)

    duties.settle(early, actor=sam)
    late = duties.settle(late, actor=sam)

    after_late, after_early = Duty.objects.open().order_by("due_at")
    assert after_early.due_at == early.due_at + timedelta(days=7)
    assert after_late.due_at == late.done_at + timedelta(days=7)
    again = (after_early.deputy, after_early.url, after_early.every_days)
    assert again == (sue, "/x/", 7)
    assert after_early.step == Step.NOT_DUE


def test_a_recurring_duty_ends_with_the_calendar(sam):
    duty = owed(sam, every_days=2, due_at=LATEST - timedelta(days=1))

    duties.settle(duty, actor=sam)

    assert not Duty.objects.open().exists()


def test_a_dropped_duty_is_off_the_list_and_stays_as_it_was_done(sam):
    duty, done = owed(sam, late=timedelta(minutes=1)), owed(sam)
    duties.settle(done, actor=sam, note="Done.")

    duties.drop(duty)
    duties.drop(done)

    assert not Duty.objects.open().exists()
    assert duties.climb() == 0
    done.refresh_from_db()
    assert done.note == "Done."


@pytest.mark.parametrize(
    ("change", "constraint"),
    [
        ({"done_at": "now"}, "duty_done_has_no_next_step"),
        ({"title": ""}, "duty_title_is_not_empty"),
        ({"every_days": 0}, "duty_cadence_is_positive"),
        ({"due_at": LATEST}, "duty_due_at_is_sane"),
    ],
)
def test_the_database_refuses(sam, change, constraint):
    duty = owed(sam)
    if "done_at" in change:
        change = {"done_at": clock.now()}

    with pytest.raises(IntegrityError, match=constraint):
        Duty.objects.filter(pk=duty.pk).update(**change)
