"""Who may do what to people, parties and roles."""

from opsdesk.accounts.access import access_of
from opsdesk.accounts.models import ApiToken, Membership, RoleRequest, User

Role = Membership.Role

LOOKS_AFTER_ACCESS = Role.ACCESS_ADMINISTRATOR
SEES_PEOPLE = (LOOKS_AFTER_ACCESS, Role.MANAGER, Role.AUDITOR)


def can_administer_access(user: User) -> bool:
    """Look after everybody's roles: an access administrator without a department."""
    return access_of(user).departments(Role.ACCESS_ADMINISTRATOR) is None


def can_decide(user: User, request: RoleRequest) -> bool:
    """Be the second pair of eyes: not the one who asked, not the one who gains."""
    outsider = user.pk not in {request.asked_by_id, request.user_id}
    return outsider and can_administer_access(user)


def can_hold_tokens_of(user: User, owner: User) -> bool:
    """One's own keys, and those of service accounts for who looks after access."""
    return user == owner or (owner.is_service and can_administer_access(user))


def can_revoke(user: User, token: ApiToken) -> bool:
    """Anybody may drop their own key; who looks after access may drop any."""
    return user.pk == token.owner_id or can_administer_access(user)


def must_carry_second_factor(user: User) -> bool:
    return access_of(user).has(*Membership.POWERFUL)
