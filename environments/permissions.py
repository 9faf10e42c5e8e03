"""Who may change the inventory."""

from environments.models import WindowKind
from opsdesk.accounts.access import Role, access_of
from opsdesk.accounts.models import User


def can_keep_inventory(user: User) -> bool:
    return access_of(user).has(Role.ADMINISTRATOR)


def can_judge_cost(user: User) -> bool:
    """Who answers for the money or for the machines."""
    return access_of(user).has(Role.ADMINISTRATOR, Role.MANAGER)


def can_plan_windows(user: User, kind: str) -> bool:
    """Managers may freeze; only administrators open a time for maintenance."""
    freezes = (Role.MANAGER,) if kind == WindowKind.FREEZE else ()
    return access_of(user).has(Role.ADMINISTRATOR, *freezes)


def can_read_calendar(user: User) -> bool:
    """Whoever works here in more than reporting."""
    return access_of(user).is_internal
