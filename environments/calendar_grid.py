"""Lays planned things out over weeks: each keeps one lane, days show what touches them.

Pure but for the shape of an entry: starts_at, ends_at. Days are those of one zone.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta, tzinfo
from typing import Generic, Protocol, TypeVar

DAY = timedelta(days=1)
INSTANT = timedelta(microseconds=1)


class Planned(Protocol):
    """Anything with a start and an end, end exclusive."""

    @property
    def starts_at(self) -> datetime: ...
    @property
    def ends_at(self) -> datetime: ...


Item = TypeVar("Item", bound=Planned)


@dataclass(frozen=True)
class Chip(Generic[Item]):
    """One item on one day: where it begins and ends, its ends are drawn."""

    item: Item
    begins: bool
    ends: bool
    is_first: bool  # of its week: where its title is written


@dataclass(frozen=True)
class Day(Generic[Item]):
    """A day with its lanes from above; None keeps a lane free."""

    on: date
    lanes: tuple[Chip[Item] | None, ...]

    @property
    def count(self) -> int:
        return sum(lane is not None for lane in self.lanes)


def monday_of(day: date) -> date:
    return day - timedelta(days=day.weekday())


def weeks(
    items: Iterable[Item], first: date, count: int, zone: tzinfo
) -> list[list[Day[Item]]]:
    """So many weeks from a Monday on, each item in the same lane all week."""
    placed = [(item, *_days(item, zone)) for item in items]
    return [_week(placed, first + 7 * number * DAY) for number in range(count)]


def by_day(items: Iterable[Item], zone: tzinfo) -> list[tuple[date, list[Item]]]:
    """Items under the day each starts, in order."""
    days: dict[date, list[Item]] = {}
    for item in sorted(items, key=lambda one: one.starts_at):
        days.setdefault(_days(item, zone)[0], []).append(item)
    return list(days.items())


def _week(placed: list[tuple[Item, date, date]], monday: date) -> list[Day[Item]]:
    sunday = monday + 6 * DAY
    here = [row for row in placed if row[1] <= sunday and row[2] >= monday]
    here.sort(key=lambda row: (row[1], row[1] - row[2]))  # longest first
    lanes: list[dict[date, Chip[Item]]] = []
    for item, start, end in here:
        days = [monday + n * DAY for n in range(7) if start <= monday + n * DAY <= end]
        lane = next((lane for lane in lanes if lane.keys().isdisjoint(days)), None)
        if lane is None:
            lanes.append(lane := {})
        for day in days:
            lane[day] = Chip(item, day == start, day == end, day == days[0])
    return [_day(lanes, monday + number * DAY) for number in range(7)]


def _day(lanes: list[dict[date, Chip[Item]]], on: date) -> Day[Item]:
    found = [lane.get(on) for lane in lanes]
    while found and found[-1] is None:
        found.pop()
    return Day(on, tuple(found))


def _days(item: Planned, zone: tzinfo) -> tuple[date, date]:
    """The first and the last day it touches; midnight ends the day before."""
    end = max(item.starts_at, item.ends_at - INSTANT)
    return item.starts_at.astimezone(zone).date(), end.astimezone(zone).date()
