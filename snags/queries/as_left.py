"""A snag as its supplier left it: what became of it since is not theirs to read.

The last row of the history that names the supplier as holder is the snag at the end of
that supplier's last turn, whatever was written down late.
"""

from collections.abc import Sequence
from typing import TypeVar

from django.db.models import (
    Case,
    F,
    IntegerField,
    Max,
    Q,
    When,
    prefetch_related_objects,
)

from opsdesk.accounts.access import access_of
from opsdesk.accounts.models import User
from snags.models import Handover, Snag
from snags.permissions import reads_as_left

Rows = TypeVar("Rows", bound=Sequence[Snag])
# How a turn leaves a snag, also where its history was imported and tells the end only.
OPEN_STILL = {
    "status": Snag.Status.WAITING,
    "waiting_for": Snag.WaitingFor.SUPPLIER,
    "handed_to_id": None,
    "resolution": "",
    "resolution_note": "",
    "merged_into_id": None,
    "resolved_at": None,
    "closed_at": None,
    "auto_close_at": None,
    "next_due_at": None,
    "at_risk_from": None,
}


def as_left(user: User, snags: Rows, *named: str) -> Rows:
    """The same rows, those whose turn is over turned back to how this person left them.

    `named` are relations to read again, in one go, where they were others then.
    """
    former = {snag.pk: snag for snag in snags if reads_as_left(user, snag)}
    if not former:
        return snags
    ours = access_of(user).supplier_ids
    turns = Handover.objects.filter(snag__in=former, supplier__in=ours).order_by()
    left_at = dict(turns.values_list("snag").annotate(Max("to_at")))
    last_of_ours = Case(
        When(Q(handed_to__in=ours), then=-F("history_id")),
        default=F("history_id"),
        output_field=IntegerField(),
    )
    kept = Snag.history.filter(id__in=former).order_by("id", last_of_ours)
    for then in kept.distinct("id"):
        for field in then.tracked_fields:
            setattr(former[then.id], field.attname, getattr(then, field.attname))
    for snag in former.values():
        for name, value in OPEN_STILL.items():
            setattr(snag, name, value)
        snag.left_at = snag.updated_at = left_at[snag.pk]
    prefetch_related_objects(list(former.values()), *named)
    return snags
