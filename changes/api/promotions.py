"""Promotions: what a deployment tool needs to start one, report on it and finish."""

from typing import Any

from django.db.models import QuerySet
from django_filters import rest_framework as filters
from drf_spectacular.utils import extend_schema
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from changes.api import inputs
from changes.api import promotion_shapes as shapes
from changes.api.known import STAFF, Changes
from changes.models import ChangeRequest, Promotion, TestSignOff
from changes.queries.gates import findings
from changes.queries.sheets import promotions_for
from changes.services import (
    promoting,
    promotion_rows,
    rolling_back,
    rows,
    running,
    starting,
    testing,
)
from environments.models import Environment
from opsdesk.accounts.models import ApiToken, User
from opsdesk.core import clock
from opsdesk.core.api import actor
from opsdesk.core.api_fields import GateOut, IdFilter, ReasonIn
from opsdesk.core.api_rows import made_by, verb, with_key


class PromotionFilters(filters.FilterSet):  # type: ignore[misc]
    change = IdFilter("change")
    environment = IdFilter("environment")
    state = filters.MultipleChoiceFilter(choices=Promotion.State.choices)
    kind = filters.MultipleChoiceFilter(choices=Promotion.Kind.choices)


@extend_schema(tags=["Promotions"])
class PromotionViewSet(Changes):
    """opsdesk gates and records; whoever deploys starts here and reports back."""

    policy = STAFF
    writes = (ApiToken.Scope.PROMOTIONS_RUN,)
    serializer_class = shapes.PromotionOut
    filterset_class = PromotionFilters
    orderings = ("-id", "id")
    queryset = Promotion.objects.none()
    locked = staticmethod(promotion_rows.locked)

    def get_queryset(self) -> QuerySet[Promotion]:
        seen = promotions_for(actor(self.request))
        return seen.prefetch_related("steps__done_by").order_by("-id")

    @made_by(inputs.PromotionIn)
    def create(
        self,
        user: User,
        change: ChangeRequest,
        environment: Environment,
        steps: Any = (),
        **said: Any,
    ) -> Promotion:
        planned = [(step["kind"], step["title"]) for step in steps]
        return promoting.schedule(
            change, actor=user, environment=environment, steps=planned, **said
        )

    @extend_schema(responses=GateOut(many=True), filters=False)
    @action(detail=True, filterset_class=None, pagination_class=None)
    def gates(self, request: Request, pk: str) -> Response:
        """Every gate, were you to start it now: advice, the start asks again."""
        found = findings(self.get_object(), actor(request), clock.exact())
        return Response([one.as_json() for one in found])

    @verb()
    def request_approval(self, row: Promotion, user: User) -> None:
        """Ask whoever must agree to this build, here and now."""
        promoting.ask(row, actor=user)

    @verb()
    def confirm_baseline(self, row: Promotion, user: User) -> None:
        """What was installed there since is well so."""
        promoting.confirm_baseline(row, actor=user)

    @verb(inputs.WaiveIn)
    def waive(self, row: Promotion, user: User, **said: Any) -> None:
        """Let an emergency pass one gate, for a day."""
        starting.waive(row, actor=user, **said)

    @verb(inputs.NoteIn)
    def cancel(self, row: Promotion, user: User, **said: Any) -> None:
        """It will not happen."""
        promoting.cancel(row, actor=user, **said)

    @verb(once=with_key)
    def start(self, row: Promotion, user: User) -> None:
        """Begin, now; refused with every gate when one is not met."""
        starting.start(row, actor=user)

    @verb(inputs.EvidenceIn, path=r"steps/(?P<ordinal>\d{1,3})/complete")
    def complete_step(
        self, row: Promotion, user: User, ordinal: str, **said: Any
    ) -> None:
        """The next line of the run sheet is done."""
        running.do_step(row, actor=user, ordinal=int(ordinal), **said)

    @verb(inputs.DigestIn)
    def report_digest(self, row: Promotion, user: User, sha256: str) -> None:
        """What is installed now; anything else than what was approved has failed."""
        running.report(row, actor=user, sha256=sha256)

    @verb()
    def succeed(self, row: Promotion, user: User) -> None:
        """It works: the version counts as installed."""
        running.succeed(row, actor=user)

    @verb(inputs.FailIn)
    def fail(self, row: Promotion, user: User, note: str) -> None:
        """It did not work."""
        running.fail(row, actor=user, note=note)

    @verb(inputs.NoteIn)
    def abort(self, row: Promotion, user: User, **said: Any) -> None:
        """Stopped before anything was applied."""
        running.abort(row, actor=user, **said)

    @extend_schema(responses={201: shapes.PromotionOut})
    @verb(once=with_key)
    def rollback(self, row: Promotion, user: User) -> Promotion:
        """Start undoing it: the answer is the promotion that does."""
        return rolling_back.roll_back(row, actor=user)


class SignOffFilters(filters.FilterSet):  # type: ignore[misc]
    change = IdFilter("change")
    environment = IdFilter("environment")
    sha256 = filters.CharFilter(max_length=64)


@extend_schema(tags=["Promotions"])
class SignOffViewSet(Changes):
    """Verdicts on what runs in an environment; they are taken back, never edited."""

    serializer_class = shapes.SignOffOut
    filterset_class = SignOffFilters
    orderings = ("-id", "id")
    queryset = TestSignOff.objects.none()

    @staticmethod
    def locked(row: TestSignOff) -> None:
        rows.locked(row.change)

    def get_queryset(self) -> QuerySet[TestSignOff]:
        seen = ChangeRequest.objects.visible_to(actor(self.request))
        found = TestSignOff.objects.filter(change__in=seen.order_by().values("pk"))
        named = ("change", "environment", "tester", "conditions_accepted_by")
        return found.select_related(*named).order_by("-id")

    @made_by(inputs.SignOffIn)
    def create(self, user: User, change: ChangeRequest, **said: Any) -> TestSignOff:
        return testing.sign_off(change, actor=user, **said)

    @verb()
    def accept_conditions(self, row: TestSignOff, user: User) -> None:
        """What was found under conditions is good enough, says a manager."""
        testing.accept_conditions(row, actor=user)

    @verb(ReasonIn)
    def revoke(self, row: TestSignOff, user: User, reason: str) -> None:
        """Take a verdict back."""
        testing.revoke(row, actor=user, reason=reason)
