"""Requests for approval, and the votes of the person who asks."""

from typing import Any, ClassVar

from django.db.models import QuerySet
from django_filters import rest_framework as filters
from drf_spectacular.utils import extend_schema

from changes.api import inputs, shapes
from changes.api.known import Changes
from changes.queries.approvals import inbox
from changes.services import voting
from opsdesk.accounts.access import INTERNAL
from opsdesk.accounts.models import User
from opsdesk.core.api import actor
from opsdesk.core.api_fields import ReasonIn
from opsdesk.core.api_rows import verb
from opsdesk.core.models import ApprovalRequest, Vote
from opsdesk.core.policy import allow

MINE = (("pending", "Waits for me"), ("requested", "I asked"), ("done", "Done"))


class ApprovalFilters(filters.FilterSet):  # type: ignore[misc]
    mine = filters.ChoiceFilter(choices=MINE, method="of_mine")
    state = filters.MultipleChoiceFilter(choices=ApprovalRequest.State.choices)

    class Meta:
        model = ApprovalRequest
        fields: ClassVar[list[str]] = []

    def of_mine(
        self, rows: QuerySet[ApprovalRequest], _name: str, value: str
    ) -> QuerySet[ApprovalRequest]:
        found = inbox(actor(self.request))
        lists = {
            "pending": found.waiting,
            "requested": found.requested,
            "done": found.done,
        }
        return rows.filter(pk__in=[line.request.pk for line in lists[value]])


@extend_schema(tags=["Approvals"])
class ApprovalViewSet(Changes):
    """Who is asked for what. Service accounts never vote, whatever their role."""

    policy = allow(*sorted(INTERNAL))
    serializer_class = shapes.ApprovalOut
    filterset_class = ApprovalFilters
    filter_names = frozenset(ApprovalFilters.base_filters)
    orderings = ("-id", "id")
    queryset = ApprovalRequest.objects.none()

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

    @verb(ReasonIn, matches=False)
    def revoke_vote(self, row: ApprovalRequest, user: User, reason: str) -> None:
        """Take one's own vote back while it still matters."""
        voting.revoke(row, actor=user, reason=reason)


def _vote(
    row: ApprovalRequest, user: User, decision: str, subject_sha256: str, **said: Any
) -> None:
    voting.vote(row, actor=user, decision=decision, sha256=subject_sha256, **said)
