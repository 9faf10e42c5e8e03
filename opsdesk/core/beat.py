"""When beat rings: the tick comes at the beginning of each second of the clock."""

from datetime import datetime

from celery.schedules import schedstate, schedule

# Into the second, so that a clock a little behind shows the same one.
MARGIN = 0.05


class OnTheSecond(schedule):
    """Due once in each second of the clock, just after it has begun.

    Deadlines are whole seconds and count as missed from the next one on. A tick at any
    other moment would tell of each of them up to a second later.
    """

    def is_due(self, last_run_at: datetime) -> schedstate:
        """Whether a new second has begun, and the seconds until the next one."""
        now = self.now().timestamp()
        wait = 1 - (now - MARGIN) % 1
        return schedstate(
            is_due=_second(now) > _second(last_run_at.timestamp()), next=wait
        )


def _second(moment: float) -> int:
    return int(moment - MARGIN)
