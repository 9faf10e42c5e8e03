"""Who hears of freezes, and in which words."""

from collections.abc import Iterable
from datetime import datetime
from zoneinfo import ZoneInfo

from environments.models import Environment, Occurrence, WindowRule
from opsdesk.accounts.access import Role, people_with
from opsdesk.accounts.models import User
from opsdesk.core.services.outbox import Note, notify, notify_all
from opsdesk.core.wording import listed

HEARERS = (
    Role.SUPPORT,
    Role.MANAGER,
    Role.ADMINISTRATOR,
    Role.APPROVER_TECHNICAL,
    Role.APPROVER_BUSINESS,
)


def announced(
    rule: WindowRule,
    places: list[Environment],
    first: tuple[datetime, datetime],
    *,
    but: User,
) -> None:
    """A freeze was made or changed: all who change systems hear of it, but one."""
    word = "Freeze changed" if rule.version > 1 else "Freeze announced"
    _tell(rule, f"{word}: {rule}", _when(rule, places, *first), but)


def ended_early(rule: WindowRule, places: list[Environment], *, but: User) -> None:
    """A freeze that was on is over before its time."""
    names = listed([place.name for place in places])
    body = f"{names} may be changed again. {rule.cancel_reason}"
    _tell(rule, f"Freeze ended early: {rule}", body, but)


def cancelled(rule: WindowRule, places: list[Environment], *, but: User) -> None:
    """A freeze that was to come does not."""
    names = listed([place.name for place in places])
    body = f"It no longer holds for {names}. {rule.cancel_reason}"
    _tell(rule, f"Freeze cancelled: {rule}", body, but)


def starts_soon(rows: Iterable[Occurrence]) -> None:
    """A freeze starts within a day: one note for all the environments it holds."""
    begins: dict[tuple[int, datetime], list[Occurrence]] = {}
    for row in rows:
        begins.setdefault((row.rule_id, row.starts_at), []).append(row)
    if begins:
        people = list(people_with(*HEARERS))
        notify_all((people, _soon(together)) for together in begins.values())


def _soon(rows: list[Occurrence]) -> Note:
    rule, first = rows[0].rule, rows[0]
    places = [row.environment for row in rows]
    return Note(
        key=f"freeze-soon-{rule.pk}-{first.starts_at:%Y%m%d%H%M}",
        title=f"Freeze starts {_local(rule, first.starts_at)}: {rule}",
        body=_when(rule, places, first.starts_at, first.ends_at),
        url=rule.get_absolute_url(),
    )


def _tell(rule: WindowRule, title: str, body: str, actor: User) -> None:
    key = f"freeze-{rule.pk}-{rule.version}"
    people = people_with(*HEARERS).exclude(pk=actor.pk)
    notify(people, Note(key=key, title=title, body=body, url=rule.get_absolute_url()))


def _when(
    rule: WindowRule, places: list[Environment], start: datetime, end: datetime
) -> str:
    kind = "Nothing may start" if rule.is_hard else "Advice against changes"
    names = listed([place.name for place in places])
    times = f"from {_local(rule, start)} to {_local(rule, end)}"
    again = ", and again as planned" if rule.rrule else ""
    return f"{kind} in {names} {times}{again}. {rule.reason}".strip()


def _local(rule: WindowRule, at: datetime) -> str:
    return f"{at.astimezone(ZoneInfo(rule.time_zone)):%a %-d %b %Y, %H:%M %Z}"
