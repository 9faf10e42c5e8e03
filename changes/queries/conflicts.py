"""What else is planned where and when a change is: refused, or to be lived with.

An app above adds what it has planned there in its `apps.py`: register(finder).
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from django.db.models import Q, QuerySet
from django.utils import timezone

from changes.models import ChangeRequest, ChangeTarget, UserTest
from changes.moves import ENDED, ChangeState
from changes.queries.risks import touched_components
from environments.models import Dependency, Lease, Occurrence, WindowKind
from environments.queries.pairs import role_of, windows_of
from environments.queries.windows import freezes_over
from opsdesk.accounts.access import access_of
from opsdesk.accounts.models import User

# Neither planned yet nor planned any more.
IDLE = (*ENDED, ChangeState.DRAFT, ChangeState.REJECTED, ChangeState.REVIEW)


@dataclass(frozen=True)
class Conflict:
    """One clash: a hard one is refused, a soft one must be accepted in words."""

    text: str
    url: str = ""
    is_hard: bool = False


Finder = Callable[[ChangeTarget], Iterable[Conflict]]
_finders: list[Finder] = []


def register(finder: Finder) -> None:
    """Have an app asked about every target of a change that has a slot."""
    if finder not in _finders:
        _finders.append(finder)


def conflicts_of(change: ChangeRequest) -> list[Conflict]:
    """Every clash of the change as it is now, the hard ones first."""
    rows = change.targets.select_related("environment__pairs_with")
    aims = list(rows.order_by("ordinal", "pk"))
    found = [
        *(one for aim in aims if aim.slot for one in _in_slot(change, aim)),
        *_implementer_booked(change, aims),
        *_same_component(change),
        *(one for aim in aims for one in _being_tested(change, aim)),
    ]
    return sorted(found, key=lambda conflict: not conflict.is_hard)


def conflicts_for(user: User, change: ChangeRequest) -> list[Conflict]:
    """The same for one reader: they name other changes, which only people here know."""
    return conflicts_of(change) if access_of(user).is_internal else []


def bookings_over(change: ChangeRequest) -> list[Conflict]:
    """Booked slots that bar even an emergency: both want nothing else meanwhile."""
    rows = change.targets.filter(is_exclusive=True, slot__isnull=False)
    aims = rows.select_related("environment").order_by("ordinal", "pk")
    return [one for aim in aims for one in _slots_taken(change, aim, both=True)]


def _in_slot(change: ChangeRequest, aim: ChangeTarget) -> Iterator[Conflict]:
    yield from _slots_taken(change, aim)
    yield from _frozen(change, aim)
    yield from _leased(aim)
    yield from _outside_window(aim)
    for finder in _finders:
        yield from finder(aim)


def _slots_taken(
    change: ChangeRequest, aim: ChangeTarget, *, both: bool = False
) -> Iterator[Conflict]:
    """A booked slot over this one, where either (or both) wants nothing else
    meanwhile."""
    others = ChangeTarget.objects.filter(
        environment=aim.environment, is_booked=True, slot__overlap=aim.slot
    ).exclude(change=change)
    if both or not aim.is_exclusive:
        others = others.filter(is_exclusive=True)
    for other in others.select_related("change").order_by("slot", "pk"):
        yield Conflict(
            f"{other.change.ref} has booked {aim.environment} {_span(other.slot)}.",
            other.change.get_absolute_url(),
            is_hard=True,
        )


def _frozen(change: ChangeRequest, aim: ChangeTarget) -> Iterator[Conflict]:
    for freeze in freezes_over(aim.environment, aim.slot):
        if change.kind in freeze.rule.exempt_kinds:
            continue
        words = "is frozen" if freeze.is_hard else "has an advisory freeze"
        yield Conflict(
            f"{aim.environment} {words} for {freeze.rule.name} {_span(freeze.during)}.",
            is_hard=freeze.is_hard,
        )


def _leased(aim: ChangeTarget) -> Iterator[Conflict]:
    """A refresh, a drill or a failover that is expected to last into the slot."""
    rows = Lease.objects.filter(
        environment=aim.environment, ended_at__isnull=True
    ).exclude(kind__in=(Lease.Kind.PROMOTION, Lease.Kind.ROLLBACK))
    lasting = Q(expected_end_at__isnull=True) | Q(expected_end_at__gt=aim.slot.lower)
    for lease in rows.filter(lasting).order_by("pk"):
        text = f"{aim.environment} is taken: {lease.label}."
        yield Conflict(text, lease.url, is_hard=True)


def _outside_window(aim: ChangeTarget) -> Iterator[Conflict]:
    if not role_of(aim.environment).needs_window:
        return
    holds = (
        window.during.lower <= aim.slot.lower and aim.slot.upper <= window.during.upper
        for window in _maintenance(aim)
    )
    if not any(holds):
        text = f"The slot in {aim.environment} is outside its maintenance windows."
        yield Conflict(text)


def _maintenance(aim: ChangeTarget) -> QuerySet[Occurrence]:
    rows = Occurrence.objects.filter(
        environment__in=windows_of(aim.environment),
        kind=WindowKind.MAINTENANCE,
        during__overlap=aim.slot,
        cancelled_at__isnull=True,
    )
    return rows.order_by("during", "pk")


def _implementer_booked(
    change: ChangeRequest, aims: list[ChangeTarget]
) -> Iterator[Conflict]:
    """The implementer is at work for another change at the same time."""
    if change.implementer is None:
        return
    over = Q()
    for aim in aims:
        over |= Q(slot__overlap=aim.slot) if aim.slot else Q()
    if not over:
        return
    others = ChangeTarget.objects.filter(
        over, is_booked=True, change__implementer=change.implementer
    ).exclude(change=change)
    rows = others.select_related("change", "environment")
    for other in rows.order_by("slot", "pk"):
        yield Conflict(
            f"{change.implementer.name} implements {other.change.ref} in"
            f" {other.environment} {_span(other.slot)}.",
            other.change.get_absolute_url(),
        )


def _same_component(change: ChangeRequest) -> Iterator[Conflict]:
    """Another open change of the same component, or of one that needs it."""
    touched = touched_components(change)
    needed = Dependency.objects.filter(on__in=touched).values_list("component_id")
    needs = Dependency.objects.filter(component__in=touched).values_list("on_id")
    near = touched | {pk for (pk,) in needed.union(needs)}
    rows = ChangeRequest.objects.filter(
        Q(components__in=near) | Q(package__component__in=near),
        landscape=change.landscape,
    )
    others = rows.exclude(state__in=IDLE).exclude(pk=change.pk)
    for other in others.distinct().order_by("pk"):
        yield Conflict(
            f"{other} alters the same component, or one that depends on it.",
            other.get_absolute_url(),
        )


def _being_tested(change: ChangeRequest, aim: ChangeTarget) -> Iterator[Conflict]:
    """People are asked to test another change there and have not finished."""
    waiting = UserTest.objects.filter(
        environment=aim.environment,
        change__state=ChangeState.ASSESSING,
        duty__done_at__isnull=True,
        duty__isnull=False,
    ).exclude(change=change)
    rows = waiting.select_related("change").order_by("change", "pk")
    for test in {test.change_id: test for test in rows}.values():
        text = f"{test.change.ref} is being tested in {aim.environment}."
        yield Conflict(text, test.change.get_absolute_url())


def _span(during: object) -> str:
    """from Mon 2 Mar 09:00 until 10:30, in the reader's zone."""
    start = timezone.localtime(during.lower)  # type: ignore[attr-defined]
    end = timezone.localtime(during.upper)  # type: ignore[attr-defined]
    until = f"{end:%H:%M}" if start.date() == end.date() else f"{end:%a %-d %b %H:%M}"
    return f"from {start:%a %-d %b %H:%M} until {until}"
