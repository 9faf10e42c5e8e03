from celery import shared_task

from opsdesk.site import ticking


@shared_task
def tick() -> dict[str, int]:
    """Beat runs this every second; it returns at once when nothing is due."""
    return ticking.tick()


@shared_task
def sweep() -> dict[str, int]:
    """Beat runs this every half minute."""
    return ticking.sweep_slowly()


@shared_task
def nightly() -> dict[str, int]:
    """Beat runs this once a day."""
    return ticking.nightly()
