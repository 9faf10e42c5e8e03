"""Mails of the log-in pages: owed to known people, and as slow to nobody."""

import uuid

from django.db import transaction

from opsdesk.core.models import Message
from opsdesk.core.services.outbox import post_mail


@transaction.atomic
def mail(*, to: str, subject: str, body: str) -> None:
    """Owe one mail; a worker sends it, so no answer waits for a mail server."""
    post_mail(key=f"account/{uuid.uuid4().hex}", to=to, subject=subject, body=body)


@transaction.atomic
def mail_nobody(*, to: str, subject: str, body: str) -> None:
    """Write and commit as for a mail, and leave nothing behind.

    The time an answer takes must not tell whether an address is known; and the form
    must not send mail to strangers.
    """
    key = f"account/{uuid.uuid4().hex}"
    post_mail(key=key, to=to, subject=subject, body=body)
    Message.objects.filter(key=key).delete()
