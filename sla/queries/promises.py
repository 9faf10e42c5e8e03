"""What was promised for a snag, and the calendars it is counted by."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache

from django.db.models import Case, F, Q, QuerySet, When

from environments.models import Landscape
from sla.calendars import Calendar, Hours, Timeline, compiled
from sla.models import CalendarVersion, Contract, ContractVersion, Target

# [[effective_from as ISO text or None, calendar version id], ...]: how a clock's row
# stores the calendars it runs by.
StoredTimeline = list[list[str | int | None]]


@dataclass(frozen=True)
class Promise:
    """One target in force for a snag, with everything its clock needs."""

    target: Target
    version: ContractVersion
    timeline: StoredTimeline


def promises_in_force(
    landscape: Landscape, *, priority: int, at: datetime, under: Collection[int] = ()
) -> list[Promise]:
    """What was promised to the business for this landscape and priority at an instant.

    A contract of the landscape itself goes before one that covers every landscape;
    contracts that clocks run `under` already go before both, in use or no longer: what
    was promised is owed. Empty when nothing was promised: then no clock runs.
    """
    version = contract_in_force(landscape, at=at, under=under)
    if version is None:
        return []
    targets = version.targets.filter(priority=priority).order_by("kind")
    timelines = timelines_of({target.calendar_id for target in targets})
    return [
        Promise(target, version, timelines[target.calendar_id]) for target in targets
    ]


def contract_in_force(
    landscape: Landscape, *, at: datetime, under: Collection[int] = ()
) -> ContractVersion | None:
    """The version of the customer agreement that counts at an instant."""
    return agreements(landscape, under=under).filter(effective_from__lte=at).first()


def agreements(
    landscape: Landscape, *, under: Collection[int] = ()
) -> QuerySet[ContractVersion]:
    """Versions of customer agreements: the first that is in effect counts."""
    promised = Q(contract__in=under)
    rows = (
        ContractVersion.objects.in_force()
        .filter(
            Q(contract__landscape=landscape) | Q(contract__landscape__isnull=True),
            promised | Q(contract__is_active=True),
            contract__kind=Contract.Kind.SLA,
        )
        .select_related("contract")
    )
    order = ("contract__landscape_id", "-effective_from")
    if under:
        return rows.order_by(Case(When(promised, then=0), default=1), *order)
    return rows.order_by(*order)


def timeline_of(calendar_id: int) -> StoredTimeline:
    """A calendar's versions in force, oldest first, in the form clocks store."""
    return timelines_of([calendar_id])[calendar_id]


def timelines_of(calendar_ids: Collection[int]) -> dict[int, StoredTimeline]:
    """The timelines of several calendars by their numbers."""
    rows = (
        CalendarVersion.objects.in_force()
        .filter(calendar_id__in=calendar_ids)
        .order_by(F("effective_from").asc(nulls_first=True), "number")
        .values_list("calendar_id", "effective_from", "pk")
    )
    found: dict[int, StoredTimeline] = {pk: [] for pk in calendar_ids}
    for calendar, start, pk in rows:
        found[calendar].append([start.isoformat() if start else None, pk])
    return found


def current(timeline: StoredTimeline) -> StoredTimeline:
    """The timeline in force of the calendar a stored timeline belongs to."""
    version = CalendarVersion.objects.only("calendar_id").get(pk=spans(timeline)[0])
    return timeline_of(version.calendar_id)


def load(timeline: StoredTimeline) -> Timeline:
    """The compiled timeline of a stored one; versions never change, so it is cached."""
    return _timeline(tuple((start, pk) for start, pk in timeline))


def prime(version_ids: Iterable[int]) -> None:
    """Load many calendar versions in one query before a bulk computation."""
    rows = CalendarVersion.objects.filter(pk__in=set(version_ids)).order_by("pk")
    for row in rows:
        _KNOWN[row.pk] = compiled(Hours.from_json(row.hours))


def spans(timeline: StoredTimeline) -> Sequence[int]:
    return [int(pk) for _, pk in timeline if pk is not None]


_KNOWN: dict[int, Calendar] = {}


@lru_cache(maxsize=1024)
def _timeline(steps: tuple[tuple[str | None, int], ...]) -> Timeline:
    missing = [pk for _, pk in steps if pk not in _KNOWN]
    if missing:
        prime(missing)
    return Timeline(
        tuple(
            (datetime.fromisoformat(start) if start else None, _KNOWN[pk])
            for start, pk in steps
        )
    )
