"""Open snags nobody is there for any more become a duty of the managers.

Derived from the database each time: one duty for each manager and kind of gap, reworded
as the gap changes and gone once it is closed. Costs as much as there are gaps.
"""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta

from django.db import transaction
from django.db.models import Count, Q

from opsdesk.accounts.models import User
from opsdesk.core import clock, locks
from opsdesk.core.models import Duty
from opsdesk.core.services import duties
from opsdesk.core.services.outbox import Note, notify
from opsdesk.core.wording import listed, several
from snags.models import Snag
from snags.queries.holdings import without_a_holder, without_an_owner, worklist
from snags.services.answering import managers

TIME_TO_ACT = timedelta(days=1)
# An address has room for so many filters, a title for so many names.
MOST_FILTERS, MOST_NAMES = 12, 3


@dataclass(frozen=True)
class Gap:
    """A way in which nobody is there: which column names who left, what to say."""

    kind: str
    column: str
    facet: str
    missing: Callable[[], Q]
    one: str
    many: str


GAPS = (
    Gap(
        "owner_left",
        "owner",
        "owner",
        without_an_owner,
        "open snag belongs to {who}, who left: give it an owner",
        "open snags belong to {who}, who left: give them an owner",
    ),
    Gap(
        "supplier_left",
        "handed_to",
        "supplier",
        without_a_holder,
        "open snag waits for {who}, where nobody is left: take it back",
        "open snags wait for {who}, where nobody is left: take them back",
    ),
)


def raise_duties() -> int:
    """Bring the managers' duties up to the gaps there are; returns how many changed.

    Two sweeps at once would each owe the same duty; the second has nothing to do.
    """
    with locks.alone(locks.ORPHANS) as alone:
        return _raise_duties() if alone else 0


@transaction.atomic
def _raise_duties() -> int:
    staff, changed = managers(), 0
    for gap in GAPS:
        rows = _rows(gap)
        open_duties = Duty.objects.open().filter(kind=gap.kind).select_related("owner")
        known = {duty.owner_id: duty for duty in open_duties.order_by("pk")}
        for person in {one.pk: one for one, _ in staff}.values():
            scopes = {scope for one, scope in staff if one.pk == person.pk}
            changed += _owed(gap, person, scopes, rows, known.pop(person.pk, None))
        for duty in known.values():  # somebody who is no manager any more
            duties.drop(duty)
        changed += len(known)
    return changed


Found = list[tuple[int, str, int | None, int]]  # who left, their name, where, how many


def _rows(gap: Gap) -> Found:
    name = f"{gap.column}__name"
    rows = Snag.objects.open().filter(gap.missing()).order_by()
    rows = rows.values(f"{gap.column}_id", name, "department_id")
    found = rows.annotate(snags=Count("pk")).order_by(name, f"{gap.column}_id")
    return list(found.values_list(f"{gap.column}_id", name, "department_id", "snags"))


def _owed(
    gap: Gap, person: User, scopes: set[int | None], rows: Found, duty: Duty | None
) -> int:
    """One manager's duty: raised, reworded, dropped or as it was."""
    mine: Counter[tuple[int, str]] = Counter()
    for pk, name, department, snags in rows:
        if scopes & {None, department}:
            mine[pk, name] += snags
    if not mine:
        if duty is not None:
            duties.drop(duty)
        return int(duty is not None)
    pks = [pk for pk, _ in mine][:MOST_FILTERS]
    names = [name for _, name in mine]
    if len(names) > MOST_NAMES:
        names[MOST_NAMES:] = [f"{len(names) - MOST_NAMES} more"]
    title = several(mine.total(), gap.one, gap.many).format(who=listed(names))[:200]
    url = worklist(**{gap.facet: pks})[:250]
    if duty is None:
        due_at = clock.now() + TIME_TO_ACT
        duty = duties.owe(
            kind=gap.kind, title=title, owner=person, due_at=due_at, url=url
        )
        notify([person], Note(key=f"{gap.kind}-{duty.pk}", title=title, url=url))
        return 1
    return duties.reword(duty, title=title, url=url)
