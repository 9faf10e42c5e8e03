from celery import shared_task

from opsdesk.core.services import heartbeats
from opsdesk.site import ticking


@shared_task
def tick() -> ticking.Done:
    """Beat runs this every second; it returns at once when nothing is due."""
    heartbeats.beat("beat")
    return ticking.tick()


@shared_task
def sweep() -> ticking.Done:
    """Beat runs this every half minute."""
    return ticking.sweep_slowly()


@shared_task
def nightly() -> ticking.Done:
    """Beat runs this once a day."""
    return ticking.nightly()
