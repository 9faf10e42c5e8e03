"""What runs where on the board: the head of a lane, and versions side by side."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from environments.models import Component, Environment, Installation, WindowKind
from environments.models import Occurrence as Window
from opsdesk.core.wording import moment, several

There = Mapping[int, Mapping[int, Installation]]


@dataclass(frozen=True)
class Note:
    """The last line of a lane's head: how it compares, or when one may start."""

    text: str
    icon: str
    tone: str = ""
    is_compared: bool = False


@dataclass(frozen=True)
class Head:
    """What an environment runs: the application people mean, its database."""

    version: str
    since: datetime | None
    database: str
    note: Note | None


@dataclass(frozen=True)
class Row:
    """One component across the lanes: (version, whether it differs from production)."""

    component: Component
    cells: list[tuple[str, bool]]


def head_of(
    place: Environment,
    places: Sequence[Environment],
    there: There,
    windows: Sequence[Window],
    at: datetime,
) -> Head:
    """The head of one lane among the lanes of its landscape; `windows` bind it."""
    here = there.get(place.pk, {})
    newest = _main(here)
    base = next((row for row in places if row.is_serving), None)
    database = next((run for run in _runs(here) if _is(run, "database")), None)
    if place.is_serving or base is None:
        note = _next_window(windows, at)
    else:
        note = _compared(place, base, there)
    return Head(
        version=newest.label if newest else place.app_version,
        since=newest.during.lower if newest else None,
        database=database.label if database else "",
        note=note,
    )


def rows_of(places: Sequence[Environment], there: There) -> list[Row]:
    """Every component that runs anywhere; a standby unlike production is marked."""
    serving = next((place for place in places if place.is_serving), None)
    parts = {run.component for runs in there.values() for run in runs.values()}
    rows = []
    for part in sorted(parts, key=lambda part: (part.kind, part.code, part.pk)):
        labels = [_label(there, place.pk, part.pk) for place in places]
        base = _label(there, serving.pk, part.pk) if serving else ""
        cells = [
            (label, bool(label and base) and label != base and place.may_serve)
            for label, place in zip(labels, places, strict=True)
        ]
        rows.append(Row(part, cells))
    return rows


def _main(here: Mapping[int, Installation]) -> Installation | None:
    """The version people mean: of the first critical application, else of any part."""
    runs = _runs(here)
    critical = (run for run in runs if run.component.is_critical)
    return next((run for run in critical if _is(run, "application")), None) or next(
        iter(runs), None
    )


def _runs(here: Mapping[int, Installation]) -> list[Installation]:
    return sorted(
        here.values(),
        key=lambda run: (run.component.kind, run.component.code, run.component_id),
    )


def _is(run: Installation, kind: str) -> bool:
    return run.component.kind == kind


def _compared(place: Environment, base: Environment, there: There) -> Note | None:
    """How many of the components in both places differ; nothing in common, no note."""
    here, live = there.get(place.pk, {}), there.get(base.pk, {})
    common = here.keys() & live.keys()
    if not common:
        return None
    count = sum(here[part].label != live[part].label for part in common)
    if not count:
        return Note(f"Matches {base}", "check", "same")
    text = f"{several(count, 'version differs', 'versions differ')}"
    if place.may_serve:
        return Note(text, "triangle-alert", "unlike", is_compared=True)
    return Note(text, "git-merge", is_compared=True)


def _next_window(windows: Sequence[Window], at: datetime) -> Note | None:
    """The maintenance that is on or comes next and is not in a freeze."""
    frozen = [row.during for row in windows if row.kind == WindowKind.FREEZE]
    window = next(
        (
            row
            for row in windows
            if row.kind == WindowKind.MAINTENANCE
            and not any(row.starts_at in during for during in frozen)
        ),
        None,
    )
    if window is None:
        return None
    if window.starts_at <= at:
        text = f"Maintenance until {moment(window.ends_at, at)}"
        return Note(text, "wrench", "same")
    return Note(f"Next maintenance {moment(window.starts_at, at)}", "calendar-clock")


def _label(there: There, place: int, part: int) -> str:
    found = there.get(place, {}).get(part)
    return found.label if found else ""
