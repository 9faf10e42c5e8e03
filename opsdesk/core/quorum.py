"""Who of those asked has agreed: each person counts once, where they are needed.

Pure: people and steps are numbers here.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Slot:
    """A step of a request: so many of the people who may fill it."""

    step: int
    sequence: int
    needed: int


def placed(slots: Sequence[Slot], able: Mapping[int, frozenset[int]]) -> dict[int, int]:
    """Person -> step, with as many people placed as can be, earlier steps first.

    `able` names the steps each person may fill. Somebody who may fill two moves over
    when that makes room for another (maximum bipartite matching, Kuhn's algorithm).
    """
    ordered = sorted(slots, key=lambda slot: (slot.sequence, slot.step))
    seats = [slot.step for slot in ordered for _ in range(slot.needed)]
    held: dict[int, int] = {}

    def take_a_seat(person: int, tried: set[int]) -> bool:
        for seat, step in enumerate(seats):
            if step in able[person] and seat not in tried:
                tried.add(seat)
                if seat not in held or take_a_seat(held[seat], tried):
                    held[seat] = person
                    return True
        return False

    for person in able:
        take_a_seat(person, set())
    return {person: seats[seat] for seat, person in held.items()}


def missing(slots: Sequence[Slot], found: Mapping[int, int]) -> dict[int, int]:
    """Step -> how many people it still needs; complete steps are left out."""
    filled = list(found.values())
    short = {slot.step: slot.needed - filled.count(slot.step) for slot in slots}
    return {step: count for step, count in short.items() if count > 0}
