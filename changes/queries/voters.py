"""Whether somebody is among those whose vote is still wanted."""

from opsdesk.accounts.models import User
from opsdesk.core.approving import Excluded, Standing, asked_of


def may_vote(user: User, now: Standing | None, excluded: Excluded) -> bool:
    """Asked, in turn, with no other part in it, and not heard yet."""
    if now is None or not now.request.is_live or user.pk in excluded:
        return False
    if any(found.vote.user_id == user.pk for found in now.votes):
        return False
    return bool(now.steps_for(asked_of([user.pk])[user.pk]))
