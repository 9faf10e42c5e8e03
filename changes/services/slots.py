"""Slots: booked while people are asked and after they agreed, free again otherwise."""

from collections.abc import Sequence

from changes.models import ChangeRequest, ChangeTarget
from changes.queries.scheduling import baselines_of


def book(aims: Sequence[ChangeTarget]) -> None:
    """Hold the slots of all targets of a change, and remember what is installed there
    now.

    Two exclusive slots over each other are refused by the database
    (exclusive_slots_do_not_overlap). Everybody books environments by id, so that two
    who book at once wait for each other in turn.
    """
    now = baselines_of([aim.environment_id for aim in aims])
    for aim in sorted(aims, key=lambda aim: aim.environment_id):
        aim.is_booked = aim.slot is not None
        aim.baseline = now[aim.environment_id]
        aim.save(update_fields=["is_booked", "baseline"])


def free(change: ChangeRequest) -> None:
    """Give the slots back to whoever else wants them."""
    ChangeTarget.objects.filter(change=change, is_booked=True).update(is_booked=False)
