"""Separation of duties: who has another part in a change and so may not vote on it.

Derived whenever it is asked, never stored: whoever becomes the implementer after
voting stops counting at once.
"""

from changes.models import ChangeRequest, Promotion


def excluded_from_change(change: ChangeRequest) -> dict[int, str]:
    """User -> why not: the requester, the implementer, the package's author, and
    whoever wrote the revision that is asked about."""
    revisions = change.revisions.filter(number=change.revision).order_by("pk")
    writers = revisions.values_list("by_id", flat=True)
    author = change.package.author_id if change.package else None
    parts = (
        *((pk, "Who wrote this revision cannot vote on it.") for pk in writers),
        (author, "The author of the package cannot vote on it."),
        (change.implementer_id, "Who implements a change cannot vote on it."),
        (change.requester_id, "Who asked for a change cannot vote on it."),
    )
    return {pk: reason for pk, reason in parts if pk is not None}


def excluded_from_promotion(promotion: Promotion) -> dict[int, str]:
    """Those of the change, and whoever starts it."""
    found = excluded_from_change(promotion.change)
    if promotion.started_by_id is not None:
        found[promotion.started_by_id] = "Who starts a promotion cannot approve it."
    return found
