"""Who may change the inventory."""

from opsdesk.accounts.access import Role, access_of
from opsdesk.accounts.models import User


def can_keep_inventory(user: User) -> bool:
    return access_of(user).has(Role.ADMINISTRATOR)
