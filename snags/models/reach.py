"""How far a supplier's contact may read: its own evidence, and nothing after it.

While its supplier has the ball a contact reads all that is for everyone. Once the ball
is gone, what was on record when its last turn ended stays readable, and no more.
"""

from datetime import timedelta

from django.db.models import Exists, F, OuterRef, Q
from django.db.models.functions import Coalesce

from opsdesk.accounts.access import Role, access_of
from opsdesk.accounts.models import User
from snags.models.snag import Handover

# Turns end at a whole second; what was recorded in it is told apart by `recorded`.
SECOND = timedelta(seconds=1)


def within_reach(user: User, *, happened: tuple[str, ...], recorded: str) -> Q:
    """Rows hanging on a snag that a supplier's contact may still read.

    `happened` and `recorded` name the columns that say when; both must lie in reach.
    Whoever reported the snag, or may see it as everybody does, is no mere contact.
    """
    access = access_of(user)
    at = (
        Coalesce(*map(OuterRef, happened)) if len(happened) > 1 else OuterRef(*happened)
    )
    turns = (
        Handover.objects.filter(snag=OuterRef("snag"), supplier__in=access.supplier_ids)
        .annotate(until=F("to_at") + SECOND)
        .filter(
            Q(to_at__isnull=True)
            | Q(until__gt=at)
            & (
                Q(end_recorded_at__isnull=True)
                | Q(end_recorded_at__gte=OuterRef(recorded))
            )
        )
    )
    known = Q(Exists(turns)) | Q(snag__reported_by=user)
    return known | Q(snag__is_shared=True) if access.has(Role.REPORTER) else known
