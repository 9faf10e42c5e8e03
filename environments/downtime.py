"""What an outage costs a year against what a failover costs: plain arithmetic.

Money in whole units of the organisation's currency, hours of a year.
"""

from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal

CENT = Decimal("0.01")
TENTH = Decimal("0.1")


@dataclass(frozen=True)
class Verdict:
    """The cost of being down, what a failover saves, and from which hours on it pays.

    `break_even_hours` None: downtime costs nothing, so a failover never pays.
    """

    downtime_cost: Decimal
    saving: Decimal
    break_even_hours: Decimal | None

    @property
    def pays(self) -> bool:
        return self.saving > 0

    @property
    def loss(self) -> Decimal:
        """What a failover costs beyond what it saves."""
        return -self.saving


def judge(
    *,
    busy_cost_per_hour: Decimal,
    quiet_cost_per_hour: Decimal,
    busy_hours_down: Decimal,
    quiet_hours_down: Decimal,
    failover_cost_per_year: Decimal,
) -> Verdict:
    """What the figures come to.

    Break-even keeps the given mix of busy and quiet hours; with no hours given, every
    hour is a busy one.
    """
    hours = busy_hours_down + quiet_hours_down
    cost = busy_cost_per_hour * busy_hours_down + quiet_cost_per_hour * quiet_hours_down
    an_hour = cost / hours if hours else busy_cost_per_hour
    even = failover_cost_per_year / an_hour if an_hour else None
    return Verdict(
        downtime_cost=cost.quantize(CENT, ROUND_HALF_UP),
        saving=(cost - failover_cost_per_year).quantize(CENT, ROUND_HALF_UP),
        break_even_hours=even.quantize(TENTH, ROUND_HALF_UP)
        if even is not None
        else None,
    )
