"""The questions a list of snags answers; any other parameter is refused."""

from datetime import datetime
from typing import ClassVar

from django.core.validators import EMPTY_VALUES
from django.db.models import Q
from django_filters import rest_framework as filters

from opsdesk.core.api_fields import MomentFilter
from snags.models import Snag, SnagQuerySet
from snags.models.snag_rules import IS_FINISHED, IS_OPEN

LASTING = {"reported_after", "reported_before"}


class SnagFilters(filters.FilterSet):  # type: ignore[misc]
    """The only questions a list answers; any other parameter is refused."""

    status = filters.MultipleChoiceFilter(choices=Snag.Status.choices)
    priority = filters.MultipleChoiceFilter(choices=Snag.Priority.choices)
    kind = filters.MultipleChoiceFilter(choices=Snag.Kind.choices)
    environment = filters.NumberFilter(field_name="environment_id", max_value=2**53)
    owner = filters.NumberFilter(field_name="owner_id", max_value=2**53)
    reported_after = MomentFilter("reported_at", lookup_expr="gte")
    reported_before = MomentFilter("reported_at", lookup_expr="lt")
    updated_after = MomentFilter(method="changed_since")

    def filter_queryset(self, queryset: SnagQuerySet) -> SnagQuerySet:
        """A supplier finds what it handed back by what never changes only."""
        given = self.form.cleaned_data.items()
        asked = {name for name, value in given if value not in EMPTY_VALUES}
        if asked - LASTING:
            queryset = queryset.current_to(self.request.user)
        return super().filter_queryset(queryset)  # type: ignore[no-any-return]

    def changed_since(
        self, queryset: SnagQuerySet, _name: str, at: datetime
    ) -> SnagQuerySet:
        """Open and finished rows each have an index of their own."""
        changed = Q(updated_at__gte=at)
        return queryset.filter(IS_OPEN & changed | IS_FINISHED & changed)

    class Meta:
        model = Snag
        fields: ClassVar[list[str]] = []
