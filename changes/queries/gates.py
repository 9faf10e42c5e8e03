"""What stands between a promotion and its start, as pages show it: advice only.

The service asks the same gates again under its locks; only that answer counts.
"""

from datetime import datetime

from changes.gates import PROMOTION_GATES, Case
from changes.models import ChangeRequest, Promotion, Waiver
from opsdesk.accounts.models import User
from opsdesk.core import clock
from opsdesk.core.gates import Finding


def findings(
    promotion: Promotion, starter: User, at: datetime | None = None
) -> list[Finding]:
    """Every gate, were this person to start it at this instant."""
    return evaluated(Case(promotion, starter, at or clock.now()))


def evaluated(case: Case) -> list[Finding]:
    """The same, of a case that is looked at for more."""
    return PROMOTION_GATES.evaluate(case, case.at, waived(case.promotion, case.at))


def waived(promotion: Promotion, at: datetime) -> list[str]:
    """The gates an emergency has waived for this change and place, still in force."""
    if promotion.change.kind != ChangeRequest.Kind.EMERGENCY:
        return []
    rows = Waiver.objects.filter(
        change=promotion.change, environment=promotion.environment, until__gt=at
    )
    return list(rows.order_by("pk").values_list("gate", flat=True))
