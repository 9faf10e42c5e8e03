"""What every route here shares: only declared query parameters are understood."""

from typing import Any, ClassVar

from drf_spectacular.utils import OpenApiParameter
from rest_framework import exceptions
from rest_framework.request import Request
from rest_framework.viewsets import GenericViewSet

from opsdesk.core.policy import SIGNED_IN

PAGE_ARGUMENTS = {"cursor", "page_size", "ordering", "format"}
KEY = OpenApiParameter(
    "Idempotency-Key", str, OpenApiParameter.HEADER, description="Do this once."
)


class Known(GenericViewSet[Any]):
    """Refuses query parameters nobody declared, so that a typo is not a wider list."""

    policy = SIGNED_IN
    scope = "snags"
    filter_names: ClassVar[frozenset[str]] = frozenset()

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        super().initial(request, *args, **kwargs)
        unknown = set(request.query_params) - PAGE_ARGUMENTS - self.filter_names
        if unknown:
            raise exceptions.ValidationError(
                {name: ["There is no such parameter."] for name in sorted(unknown)}
            )
