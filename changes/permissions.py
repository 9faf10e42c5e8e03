"""Who may do what to packages and changes they can see: pure predicates."""

from changes.models import ChangeDuty, ChangeRequest, Package, Promotion
from opsdesk.accounts.access import Role, access_of
from opsdesk.accounts.models import User
from opsdesk.core.models import ApprovalRequest

MAKERS = (Role.SUPPORT, Role.MANAGER, Role.ADMINISTRATOR, Role.SUPPLIER)
SEALERS = (Role.SUPPORT, Role.ADMINISTRATOR)
# Whoever works here may be asked to try something; an auditor only reads.
TESTERS = frozenset(Role) - {Role.AUDITOR, Role.SUPPLIER}
BLOCKERS = (Role.SUPPORT, Role.MANAGER, Role.ADMINISTRATOR)


def can_make_packages(user: User) -> bool:
    """Who raises or implements changes, and suppliers, who deliver what they made."""
    return access_of(user).has(*MAKERS)


def can_edit_package(user: User, package: Package) -> bool:
    """Makers here; of a supplier, those who see it: the author and their colleagues."""
    access = access_of(user)
    ours = access.is_internal or package.author_id == user.pk
    return can_make_packages(user) and (ours or bool(access.supplier_ids))


def can_seal(user: User, package: Package) -> bool:
    """The author, and whoever implements or administers."""
    return package.author_id == user.pk or access_of(user).has(*SEALERS)


def can_block(user: User) -> bool:
    """Whoever works on changes, manages or administers; who has failed it in a test may
    as well (queries.packages.may_block)."""
    return access_of(user).has(*BLOCKERS)


def can_unblock(user: User, package: Package) -> bool:
    """A manager, but never the author."""
    return access_of(user).has(Role.MANAGER) and package.author_id != user.pk


def can_withdraw(user: User) -> bool:
    return access_of(user).has(Role.MANAGER)


def can_withdraw_request(user: User, request: ApprovalRequest) -> bool:
    """Who asked others to agree, or a manager."""
    return request.requested_by_id == user.pk or can_manage(user)


def can_prepare(user: User) -> bool:
    """Who writes changes down, submits them and asks for approval."""
    return access_of(user).has(Role.SUPPORT, Role.MANAGER, Role.ADMINISTRATOR)


def can_manage(user: User) -> bool:
    """The change manager: assesses, holds, reviews and closes."""
    return access_of(user).has(Role.MANAGER)


def can_cancel(user: User, change: ChangeRequest) -> bool:
    return change.requester_id == user.pk or can_manage(user)


def can_review(user: User, change: ChangeRequest) -> bool:
    """A manager, but never who implemented it."""
    return can_manage(user) and change.implementer_id != user.pk


def can_run(user: User, change: ChangeRequest) -> bool:
    """Promotes it: the implementer as long as they work here, and administrators."""
    access = access_of(user)
    works = bool(access.roles - {Role.AUDITOR})
    is_named = works and change.implementer_id == user.pk
    return is_named or access.has(Role.ADMINISTRATOR)


def can_plan(user: User, change: ChangeRequest) -> bool:
    """Plans its promotions and starts them: who runs it and prepares changes."""
    return can_prepare(user) and can_run(user, change)


def can_run_promotion(user: User, promotion: Promotion) -> bool:
    """Who may run the change, and who broke the glass for it."""
    broke = promotion.change.is_break_glass and promotion.created_by_id == user.pk
    return broke or can_run(user, promotion.change)


def can_confirm_baseline(user: User) -> bool:
    """Who answers for what is installed."""
    return access_of(user).has(Role.ADMINISTRATOR)


def can_waive(user: User, change: ChangeRequest) -> bool:
    """Who may let an emergency pass a gate, in their own name."""
    return can_run(user, change) or can_manage(user)


def can_settle_duties(user: User) -> bool:
    """Who may say that what a change owes is done, or need not be."""
    return access_of(user).has(Role.MANAGER, Role.ADMINISTRATOR)


def can_settle_duty(user: User, owed: ChangeDuty) -> bool:
    """Those, and whoever owes it."""
    return can_settle_duties(user) or owed.duty.owner_id == user.pk


def can_waive_duty(user: User, owed: ChangeDuty) -> bool:
    """Those, but never who owes it."""
    return can_settle_duties(user) and owed.duty.owner_id != user.pk


def can_test(user: User) -> bool:
    """Anybody who works here but does not only read."""
    return access_of(user).has(*TESTERS)
