"""A freeze and a maintenance window in a few words, made through their service."""

from datetime import timedelta

from environments.services.windows import create_window
from opsdesk.core import clock


def make_window(environment, actor, kind="freeze", **facts):
    """A freeze of one environment, on now, for three hours, unless said otherwise."""
    start = facts.pop("start", None) or local(-1)
    return create_window(
        environment.landscape,
        actor=actor,
        kind=kind,
        **{
            "name": "Month-end close",
            "environments": [environment],
            "starts_local": start,
            "minutes": 180,
            "time_zone": "UTC",
            **facts,
        },
    )


def local(hours):
    """Wall-clock time of UTC so many hours from now, to the minute."""
    at = clock.now() + timedelta(hours=hours)
    return at.replace(second=0, tzinfo=None)
