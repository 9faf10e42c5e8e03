"""A list's filters under a name."""

from django.db import transaction

from opsdesk.accounts.access import Role, access_of
from opsdesk.accounts.models import User
from opsdesk.core.errors import require
from opsdesk.core.models import SavedView


@transaction.atomic
def save_view(
    *, owner: User, screen: str, name: str, query: str, is_shared: bool = False
) -> SavedView:
    """Keep a query string under a name, replacing one's own view of that name."""
    if is_shared:
        require(access_of(owner).is_internal, "Only staff may share a view.")
    return SavedView.objects.update_or_create(
        owner=owner,
        screen=screen,
        name=name,
        defaults={"query": query, "is_shared": is_shared},
    )[0]


@transaction.atomic
def delete_view(view: SavedView, *, actor: User) -> None:
    """Owners delete their views; a manager may tidy away shared ones."""
    manager = view.is_shared and access_of(actor).has(Role.MANAGER)
    require(view.owner_id == actor.pk or manager)
    view.delete()
