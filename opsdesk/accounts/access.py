"""What a person may see and do, derived from memberships in force today."""

from dataclasses import dataclass
from functools import cached_property

from django.db.models import Q, QuerySet

from opsdesk.accounts.models import Membership, User
from opsdesk.core.clock import today

Role = Membership.Role
INTERNAL = frozenset(set(Role) - {Role.SUPPLIER, Role.REPORTER})


@dataclass(frozen=True)
class Grant:
    role: str
    department_id: int | None
    supplier_id: int | None
    emergency_approver: bool


class Access:
    """A person's grants, read once per request."""

    def __init__(self, grants: frozenset[Grant]) -> None:
        self.grants = grants

    @cached_property
    def roles(self) -> frozenset[str]:
        return frozenset(grant.role for grant in self.grants)

    @cached_property
    def supplier_ids(self) -> frozenset[int]:
        """The suppliers this person speaks for."""
        return frozenset(g.supplier_id for g in self.grants if g.supplier_id)

    def has(self, *roles: str) -> bool:
        return not self.roles.isdisjoint(roles)

    @cached_property
    def is_internal(self) -> bool:
        """Works here in a role that sees more than their own reports."""
        return not self.roles.isdisjoint(INTERNAL)

    def departments(self, *roles: str) -> frozenset[int] | None:
        """Departments the given roles (or any internal role) are limited to.

        None means no limit; an empty set means the person holds none of the roles.
        """
        wanted = set(roles) or INTERNAL
        scopes = {g.department_id for g in self.grants if g.role in wanted}
        return None if None in scopes else frozenset(s for s in scopes if s)


def access_of(user: User) -> Access:
    """The person's access, one query per request however often it is asked."""
    known: Access | None = getattr(user, "_access", None)
    if known is None:
        known = Access(_grants(user))
        user._access = known  # type: ignore[attr-defined]  # noqa: SLF001
    return known


def _grants(user: User) -> frozenset[Grant]:
    if not user.is_active:
        return frozenset()
    rows = memberships_in_force().filter(user=user)
    return frozenset(
        Grant(*row)
        for row in rows.values_list(
            "role", "department_id", "supplier_id", "emergency_approver"
        ).order_by("pk")
    )


def memberships_in_force() -> QuerySet[Membership]:
    day = today()
    return Membership.objects.filter(
        Q(starts_on__isnull=True) | Q(starts_on__lte=day),
        Q(ends_on__isnull=True) | Q(ends_on__gte=day),
        user__is_active=True,
    )


def staff() -> QuerySet[User]:
    """Active people who work here in more than reporting, by name; no program."""
    return people_with(*INTERNAL).filter(is_service=False)


def people_with(*roles: str) -> QuerySet[User]:
    """Active people who hold one of the roles today, by name."""
    holders = memberships_in_force().filter(role__in=roles).values("user_id")
    return User.objects.filter(pk__in=holders, is_active=True).order_by("name", "pk")
