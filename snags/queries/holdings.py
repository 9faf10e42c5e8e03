"""Open snags that somebody who leaves, or has left, still holds."""

from collections.abc import Iterable
from urllib.parse import urlencode

from django.db.models import Q
from django.urls import reverse

from opsdesk.accounts.access import Role, memberships_in_force
from opsdesk.accounts.leaving import Holding
from opsdesk.accounts.models import Membership, Party, User
from opsdesk.core.wording import several
from snags.models import Snag


def held_by(subject: User | Party) -> list[Holding]:
    """What a person owns, and what waits for a party or for its last contact."""
    if isinstance(subject, Party):
        return _waiting_for([subject.pk], "it")
    owned = Snag.objects.open().filter(owner=subject).count()
    told = several(owned, "open snag of theirs", "open snags of theirs")
    held = [Holding(told, worklist(owner=[subject.pk]))] if owned else []
    return held + _waiting_for(
        _only_contact_of(subject), "a supplier with no other contact"
    )


def without_an_owner() -> Q:
    """Whose owner has left."""
    return Q(owner__is_active=False)


def without_a_holder() -> Q:
    """Handed to a supplier that is deactivated, or whose last contact has left."""
    contacts = Membership.objects.filter(role=Role.SUPPLIER)
    present = memberships_in_force().filter(role=Role.SUPPLIER)
    left = Q(handed_to__in=contacts.values("supplier_id"))
    left &= ~Q(handed_to__in=present.values("supplier_id"))
    return Q(handed_to__isnull=False) & (Q(handed_to__is_active=False) | left)


def worklist(**facets: Iterable[int]) -> str:
    """The worklist's address with these filters."""
    pairs = [(name, str(pk)) for name, pks in facets.items() for pk in pks]
    return f"{reverse('snags:list')}?{urlencode([('view', 'open'), *pairs])}"


def _waiting_for(suppliers: list[int], whom: str) -> list[Holding]:
    waiting = Snag.objects.open().filter(handed_to__in=suppliers).count()
    told = several(
        waiting, f"open snag that waits for {whom}", f"open snags that wait for {whom}"
    )
    return [Holding(told, worklist(supplier=suppliers))] if waiting else []


def _only_contact_of(person: User) -> list[int]:
    """Suppliers nobody else speaks for."""
    contacts = Membership.objects.filter(role=Role.SUPPLIER)
    theirs = contacts.filter(user=person).values("supplier_id")
    others = memberships_in_force().filter(role=Role.SUPPLIER).exclude(user=person)
    alone = Party.objects.filter(pk__in=theirs)
    alone = alone.exclude(pk__in=others.values("supplier_id"))
    return list(alone.order_by("pk").values_list("pk", flat=True))
