"""One operation at a time in an environment."""

import threading
from datetime import timedelta

import pytest
from django.db import IntegrityError, connections

from environments.models import EnvironmentEvent, Lease
from environments.services import leases
from opsdesk.core import clock
from opsdesk.core.errors import RuleError
from opsdesk.core.models import Notification


def take(environment, holder, **extra):
    return leases.take(
        environment,
        **{
            "kind": "promotion",
            "label": "CR-7 to Production",
            "url": "/changes/7/",
            "holder": holder,
            "expected_end_at": clock.now() + timedelta(minutes=30),
            **extra,
        },
    )


def test_an_environment_is_taken_by_one_and_the_next_is_told_by_whom(live, ada, sam):
    take(live, ada)

    with pytest.raises(RuleError) as refusal:
        take(live, sam, label="CR-8")

    assert refusal.value.code == "lease"
    assert str(refusal.value) == "Ada is at work on ERP Production: CR-7 to Production."
    assert Lease.objects.count() == 1


def test_another_environment_is_free(live, ada):
    take(live, ada)
    take(live.landscape.environments.get(kind="training"), ada)

    assert Lease.objects.count() == 2


def test_given_back_it_can_be_taken_again_and_both_are_on_the_timeline(live, ada, sam):
    leases.end(take(live, ada), actor=ada)
    take(live, sam)

    verbs = EnvironmentEvent.objects.filter(environment=live).values_list(
        "verb", "actor__name"
    )
    assert list(verbs) == [
        ("lease_taken", "Ada"),
        ("lease_ended", "Ada"),
        ("lease_taken", "Sam"),
    ]


def test_ending_twice_is_once(live, ada):
    lease = leases.end(take(live, ada), actor=ada)

    assert leases.end(lease, actor=ada).ended_at == lease.ended_at
    assert EnvironmentEvent.objects.filter(verb="lease_ended").count() == 1


def test_who_is_late_is_reminded_once_and_keeps_it(live, ada, sam):
    lease = take(live, sam, expected_end_at=clock.now() - timedelta(minutes=1))

    assert (leases.warn_overdue(), leases.warn_overdue()) == (1, 0)

    assert {note.recipient for note in Notification.objects.all()} == {ada, sam}
    lease.refresh_from_db()
    assert lease.ended_at is None


def test_nobody_is_late_before_the_end_or_without_one(live, ada):
    take(live, ada)
    take(live.landscape.environments.get(kind="training"), ada, expected_end_at=None)

    assert leases.warn_overdue() == 0
    assert Notification.objects.count() == 0


def test_the_database_has_the_last_word(live, ada):
    lease = take(live, ada)
    lease.pk = None

    with pytest.raises(IntegrityError, match="one_lease_per_environment"):
        lease.save()


@pytest.mark.django_db(transaction=True)
def test_of_four_who_take_it_at_once_one_has_it_and_three_hear_who(live, ada):
    gate, answers = threading.Barrier(4), []

    def run():
        gate.wait()
        try:
            answers.append(take(live, ada))
        except RuleError as error:
            answers.append(error.code)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=run, daemon=True) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)

    assert answers.count("lease") == 3
    assert Lease.objects.count() == 1
