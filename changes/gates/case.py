"""The case for a promotion: what its gates look at, each fact read once."""

from dataclasses import dataclass
from datetime import datetime
from functools import cached_property

from changes.models import ChangeDuty, FreezeOverride, Promotion
from changes.queries.evidence import paths_into, stays
from changes.queries.separation import excluded_from_change, excluded_from_promotion
from environments.models import Environment, Installation, Lease, PromotionPath
from environments.queries.installed import installed
from opsdesk.accounts.models import User
from opsdesk.core.approving import Standing, standing
from opsdesk.core.models import ApprovalRequest

Kind = Environment.Kind


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
    def is_for_users(self) -> bool:
        """Do people work there, or would they after a failover?"""
        return self.environment.is_serving or self.environment.kind in {
            Kind.PRODUCTION,
            Kind.FAILOVER,
        }

    @property
    def is_rollback(self) -> bool:
        return self.promotion.kind == Promotion.Kind.ROLLBACK

    @property
    def is_resync(self) -> bool:
        return self.promotion.kind == Promotion.Kind.RESYNC

    @property
    def follows(self) -> bool:
        """Neither a resync nor a roll-back decides anything new."""
        return self.is_rollback or self.is_resync

    @cached_property
    def paths(self) -> list[PromotionPath]:
        return paths_into(self.environment, self.promotion.package)

    @cached_property
    def upstream(self) -> dict[int, list[Installation]]:
        """Environment id -> when it ran exactly these bytes."""
        package = self.promotion.package
        return {path.upstream_id: stays(path.upstream, package) for path in self.paths}

    @cached_property
    def installed(self) -> dict[int, Installation]:
        return installed(self.environment)

    @cached_property
    def lease(self) -> Lease | None:
        live = Lease.objects.filter(environment=self.environment, ended_at=None)
        return live.select_related("holder").first()

    @cached_property
    def change_standing(self) -> Standing | None:
        """What the change's approval has come to; None when nobody was asked."""
        change = self.promotion.change
        return self._standing(change.approval, excluded_from_change(change))

    @cached_property
    def promotion_standing(self) -> Standing | None:
        excluded = excluded_from_promotion(self.promotion)
        return self._standing(self.promotion.approval, excluded)

    @cached_property
    def overrides(self) -> dict[int, int]:
        """Leave this revision has and has not used: its id, and the freeze's."""
        rows = FreezeOverride.objects.filter(
            change=self.promotion.change,
            revision=self.promotion.change.revision,
            used_by__isnull=True,
            approval__state=ApprovalRequest.State.GRANTED,
            approval__expires_at__gt=self.at,
        )
        excluded = excluded_from_change(self.promotion.change)
        return {
            row.pk: row.occurrence_id
            for row in rows.select_related("approval").order_by("pk")
            if standing(row.approval, excluded=excluded, at=self.at).is_granted
        }

    @property
    def overridden(self) -> set[int]:
        """Freeze occurrences it has leave to ignore."""
        return set(self.overrides.values())

    @cached_property
    def overdue_syncs(self) -> list[ChangeDuty]:
        """Failovers of this environment that should have followed it by now."""
        rows = ChangeDuty.objects.filter(
            kind=ChangeDuty.Kind.FAILOVER_SYNC,
            is_settled=False,
            environment__pairs_with=self.environment,
            duty__due_at__lte=self.at,
        )
        return list(rows.select_related("environment", "duty").order_by("pk"))

    def _standing(
        self, request: ApprovalRequest | None, excluded: dict[int, str]
    ) -> Standing | None:
        if request is None:
            return None
        return standing(request, excluded=excluded, at=self.at)
