"""Requests for approval, the votes of the person who asks, and who must agree."""

from typing import Any

from django.db.models import QuerySet
from django_filters import rest_framework as filters
from drf_spectacular.utils import extend_schema

from changes.api import approval_shapes as shapes
from changes.api import inputs
from changes.api.known import STAFF, Changes
from changes.queries.approvals import KINDS, inbox
from changes.services import voting
from opsdesk.accounts.models import User
from opsdesk.core.api import actor
from opsdesk.core.api_fields import ReasonIn
from opsdesk.core.api_rows import edited_by, verb
from opsdesk.core.models import ApprovalPolicy, ApprovalRequest, Vote
from opsdesk.core.services.policies import keep_policy, locked_policy

# What `mine` may be -> which list of the inbox it is.
MINE = {"pending": "waiting", "requested": "requested", "done": "done"}


class ApprovalFilters(filters.FilterSet):  # type: ignore[misc]
    mine = filters.ChoiceFilter(choices=[*MINE.items()], method="of_mine")
    kind = filters.MultipleChoiceFilter(choices=[*KINDS.items()])
    state = filters.MultipleChoiceFilter(choices=ApprovalRequest.State.choices)

    def of_mine(
        self, rows: QuerySet[ApprovalRequest], _name: str, value: str
    ) -> QuerySet[ApprovalRequest]:
        lines = getattr(inbox(actor(self.request)), MINE[value])
        return rows.filter(pk__in=[line.request.pk for line in lines])


@extend_schema(tags=["Approvals"])
class ApprovalViewSet(Changes):
    """Who is asked for what. Service accounts never vote, whatever their role."""

    policy = STAFF
    serializer_class = shapes.ApprovalOut
    filterset_class = ApprovalFilters
    queryset = ApprovalRequest.objects.none()
    locked = staticmethod(voting.held)

    def get_queryset(self) -> QuerySet[ApprovalRequest]:
        rows = ApprovalRequest.objects.select_related("requested_by")
        return rows.prefetch_related("steps", "votes__user").order_by("-id")

    @verb(inputs.ApproveIn, matches=False)
    def approve(self, row: ApprovalRequest, user: User, **said: Any) -> None:
        """Yes, to exactly this revision and digest."""
        _vote(row, user, Vote.Decision.APPROVE, **said)

    @verb(inputs.RefuseIn, matches=False)
    def reject(self, row: ApprovalRequest, user: User, **said: Any) -> None:
        """No, and why: it ends the request."""
        _vote(row, user, Vote.Decision.REJECT, **said)

    @verb(ReasonIn)
    def revoke_vote(self, row: ApprovalRequest, user: User, reason: str) -> None:
        """Take one's own vote back while it still matters."""
        voting.revoke(row, actor=user, reason=reason)

    @verb(ReasonIn)
    def withdraw(self, row: ApprovalRequest, user: User, reason: str) -> None:
        """Take the question back before it is decided; a change is assessed again."""
        voting.withdraw(row, actor=user, reason=reason)


def _vote(
    row: ApprovalRequest, user: User, decision: str, subject_sha256: str, **said: Any
) -> None:
    voting.vote(row, actor=user, decision=decision, sha256=subject_sha256, **said)


@extend_schema(tags=["Approvals"])
class PolicyViewSet(Changes):
    """Who must agree to what from now on; open requests keep the terms they have."""

    policy = STAFF
    serializer_class = shapes.PolicyOut
    queryset = ApprovalPolicy.objects.order_by("id")
    orderings = ("id", "-id")
    locked = staticmethod(locked_policy)

    @edited_by(inputs.PolicyIn)
    def partial_update(self, row: ApprovalPolicy, user: User, **said: Any) -> None:
        whole = {"valid_days": row.valid_days, "steps": row.steps, **said}
        keep_policy(row, actor=user, version=None, **whole)
