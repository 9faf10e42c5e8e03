"""Work an environment needs again and again: planned, done, owed once more."""

from datetime import datetime

from django.db import transaction
from django.db.models import Q

from environments.models import Environment, MaintenanceTask
from environments.services.rows import describe, keep, locked, log
from opsdesk.accounts.models import User
from opsdesk.core import clock
from opsdesk.core.errors import RuleError
from opsdesk.core.models import Duty
from opsdesk.core.records import save
from opsdesk.core.services import duties


@transaction.atomic
def plan_task(
    environment: Environment,
    *,
    actor: User,
    title: str,
    owner: User,
    due_at: datetime,
    every_days: int | None = None,
) -> MaintenanceTask:
    """Somebody owes a piece of maintenance, once or every so many days."""
    keep(actor)
    environment = locked(environment)
    task = MaintenanceTask(environment=environment, title=title, every_days=every_days)
    task.duty = _owe(task, owner, due_at)
    save(task, actor=actor)
    log(environment, "task_planned", actor=actor, at=clock.now(), title=title)
    return task


@transaction.atomic
def replan_task(
    task: MaintenanceTask,
    *,
    actor: User,
    version: int | None,
    title: str,
    owner: User,
    due_at: datetime,
    every_days: int | None = None,
) -> MaintenanceTask:
    """Plan it anew: what was owed is off the list, this is owed instead."""
    keep(actor)
    environment = locked(task.environment)
    task = MaintenanceTask.objects.select_for_update(of=("self",)).get(pk=task.pk)
    describe(
        task, {"title": title, "every_days": every_days}, version=version, actor=actor
    )
    # Who settles it in the inbox meanwhile makes the next one owed: drop that as well.
    while owed := open_duty(task):
        duties.drop(owed)
    task.duty = _owe(task, owner, due_at)
    save(task, "duty", actor=actor)
    log(environment, "task_planned", actor=actor, at=clock.now(), title=title)
    return task


@transaction.atomic
def do_task(task: MaintenanceTask, *, actor: User, note: str = "") -> MaintenanceTask:
    """It is done: its duty is settled and, where it recurs, owed again.

    Its owner and managers say so, as for every duty; NotAllowedError for others.
    """
    environment = locked(task.environment)
    owed = open_duty(task)
    if owed is None:
        raise RuleError("This was already done.", code="not_now")
    duties.settle(owed, actor=actor, note=note)
    log(environment, "task_done", actor=actor, at=clock.now(), title=task.title)
    return task


def open_duty(task: MaintenanceTask) -> Duty | None:
    """What is owed of the task now; settling it in the inbox moves it on as well."""
    own = Q(pk=task.duty_id) | Q(series=task.duty_id)
    return Duty.objects.open().filter(own).order_by("-pk").first()


def _owe(task: MaintenanceTask, owner: User, due_at: datetime) -> Duty:
    return duties.owe(
        kind="maintenance",
        title=f"{task.environment}: {task.title}"[:200],
        owner=owner,
        due_at=due_at,
        every_days=task.every_days,
        url=task.environment.get_absolute_url(),
    )
