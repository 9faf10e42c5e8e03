from celery import shared_task

from opsdesk.core.services import outbox


@shared_task
def deliver() -> int:
    """Beat runs this every two seconds; the database decides what is due."""
    return outbox.deliver()
