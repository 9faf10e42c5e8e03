"""What people owe by a time: one inbox, and a climb when it is late."""

from datetime import datetime, timedelta

from django.db import transaction

from opsdesk.accounts.access import Role, access_of, people_with
from opsdesk.accounts.models import User
from opsdesk.core import clock
from opsdesk.core.errors import RuleError, require
from opsdesk.core.fields import LATEST
from opsdesk.core.models import Duty
from opsdesk.core.services.outbox import Note, notify_all

Step = Duty.Step
# Wall time from one rung of the ladder to the next.
CLIMB = timedelta(hours=24)


@transaction.atomic
def owe(
    *,
    kind: str,
    title: str,
    owner: User,
    due_at: datetime,
    deputy: User | None = None,
    url: str = "",
    every_days: int | None = None,
    series: Duty | None = None,
) -> Duty:
    """Record that somebody owes something by an instant, perhaps once more."""
    return Duty.objects.create(
        kind=kind,
        title=title,
        url=url,
        owner=owner,
        deputy=deputy,
        due_at=due_at,
        every_days=every_days,
        next_step_at=due_at,
        series=series,
    )


@transaction.atomic
def settle(duty: Duty, *, actor: User | None, note: str = "") -> Duty:
    """The duty is done; a recurring one is owed again from now on."""
    duty = Duty.objects.select_for_update(of=("self",)).get(pk=duty.pk)
    if duty.done_at is not None:
        raise RuleError("This was already done.")
    if actor is not None:
        require(_may_settle(duty, actor))
    duty.done_at = clock.now()
    duty.done_by = actor
    duty.note = note
    duty.next_step_at = None
    duty.save(update_fields=["done_at", "done_by", "note", "next_step_at"])
    _owe_again(duty, duty.done_at)
    return duty


@transaction.atomic
def reword(duty: Duty, *, title: str, url: str) -> int:
    """Say anew what is owed where it grew or shrank; 1 if that was news."""
    changed = Duty.objects.open().filter(pk=duty.pk)
    return changed.exclude(title=title, url=url).update(title=title, url=url)


@transaction.atomic
def drop(duty: Duty) -> None:
    """The reason for the duty has gone; quietly take it off the list."""
    open_duty = Duty.objects.open().filter(pk=duty.pk)
    open_duty.update(done_at=clock.now(), note="No longer needed.", next_step_at=None)


@transaction.atomic
def climb(*, limit: int = 200) -> int:
    """Tell the next person about each overdue duty; harmless when run twice."""
    at = clock.now()
    late = list(
        Duty.objects.open()
        .filter(next_step_at__lte=at)
        .select_related("owner", "deputy")
        .order_by("next_step_at", "pk")
        .select_for_update(of=("self",), skip_locked=True)[:limit]
    )
    for duty in late:
        duty.step = _next_step(duty)
        last = duty.step == Step.MANAGER
        duty.next_step_at = None if last else at + CLIMB
    managers = list(people_with(Role.MANAGER)) if late else []
    notify_all((_audience(duty, managers), _reminder(duty)) for duty in late)
    Duty.objects.bulk_update(late, ["step", "next_step_at"])
    return len(late)


def _owe_again(duty: Duty, done_at: datetime) -> None:
    if not duty.every_days:
        return
    due_at = max(duty.due_at, done_at) + timedelta(days=duty.every_days)
    if due_at < LATEST:
        owe(
            kind=duty.kind,
            title=duty.title,
            url=duty.url,
            owner=duty.owner,
            deputy=duty.deputy,
            due_at=due_at,
            every_days=duty.every_days,
            series=duty.series or duty,
        )


def _may_settle(duty: Duty, actor: User) -> bool:
    mine = actor.pk in {duty.owner_id, duty.deputy_id}
    return mine or access_of(actor).has(Role.MANAGER)


def _next_step(duty: Duty) -> Step:
    """One rung up, past rungs where nobody stands (any more)."""
    if duty.step < Step.OWNER and duty.owner.is_active:
        return Step.OWNER
    if duty.step < Step.DEPUTY and duty.deputy and duty.deputy.is_active:
        return Step.DEPUTY
    return Step.MANAGER


def _audience(duty: Duty, managers: list[User]) -> list[User | None]:
    if duty.step == Step.OWNER:
        return [duty.owner]
    if duty.step == Step.DEPUTY:
        return [duty.owner, duty.deputy]
    return [duty.owner, duty.deputy, *managers]


def _reminder(duty: Duty) -> Note:
    return Note(
        key=f"duty-{duty.pk}-{duty.step}",
        title=f"Overdue: {duty.title}",
        body=f"{duty.owner} owes this since {duty.due_at:%d %b %Y, %H:%M} UTC.",
        url=duty.url,
    )
