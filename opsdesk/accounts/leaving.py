"""What somebody who leaves still holds: each app above says what it knows of.

The lower app owns the list, the higher ones add to it in their apps.py.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from opsdesk.accounts.models import Party, User
from opsdesk.core.models import Duty
from opsdesk.core.wording import several


@dataclass(frozen=True)
class Holding:
    """So much of something, in words, and where to see it."""

    text: str
    url: str = ""


Counter = Callable[[User | Party], Iterable[Holding]]
_counters: list[Counter] = []


def register(counter: Counter) -> None:
    """Have an app asked whenever somebody is about to leave, or has left."""
    if counter not in _counters:
        _counters.append(counter)


def held_by(subject: User | Party) -> list[Holding]:
    """What nobody would answer for if this person or party were gone."""
    held = [holding for counter in _counters for holding in counter(subject)]
    if isinstance(subject, User):
        duties = Duty.objects.open().filter(owner=subject).count()
        if duties:
            held.append(Holding(several(duties, "duty", "duties")))
    return held
