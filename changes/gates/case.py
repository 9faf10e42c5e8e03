"""The case for a promotion: what its gates look at, each fact read once."""

from dataclasses import dataclass
from datetime import datetime
from functools import cached_property

from changes.models import ChangeDuty, FreezeOverride, Promotion
from changes.queries.evidence import approvals_needed, paths_into, stays
from changes.queries.separation import and_starter, excluded_from_change
from environments.models import (
    Environment,
    Installation,
    Lease,
    Occurrence,
    PromotionPath,
)
from environments.queries.installed import installed
from environments.queries.pairs import standbys
from environments.queries.windows import freezes_now
from opsdesk.accounts.models import User
from opsdesk.core.approving import Standing, standings
from opsdesk.core.models import ApprovalRequest


@dataclass(frozen=True)
class Case:
    """One promotion as somebody would start it now; read anew for every evaluation."""

    promotion: Promotion
    starter: User
    at: datetime

    @cached_property
    def environment(self) -> Environment:
        return self.promotion.environment

    @property
    def is_rollback(self) -> bool:
        return self.promotion.kind == Promotion.Kind.ROLLBACK

    @property
    def follows(self) -> bool:
        """Does it decide nothing new?"""
        return self.promotion.follows

    @property
    def is_resync(self) -> bool:
        return self.follows and not self.is_rollback

    @cached_property
    def paths(self) -> list[PromotionPath]:
        return paths_into(self.environment, self.promotion.package)

    @cached_property
    def approvals_needed(self) -> int:
        """How many administrators must agree to it; 0 for none."""
        return approvals_needed(self.promotion, self.paths)

    @cached_property
    def upstream(self) -> dict[int, list[Installation]]:
        """Environment id -> when it ran exactly these bytes."""
        places = [path.upstream_id for path in self.paths]
        return stays(places, self.promotion.package)

    @cached_property
    def installed(self) -> dict[int, Installation]:
        return installed(self.environment)

    @cached_property
    def lease(self) -> Lease | None:
        live = Lease.objects.filter(environment=self.environment, ended_at=None)
        return live.select_related("holder").first()

    @cached_property
    def freezes(self) -> list[Occurrence]:
        """What is frozen there now, hard ones first."""
        return freezes_now(self.environment, self.at)

    @cached_property
    def excluded(self) -> dict[int, str]:
        """Who has another part in the change, and so no vote on it."""
        return excluded_from_change(self.promotion.change)

    @property
    def change_standing(self) -> Standing | None:
        """What the change's approval has come to; None when nobody was asked."""
        return self._standings.get(self.promotion.change.approval_id or 0)

    @property
    def promotion_standing(self) -> Standing | None:
        return self._standings.get(self.promotion.approval_id or 0)

    @cached_property
    def overrides(self) -> list[tuple[FreezeOverride, Standing]]:
        """Leave this revision has and has not used, with what its approval came to."""
        rows = FreezeOverride.objects.filter(
            change=self.promotion.change,
            revision=self.promotion.change.revision,
            used_by__isnull=True,
            approval__state=ApprovalRequest.State.GRANTED,
            approval__expires_at__gt=self.at,
        )
        given = list(rows.select_related("approval").order_by("pk"))
        found = self._standings_of({row.approval: self.excluded for row in given})
        return [
            (row, found[row.approval.pk])
            for row in given
            if found[row.approval.pk].is_granted
        ]

    @property
    def overridden(self) -> set[int]:
        """Freeze occurrences it has leave to ignore."""
        return {row.occurrence_id for row, _ in self.overrides_used}

    @cached_property
    def overrides_used(self) -> list[tuple[FreezeOverride, Standing]]:
        """Of them those for what is frozen there now: the start uses them up."""
        frozen = {row.pk for row in self.freezes}
        given = self.overrides if frozen else []
        return [(row, now) for row, now in given if row.occurrence_id in frozen]

    @cached_property
    def overdue_syncs(self) -> list[ChangeDuty]:
        """Standbys of this environment that should have followed it by now."""
        rows = ChangeDuty.objects.filter(
            kind=ChangeDuty.Kind.FAILOVER_SYNC,
            is_settled=False,
            environment__in=standbys(self.environment).order_by(),
            duty__due_at__lte=self.at,
        )
        return list(rows.select_related("environment", "duty").order_by("pk"))

    @cached_property
    def _standings(self) -> dict[int, Standing]:
        """Of the change's approval and of the promotion's, by request."""
        mine, its = self.promotion.approval, self.promotion.change.approval
        excluded = and_starter(self.excluded, self.promotion)
        asked = {its: self.excluded, mine: excluded}
        return self._standings_of({row: who for row, who in asked.items() if row})

    def _standings_of(
        self, asked: dict[ApprovalRequest, dict[int, str]]
    ) -> dict[int, Standing]:
        excluded = {request.pk: who for request, who in asked.items()}
        return standings(list(asked), excluded=excluded, at=self.at)
