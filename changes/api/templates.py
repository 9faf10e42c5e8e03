"""Standard changes: templates proposed, agreed to, suspended and retired."""

from typing import Any

from django.db.models import QuerySet
from django_filters import rest_framework as filters
from drf_spectacular.utils import extend_schema

from changes.api import inputs, shapes
from changes.api.known import STAFF, Changes
from changes.models import ChangeTemplate
from changes.queries.templates import templates
from changes.services import templates as services
from opsdesk.accounts.models import User
from opsdesk.core import clock
from opsdesk.core.api_fields import IdFilter
from opsdesk.core.api_rows import made_by, verb


class TemplateFilters(filters.FilterSet):  # type: ignore[misc]
    landscape = IdFilter("landscape")
    code = filters.CharFilter(max_length=40)
    state = filters.MultipleChoiceFilter(choices=ChangeTemplate.State.choices)


@extend_schema(tags=["Changes"])
class TemplateViewSet(Changes):
    """Changes agreed to once for all; an edit is a row of the next number."""

    policy = STAFF
    serializer_class = shapes.TemplateOut
    filterset_class = TemplateFilters
    queryset = ChangeTemplate.objects.none()
    locked = staticmethod(services.locked_template)

    def get_queryset(self) -> QuerySet[ChangeTemplate]:
        return templates().prefetch_related("evidence").order_by("-id")

    @made_by(inputs.TemplateIn)
    def create(self, user: User, **said: Any) -> ChangeTemplate:
        return services.propose(actor=user, **said)

    @verb()
    def propose_again(self, row: ChangeTemplate, user: User) -> None:
        """Ask anew for one that is suspended, or was not agreed to."""
        services.propose_again(row, actor=user)

    @verb(inputs.BecauseOfIn)
    def suspend(self, row: ChangeTemplate, user: User, because: str) -> None:
        """Let nothing be submitted from it until it is agreed to anew."""
        services.suspend_template(row, because=because, actor=user, at=clock.now())

    @verb()
    def retire(self, row: ChangeTemplate, user: User) -> None:
        """Out of use for good; changes made from it stay as they are."""
        services.retire_template(row, actor=user)
