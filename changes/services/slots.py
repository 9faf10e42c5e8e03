"""Slots: booked while people are asked and after they agreed, free again otherwise."""

from changes.models import ChangeRequest, ChangeTarget
from environments.queries.installed import installed


def book(change: ChangeRequest) -> None:
    """Hold every slot, and remember what is installed there now.

    Two exclusive slots over each other are refused by the database
    (exclusive_slots_do_not_overlap).
    """
    for aim in change.targets.select_related("environment").order_by("environment_id"):
        aim.is_booked = aim.slot is not None
        aim.baseline = {
            str(component): row.pk
            for component, row in installed(aim.environment).items()
        }
        aim.save(update_fields=["is_booked", "baseline"])


def free(change: ChangeRequest) -> None:
    """Give the slots back to whoever else wants them."""
    ChangeTarget.objects.filter(change=change, is_booked=True).update(is_booked=False)
