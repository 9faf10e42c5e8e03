"""What people say about a change; it never touches an approval."""

from django.db import transaction

from changes.models import ChangeComment, ChangeRequest
from changes.services.rows import involved, locked
from opsdesk.accounts.access import Role, access_of
from opsdesk.accounts.models import User
from opsdesk.core import clock
from opsdesk.core.errors import require
from opsdesk.core.services.outbox import Note, notify


@transaction.atomic
def comment(change: ChangeRequest, *, actor: User, body: str) -> ChangeComment:
    """Said to everybody involved; an auditor only reads."""
    change = locked(change)
    require(can_comment(actor))
    said = ChangeComment.objects.create(
        change=change,
        author=actor,
        audience=ChangeComment.Audience.EVERYONE,
        body=body,
        at=clock.now(),
    )
    note = Note(
        key=f"change-{change.pk}-said-{said.pk}",
        title=f"{actor.name} on {change}",
        body=body,
        url=f"{change.get_absolute_url()}#said-{said.pk}",
    )
    notify(involved(change).exclude(pk=actor.pk), note)
    return said


def can_comment(user: User) -> bool:
    return bool(access_of(user).roles - {Role.AUDITOR})
