"""What the composer sends: words, and what is done with them."""

from collections.abc import Iterable

from django.db import transaction

from opsdesk.accounts.models import User
from opsdesk.core.errors import RuleError
from snags.models import Snag
from snags.services import files, lifecycle
from snags.services.talk import Audience

SEND, WAIT = "send", "wait"


@transaction.atomic
def send(
    snag: Snag,
    *,
    body: str,
    actor: User,
    audience: str = Audience.EVERYONE,
    files_added: Iterable[files.Upload] = (),
    do: str = SEND,
) -> Snag:
    """Say it, and then wait for the reporter or resolve it where that was asked."""
    if do in {"", SEND}:
        lifecycle.answer(
            snag, body=body, actor=actor, audience=audience, files_added=files_added
        )
        snag.refresh_from_db()
        return snag
    if audience != Audience.EVERYONE:
        raise RuleError(
            "Waiting and resolving tell the reporter: choose “Reply”.",
            code="wrong_audience",
        )
    if do == WAIT:
        return lifecycle.wait(
            snag,
            actor=actor,
            waiting_for=Snag.WaitingFor.REPORTER,
            body=body,
            files_added=files_added,
        )
    return lifecycle.reply_and_resolve(
        snag, actor=actor, resolution=do, body=body, files_added=files_added
    )
