"""The way back: what ran before is brought back, as the approved plan allows.

Where nothing ran before, what was promoted is taken out again.
"""

from django.db import transaction

from changes.models import Promotion
from changes.moves import ChangeState, PromotionState
from changes.queries.scheduling import sheet
from changes.services import promoting, starting
from changes.services.promotion_rows import locked, log, require_runner
from environments.models import Installation
from opsdesk.accounts.models import User
from opsdesk.core import clock
from opsdesk.core.errors import RuleError


@transaction.atomic
def roll_back(undone: Promotion, *, actor: User) -> Promotion:
    """Start undoing a promotion: a run of its own, without new evidence or votes.

    GatesError, and nothing is begun, when the environment is not free or the back-out
    plan holds no longer.
    """
    undone = locked(undone)
    require_runner(actor, undone)
    if undone.state not in {PromotionState.SUCCEEDED, PromotionState.FAILED}:
        raise RuleError("There is nothing to roll back.", code="not_now")
    if undone.kind == Promotion.Kind.ROLLBACK:
        raise RuleError("A roll-back is not rolled back; try it again.", code="not_now")
    if undone.change.state == ChangeState.CLOSED:
        raise RuleError("The change is closed. Raise a new change.", code="closed")
    change = undone.change
    promotion = promoting.create(
        change,
        actor=actor,
        target=undone.target,
        kind=Promotion.Kind.ROLLBACK,
        steps=sheet(change, undone.environment, change.backout_plan),
        undoes=undone,
        back_to=_before(undone),
    )
    log(promotion, "rolling_back", actor=actor, at=clock.now())
    return starting.start(promotion, actor=actor)


def _before(undone: Promotion) -> Installation | None:
    """What ran there before, if anything; a failed attempt never ended it."""
    mine = Installation.objects.filter(
        environment=undone.environment, component=undone.package.component_id
    )
    now = mine.filter(during__upper_inf=True).first()
    if undone.state == PromotionState.SUCCEEDED:
        if now is None or undone.installation_id != now.pk:
            raise RuleError(
                "Another version was installed there since; undo that one first.",
                code="superseded",
            )
        return mine.filter(during__endswith=now.during.lower).first()
    return now
