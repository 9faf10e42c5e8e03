"""Who may do what to a snag they can see: pure predicates over loaded rows."""

from opsdesk.accounts.access import Role, access_of
from opsdesk.accounts.models import User
from snags.models import Snag

RAISERS = frozenset(set(Role) - {Role.SUPPLIER, Role.AUDITOR})


def can_work_on(user: User, snag: Snag) -> bool:
    """Support and managers, for the departments they look after."""
    access = access_of(user)
    departments = access.departments(Role.SUPPORT, Role.MANAGER)
    if not access.has(Role.SUPPORT, Role.MANAGER):
        return False
    return departments is None or snag.department_id in departments


def can_manage(user: User, snag: Snag) -> bool:
    """Managers, for the departments they look after."""
    return access_of(user).has(Role.MANAGER) and can_work_on(user, snag)


def is_reporter(user: User, snag: Snag) -> bool:
    return snag.reported_by_id == user.pk


def speaks_for_supplier(user: User, snag: Snag) -> bool:
    """A contact of the supplier who has the ball right now."""
    return snag.handed_to_id in access_of(user).supplier_ids


def is_outside_supplier(user: User, snag: Snag) -> bool:
    """Reads this snag as a supplier's contact only."""
    access = access_of(user)
    outside = access.supplier_ids and not access.is_internal
    return bool(outside) and not is_reporter(user, snag)


def reads_as_left(user: User, snag: Snag) -> bool:
    """A supplier's contact whose turn is over and who knows it by nothing else."""
    if not is_outside_supplier(user, snag) or speaks_for_supplier(user, snag):
        return False
    return not (snag.is_shared and access_of(user).has(Role.REPORTER))


def knows_holder(user: User, snag: Snag) -> bool:
    """Everybody here may read who has the ball; no supplier learns of another."""
    return not is_outside_supplier(user, snag) or speaks_for_supplier(user, snag)


def can_raise(user: User) -> bool:
    """Everybody who works here; an auditor only reads."""
    return access_of(user).has(*RAISERS)


def can_log_for_others(user: User) -> bool:
    return access_of(user).has(Role.SUPPORT, Role.MANAGER)


def can_log_for(user: User, reporter: User) -> bool:
    """Oneself; support and managers, for people of the departments they look after."""
    departments = access_of(user).departments(Role.SUPPORT, Role.MANAGER)
    is_theirs = departments is None or reporter.department_id in departments
    return user.pk == reporter.pk or is_theirs


def can_answer(user: User, snag: Snag) -> bool:
    """Workers, the reporter, and the supplier while it has the ball."""
    return (
        can_work_on(user, snag)
        or is_reporter(user, snag)
        or speaks_for_supplier(user, snag)
    )


def can_confirm(user: User, snag: Snag) -> bool:
    """The reporter says whether it is fixed; a manager may say it for them."""
    return is_reporter(user, snag) or can_manage(user, snag)


def can_reopen(user: User, snag: Snag) -> bool:
    return is_reporter(user, snag) or can_work_on(user, snag)


def can_edit_text(user: User, snag: Snag) -> bool:
    """The reporter until somebody has looked at it; workers always."""
    return can_work_on(user, snag) or (
        is_reporter(user, snag) and snag.status == Snag.Status.NEW
    )
