"""The questions a list of snags answers; any other parameter is refused."""

from typing import ClassVar

from django_filters import rest_framework as filters

from opsdesk.core.api_fields import MomentFilter
from snags.models import Snag


class SnagFilters(filters.FilterSet):  # type: ignore[misc]
    """The only questions a list answers; any other parameter is refused."""

    status = filters.MultipleChoiceFilter(choices=Snag.Status.choices)
    priority = filters.MultipleChoiceFilter(choices=Snag.Priority.choices)
    kind = filters.MultipleChoiceFilter(choices=Snag.Kind.choices)
    environment = filters.NumberFilter(field_name="environment_id", max_value=2**53)
    owner = filters.NumberFilter(field_name="owner_id", max_value=2**53)
    reported_after = MomentFilter("reported_at", lookup_expr="gte")
    reported_before = MomentFilter("reported_at", lookup_expr="lt")
    updated_after = MomentFilter("updated_at", lookup_expr="gte")

    class Meta:
        model = Snag
        fields: ClassVar[list[str]] = []
