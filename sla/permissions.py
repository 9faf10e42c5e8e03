"""Who may say what was promised."""

from opsdesk.accounts.access import Role, access_of
from opsdesk.accounts.models import User

# Who may read calendars and contracts; only managers write them.
READERS = (Role.MANAGER, Role.SUPPORT, Role.ADMINISTRATOR, Role.AUDITOR)


def can_edit_terms(user: User) -> bool:
    """Managers of the whole organisation: promises bind every department."""
    access = access_of(user)
    return access.has(Role.MANAGER) and access.departments(Role.MANAGER) is None
