from celery import shared_task

from snags.services import rollups


@shared_task
def roll_up() -> int:
    """Beat runs this every minute; only days that something changed are counted."""
    return rollups.roll_up()
