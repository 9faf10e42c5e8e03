"""The organisation, its departments and teams, and the suppliers."""

from django.db import transaction
from django.db.models import Q

from opsdesk.accounts.access import memberships_in_force
from opsdesk.accounts.models import Party, User
from opsdesk.accounts.permissions import can_administer_access
from opsdesk.core.errors import RuleError, require
from opsdesk.core.records import check_version, save

Kind = Party.Kind

# What a party of a kind may be part of.
PARENTS: dict[str, frozenset[str]] = {
    Kind.ORGANISATION: frozenset(),
    Kind.DEPARTMENT: frozenset({Kind.ORGANISATION, Kind.DEPARTMENT}),
    Kind.TEAM: frozenset({Kind.ORGANISATION, Kind.DEPARTMENT}),
    Kind.SUPPLIER: frozenset(),
}
DEEPEST = 20


@transaction.atomic
def create_party(
    *,
    kind: str,
    name: str,
    parent: Party | None = None,
    email: str = "",
    actor: User,
) -> Party:
    """A new department, team or supplier; there is one organisation."""
    require(can_administer_access(actor))
    party = Party(kind=kind, name=name.strip(), parent=parent, email=email)
    _check_parent(party)
    save(party, actor=actor)
    return party


@transaction.atomic
def edit_party(
    party: Party,
    *,
    name: str,
    parent: Party | None = None,
    email: str = "",
    version: int | None = None,
    actor: User,
) -> Party:
    """Rename or move a party; what it is stays, since promises hang on it."""
    require(can_administer_access(actor))
    party = _locked(party)
    check_version(party, version)
    party.name, party.parent, party.email = name.strip(), parent, email
    _check_parent(party)
    save(party, "name", "parent", "email", "version", actor=actor)
    return party


@transaction.atomic
def deactivate_party(party: Party, *, actor: User) -> Party:
    """A party nobody belongs to any more takes no new promises, snags or people."""
    require(can_administer_access(actor))
    party = _locked(party)
    if party.kind == Kind.ORGANISATION:
        raise RuleError("The organisation itself cannot be deactivated.")
    if not party.is_active:
        raise RuleError(f"{party} is already deactivated.")
    people = _people_of(party)
    if people:
        who = "One person belongs" if people == 1 else f"{people} people belong"
        raise RuleError(f"{who} to {party}. Move them first.")
    if party.children.filter(is_active=True).exists():
        raise RuleError(f"{party} still has active parts; deactivate those first.")
    party.is_active = False
    save(party, "is_active", actor=actor)
    return party


@transaction.atomic
def reactivate_party(party: Party, *, actor: User) -> Party:
    """A party comes back as it was, where what it is part of is active."""
    require(can_administer_access(actor))
    party = _locked(party)
    if party.is_active:
        raise RuleError(f"{party} is not deactivated.")
    _check_parent(party)
    party.is_active = True
    save(party, "is_active", actor=actor)
    return party


def _locked(party: Party) -> Party:
    return Party.objects.select_for_update(of=("self",)).get(pk=party.pk)


def _check_parent(party: Party) -> None:
    parent = party.parent
    if parent is None:
        return
    if parent.kind not in PARENTS[party.kind]:
        raise RuleError(
            f"A {party.get_kind_display().lower()} cannot be part of {parent}."
        )
    if not parent.is_active:
        raise RuleError(f"{parent} is deactivated.")
    # Moving whole branches is rare; one lock on the tree keeps two moves from closing
    # a ring between them.
    list(
        Party.objects.filter(kind=Kind.DEPARTMENT)
        .select_for_update(of=("self",))
        .order_by("pk")
    )
    for _ in range(DEEPEST):
        if parent is None:
            return
        if parent.pk == party.pk:
            raise RuleError(f"{party} cannot be part of itself.")
        parent = parent.parent
    raise RuleError(f"No more than {DEEPEST} levels, please.")


def _people_of(party: Party) -> int:
    at_work = User.objects.filter(Q(department=party) | Q(team=party), is_active=True)
    in_role = memberships_in_force().filter(Q(department=party) | Q(supplier=party))
    people = set(at_work.order_by("pk").values_list("pk", flat=True))
    return len(people | set(in_role.order_by("pk").values_list("user_id", flat=True)))
