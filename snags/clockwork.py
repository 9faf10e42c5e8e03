"""From a clock's row to the pure engine and back; reads only, no rule of its own."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from sla.clocks import Interval, Level, Reading, Terms, read
from sla.models import ContractVersion
from sla.queries import load
from snags.models import Clock, Pause

BREACH = "breach"


def levels_of(version: ContractVersion) -> tuple[Level, ...]:
    """The instants a contract wants told: warnings, the breach, reminders after it."""
    return (
        *(Level(f"warn{share}", percent=share) for share in version.warn_percents),
        Level(BREACH, percent=100),
        *(
            Level(f"late{minutes}", seconds_offset=minutes * 60)
            for minutes in version.late_minutes
        ),
    )


def intervals(pauses: Iterable[Pause]) -> tuple[Interval, ...]:
    return tuple((pause.from_at, pause.to_at) for pause in pauses)


def terms_of(clock: Clock, pauses: tuple[Interval, ...]) -> Terms:
    """The stored facts of a clock as the engine wants them."""
    return Terms(
        start=clock.started_at,
        seconds=clock.target_seconds,
        business_days=clock.target_days,
        calendar=load(clock.timeline),
        pauses=pauses if clock.is_pausable else (),
        stopped_at=clock.stopped_at,
        levels=levels_of(clock.contract_version),
    )


def reading_of(clock: Clock, pauses: Sequence[Pause], at: datetime) -> Reading:
    return read(terms_of(clock, intervals(pauses)), at)


def inputs_of(clock: Clock, pauses: tuple[Interval, ...]) -> dict[str, Any]:
    """Everything a deadline was computed from, as a revision stores it."""
    return {
        "start": clock.started_at.isoformat(),
        "seconds": clock.target_seconds,
        "days": clock.target_days,
        "timeline": clock.timeline,
        "pauses": [_texts(pause) for pause in pauses] if clock.is_pausable else [],
        "stop": clock.stopped_at.isoformat() if clock.stopped_at else None,
    }


def replayed(inputs: dict[str, Any]) -> Terms:
    """The terms a revision's inputs stand for; they give its deadline again."""
    return Terms(
        start=datetime.fromisoformat(inputs["start"]),
        seconds=inputs["seconds"],
        business_days=inputs["days"],
        calendar=load(inputs["timeline"]),
        pauses=tuple(
            (
                datetime.fromisoformat(start),
                datetime.fromisoformat(end) if end else None,
            )
            for start, end in inputs["pauses"]
        ),
        stopped_at=datetime.fromisoformat(inputs["stop"]) if inputs["stop"] else None,
    )


def _texts(pause: Interval) -> list[str | None]:
    return [pause[0].isoformat(), pause[1].isoformat() if pause[1] else None]
