"""What else is planned where and when a change is: refused, or to be lived with.

An app above adds what it has planned there in its `apps.py`: register(finder).
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
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


def aims_of(change: ChangeRequest) -> list[ChangeTarget]:
    """Its targets in the order of promotion, each with its place."""
    rows = change.targets.select_related("environment__pairs_with")
    return list(rows.order_by("ordinal", "pk"))


def conflicts_of(
    change: ChangeRequest, aims: Sequence[ChangeTarget] | None = None
) -> list[Conflict]:
    """Every clash of the change as it is now, the hard ones first; `aims` are its
    targets, if they are known."""
    aims = aims_of(change) if aims is None else aims
    booked = [aim for aim in aims if aim.slot]
    taken, leased = _slots_taken(change, booked), _leases(booked)
    found = [
        *(
            one
            for aim in booked
            for one in (
                *taken.get(aim.environment_id, ()),
                *_frozen(change, aim),
                *_leased(aim, leased),
                *_outside_window(aim),
                *(one for finder in _finders for one in finder(aim)),
            )
        ),
        *_implementer_booked(change, booked),
        *_same_component(change),
        *_being_tested(change, aims),
    ]
    return sorted(found, key=lambda conflict: not conflict.is_hard)


def conflicts_for(user: User, change: ChangeRequest) -> list[Conflict]:
    """The same for one reader: they name other changes, which only people here know."""
    return conflicts_of(change) if access_of(user).is_internal else []


def bookings_over(change: ChangeRequest) -> list[Conflict]:
    """Booked slots that bar even an emergency: both want nothing else meanwhile."""
    alone = [aim for aim in aims_of(change) if aim.slot and aim.is_exclusive]
    taken = _slots_taken(change, alone, both=True)
    return [one for aim in alone for one in taken.get(aim.environment_id, ())]


def _slots_taken(
    change: ChangeRequest, aims: Sequence[ChangeTarget], *, both: bool = False
) -> dict[int, list[Conflict]]:
    """Booked slots over these, where either (or both) wants nothing else meanwhile, by
    environment."""
    over = Q()
    for aim in aims:
        mine = Q(environment=aim.environment_id, slot__overlap=aim.slot)
        is_any = aim.is_exclusive and not both
        over |= mine if is_any else mine & Q(is_exclusive=True)
    if not over:
        return {}
    others = ChangeTarget.objects.filter(over, is_booked=True).exclude(change=change)
    names = {aim.environment_id: aim.environment for aim in aims}
    found: dict[int, list[Conflict]] = {}
    named = others.select_related("change").only("environment", "slot", "change__title")
    for other in named.order_by("slot", "pk"):
        place = names[other.environment_id]
        clash = Conflict(
            f"{other.change.ref} has booked {place} {_span(other.slot)}.",
            other.change.get_absolute_url(),
            is_hard=True,
        )
        found.setdefault(place.pk, []).append(clash)
    return found


def _frozen(change: ChangeRequest, aim: ChangeTarget) -> Iterator[Conflict]:
    for freeze in freezes_over(aim.environment, aim.slot):
        if change.kind in freeze.rule.exempt_kinds:
            continue
        words = "is frozen" if freeze.is_hard else "has an advisory freeze"
        yield Conflict(
            f"{aim.environment} {words} for {freeze.rule.name} {_span(freeze.during)}.",
            is_hard=freeze.is_hard,
        )


def _leases(aims: Sequence[ChangeTarget]) -> list[Lease]:
    """Refreshes, drills and failovers under way in these places."""
    if not aims:
        return []
    rows = Lease.objects.filter(
        environment__in=[aim.environment_id for aim in aims], ended_at__isnull=True
    ).exclude(kind__in=(Lease.Kind.PROMOTION, Lease.Kind.ROLLBACK))
    return list(rows.order_by("pk"))


def _leased(aim: ChangeTarget, leases: Iterable[Lease]) -> Iterator[Conflict]:
    """What is expected to last into the slot."""
    for lease in leases:
        ends = lease.expected_end_at
        lasts = ends is None or ends > aim.slot.lower
        if lease.environment_id == aim.environment_id and lasts:
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
    change: ChangeRequest, aims: Sequence[ChangeTarget]
) -> Iterator[Conflict]:
    """The implementer is at work for another change at the same time."""
    over = Q()
    for aim in aims:
        over |= Q(slot__overlap=aim.slot)
    if not over or change.implementer_id is None:
        return
    others = ChangeTarget.objects.filter(
        over, is_booked=True, change__implementer=change.implementer_id
    ).exclude(change=change)
    named = others.select_related("change__implementer", "environment").only(
        "slot", "environment__name", "change__title", "change__implementer__name"
    )
    for other in named.order_by("slot", "pk"):
        yield Conflict(
            f"{other.change.implementer} implements {other.change.ref} in"
            f" {other.environment} {_span(other.slot)}.",
            other.change.get_absolute_url(),
        )


def _same_component(change: ChangeRequest) -> Iterator[Conflict]:
    """Another open change of the same component, or of one that needs it."""
    touched = touched_components(change)
    either = Q(on__in=touched) | Q(component__in=touched)
    links = Dependency.objects.filter(either).values_list("component_id", "on_id")
    near = touched.union(*links.order_by())
    rows = ChangeRequest.objects.filter(
        Q(components__in=near) | Q(package__component__in=near),
        landscape=change.landscape_id,
    )
    others = rows.exclude(state__in=IDLE).exclude(pk=change.pk)
    for other in others.only("title").distinct().order_by("pk"):
        yield Conflict(
            f"{other} alters the same component, or one that depends on it.",
            other.get_absolute_url(),
        )


def _being_tested(
    change: ChangeRequest, aims: Sequence[ChangeTarget]
) -> Iterator[Conflict]:
    """People are asked to test another change there and have not finished."""
    waiting = UserTest.objects.filter(
        environment__in=[aim.environment_id for aim in aims],
        change__state=ChangeState.ASSESSING,
        duty__done_at__isnull=True,
        duty__isnull=False,
    ).exclude(change=change)
    named = waiting.select_related("change").only("environment", "change__title")
    rows = list(named.order_by("change", "pk"))
    for aim in aims:
        here = (
            test.change for test in rows if test.environment_id == aim.environment_id
        )
        for other in dict.fromkeys(here):
            text = f"{other.ref} is being tested in {aim.environment}."
            yield Conflict(text, other.get_absolute_url())


def _span(during: object) -> str:
    """from Mon 2 Mar 09:00 until 10:30, in the reader's zone."""
    start = timezone.localtime(during.lower)  # type: ignore[attr-defined]
    end = timezone.localtime(during.upper)  # type: ignore[attr-defined]
    until = f"{end:%H:%M}" if start.date() == end.date() else f"{end:%a %-d %b %H:%M}"
    return f"from {start:%a %-d %b %H:%M} until {until}"
