import threading
from datetime import timedelta
from decimal import Decimal

import pytest
from django.db import connections, transaction
from django.urls import reverse
from django.utils import timezone

from environments import downtime
from environments.models import DowntimeCost, Licence
from environments.queries.upkeep import tasks
from environments.services import maintenance, renewals
from opsdesk.core import clock
from opsdesk.core.errors import NotAllowedError, RuleError
from opsdesk.core.models import Duty
from opsdesk.core.services import duties

DAY = timedelta(days=1)


def in_days(days):
    return timezone.localdate() + timedelta(days=days)


def plan(live, ada, sam, **extra):
    fields = {"title": "Check the backup", "every_days": 7, **extra}
    due_at = fields.pop("due_at", clock.now() - DAY)
    return maintenance.plan_task(
        live, actor=ada, owner=fields.pop("owner", sam), due_at=due_at, **fields
    )


def test_a_renewal_is_owed_thirty_days_before_the_end(live, ada, sam):
    licence = renewals.add_licence(
        live.landscape, actor=ada, owner=sam, name="Users", ends_on=in_days(90)
    )

    duty = licence.renewal
    assert duty.owner == sam
    assert timezone.localdate(duty.due_at) == in_days(60)
    assert duty.every_days is None


def test_a_licence_without_an_end_owes_nothing(live, ada):
    licence = renewals.add_licence(live.landscape, actor=ada, name="For ever")

    assert licence.renewal is None
    assert Duty.objects.count() == 0


def test_a_renewed_certificate_owes_its_next_renewal(live, ada, sam):
    certificate = renewals.add_certificate(
        live, actor=ada, owner=sam, host="erp.example", ends_on=in_days(10)
    )

    renewals.edit_certificate(certificate, actor=ada, version=1, ends_on=in_days(400))

    open_duty = Duty.objects.open().get()
    certificate.refresh_from_db()
    assert certificate.renewal == open_duty
    assert open_duty.owner == sam
    assert timezone.localdate(open_duty.due_at) == in_days(370)


def test_another_word_about_a_licence_keeps_its_renewal(live, ada):
    licence = renewals.add_licence(
        live.landscape, actor=ada, name="Users", ends_on=in_days(90)
    )

    renewals.edit_licence(licence, actor=ada, version=1, note="Signed by Carol.")

    assert Duty.objects.get() == Licence.objects.get().renewal


def test_a_task_done_is_owed_again(live, ada, sam):
    task = plan(live, ada, sam)
    (line,) = tasks(live)
    assert line.is_overdue(clock.now())

    maintenance.do_task(task, actor=sam)

    (line,) = tasks(live)
    assert line.last.done_by == sam
    assert not line.is_overdue(clock.now())
    assert line.owed.due_at > clock.now() + 6 * DAY
    assert [event.verb for event in live.events.all()] == ["task_planned", "task_done"]


def test_settling_it_in_the_inbox_moves_the_task_on_as_well(live, ada, sam):
    task = plan(live, ada, sam)

    duties.settle(maintenance.open_duty(task), actor=sam)
    maintenance.do_task(task, actor=sam)

    (line,) = tasks(live)
    assert Duty.objects.filter(done_at__isnull=False).count() == 2
    assert line.owed.series_id == task.duty_id


def test_what_is_done_once_is_not_done_again(live, ada, sam):
    task = plan(live, ada, sam, every_days=None)
    maintenance.do_task(task, actor=sam)

    with pytest.raises(RuleError, match="already done"):
        maintenance.do_task(task, actor=sam)

    assert Duty.objects.count() == 1


def test_only_its_owner_and_managers_say_that_it_is_done(live, ada, sam, sue):
    task = plan(live, ada, sam)

    with pytest.raises(NotAllowedError):
        maintenance.do_task(task, actor=sue)

    assert Duty.objects.open().count() == 1
    assert live.events.count() == 1


def test_a_task_planned_anew_owes_only_the_new(live, ada, sam, sue):
    task = plan(live, ada, sam)

    maintenance.replan_task(
        task,
        actor=ada,
        version=1,
        title="Restore the backup",
        owner=sue,
        due_at=clock.now() + DAY,
        every_days=30,
    )

    owed = Duty.objects.open().get()
    assert (owed.owner, owed.every_days) == (sue, 30)
    assert tasks(live)[0].owed == owed


@pytest.mark.django_db(transaction=True)
def test_a_task_settled_while_it_is_planned_anew_is_owed_once(live, ada, sam, sue):
    task = plan(live, ada, sam)
    done = threading.Event()

    def replan():
        try:
            maintenance.replan_task(
                task,
                actor=ada,
                version=1,
                title="Restore the backup",
                owner=sue,
                due_at=clock.now() + DAY,
            )
        finally:
            done.set()
            connections.close_all()

    with transaction.atomic():
        duties.settle(maintenance.open_duty(task), actor=sam)
        thread = threading.Thread(target=replan, daemon=True)
        thread.start()
        assert not done.wait(0.2)
    thread.join(10)

    assert Duty.objects.open().get().owner == sue


def judged(**extra):
    figures = {
        "busy_cost_per_hour": Decimal(5000),
        "quiet_cost_per_hour": Decimal(500),
        "busy_hours_down": Decimal(10),
        "quiet_hours_down": Decimal(10),
        "failover_cost_per_year": Decimal(40_000),
        **extra,
    }
    return downtime.judge(**figures)


def test_a_failover_pays_when_downtime_costs_more():
    verdict = judged()

    assert verdict.downtime_cost == Decimal("55000.00")
    assert verdict.saving == Decimal("15000.00")
    assert verdict.pays
    assert verdict.break_even_hours == Decimal("14.5")


def test_with_no_hours_given_every_hour_is_a_busy_one():
    verdict = judged(busy_hours_down=Decimal(0), quiet_hours_down=Decimal(0))

    assert not verdict.pays
    assert verdict.break_even_hours == Decimal("8.0")


def test_downtime_that_costs_nothing_never_pays_for_a_failover():
    free = judged(busy_cost_per_hour=Decimal(0), quiet_cost_per_hour=Decimal(0))

    assert free.break_even_hours is None
    assert not free.pays


FORM = {
    "title": "Second site",
    "busy_cost_per_hour": "5000",
    "busy_hours_down": "10",
    "quiet_cost_per_hour": "500",
    "quiet_hours_down": "10",
    "failover_cost_per_year": "40000",
}


def test_a_judgement_is_kept_with_its_author_and_date(client, live, mia):
    client.force_login(mia)
    url = reverse("environments:downtime")

    client.post(url, {**FORM, "landscape": live.landscape_id})

    assert DowntimeCost.objects.get().saved_by == mia
    page = client.get(url).content.decode()
    assert "saves 15,000" in page
    assert "14.5 h a year" in page
    assert "Mia" in page


def test_who_only_reads_keeps_no_judgement(client, live, amy):
    client.force_login(amy)

    answer = client.post(
        reverse("environments:downtime"), {**FORM, "landscape": live.landscape_id}
    )

    assert answer.status_code == 403
    assert DowntimeCost.objects.count() == 0


def test_a_negative_cost_is_refused(client, live, mia):
    client.force_login(mia)

    answer = client.post(
        reverse("environments:downtime"),
        {**FORM, "landscape": live.landscape_id, "busy_hours_down": "-1"},
    )

    assert answer.status_code == 422
    assert DowntimeCost.objects.count() == 0
