"""Who answers for a snag: its owner, and the managers once its owner has left."""

from collections.abc import Iterable

from opsdesk.accounts.access import Role, memberships_in_force
from opsdesk.accounts.models import User
from snags.models import Snag

Managers = list[tuple[User, int | None]]  # each with the department they look after


def managers() -> Managers:
    """The managers of today, one pair for each membership."""
    rows = memberships_in_force().filter(role=Role.MANAGER).select_related("user")
    return [(row.user, row.department_id) for row in rows.order_by("pk")]


def in_scope(staff: Managers, department: int | None) -> list[User]:
    """Those who look after a department, or after all of them."""
    return [person for person, scope in staff if scope in {None, department}]


def who_answers(snag: Snag, staff: Managers | None = None) -> Iterable[User]:
    """Whom news of a snag reaches; nobody's snag is found in the worklist."""
    if snag.owner is None:
        return []
    if snag.owner.is_active:
        return [snag.owner]
    return in_scope(managers() if staff is None else staff, snag.department_id)
