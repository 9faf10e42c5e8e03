"""How long each snag took, in real minutes and in the minutes of given hours.

A snag that came from another system is told by that system's own times: when it was
opened and resolved there, and the spans it waited. Our own clocks may judge otherwise.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import F, Prefetch

from sla.calendars import Schedule
from sla.terms import union_s
from sla.walltime import seconds_of
from snags.models import Pause, Snag

CHUNK = 2_000


@dataclass(frozen=True, slots=True)
class Times:
    """One snag's times; minutes are whole and rounded down, None while it is open."""

    number: str
    opened: datetime
    resolved: datetime | None
    elapsed_minutes: int | None
    business_minutes: int | None
    paused_minutes: int
    paused_business_minutes: int


def snag_times(calendar: Schedule) -> Iterator[Times]:
    """Every snag by number, imported ones first; memory does not grow with them."""
    rows = (
        Snag.objects.select_related("source")
        .prefetch_related(
            Prefetch("pauses", Pause.objects.filter(to_at__isnull=False).order_by("pk"))
        )
        .only(
            "reported_at",
            "resolved_at",
            "source__snag",
            "source__number",
            "source__opened_at",
            "source__resolved_at",
            "source__waits",
        )
        .order_by(F("source__number").asc(nulls_last=True), "pk")
    )
    for snag in rows.iterator(chunk_size=CHUNK):
        source = getattr(snag, "source", None)
        if source is None:
            pauses = [(p.from_at, p.to_at) for p in snag.pauses.all() if p.to_at]
            yield _times(snag.ref, snag.reported_at, snag.resolved_at, pauses, calendar)
        else:
            waits = _finished(source.waits)
            yield _times(
                source.number, source.opened_at, source.resolved_at, waits, calendar
            )


def _finished(waits: Iterable[list[Any]]) -> list[tuple[datetime, datetime]]:
    return [
        (datetime.fromisoformat(start), datetime.fromisoformat(end))
        for start, end, _ in waits
        if end
    ]


def _times(
    number: str,
    opened: datetime,
    resolved: datetime | None,
    pauses: list[tuple[datetime, datetime]],
    calendar: Schedule,
) -> Times:
    elapsed = business = None
    if resolved is not None:
        start, end = seconds_of(opened), seconds_of(resolved)
        elapsed = max(0, end - start) // 60
        business = calendar.elapsed_s(start, end) // 60
    held = union_s(pauses)
    return Times(
        number=number,
        opened=opened,
        resolved=resolved,
        elapsed_minutes=elapsed,
        business_minutes=business,
        paused_minutes=sum(end - start for start, end in held) // 60,
        paused_business_minutes=sum(
            calendar.elapsed_s(start, end) for start, end in held
        )
        // 60,
    )
