"""The API's map: version 1, its schema and its documentation, all served from here."""

from functools import cache
from typing import Any

from django.urls import include, path
from drf_spectacular.generators import SchemaGenerator
from drf_spectacular.views import SpectacularAPIView, SpectacularSwaggerSplitView

from opsdesk.accounts.models import ApiToken
from opsdesk.core import schema  # noqa: F401  # known before the schema is asked for
from opsdesk.core.api import ScopedPermission
from opsdesk.core.policy import SIGNED_IN


@cache
def _described() -> Any:
    return SchemaGenerator().get_schema(public=True)  # type: ignore[no-untyped-call]


class OneSchema(SchemaGenerator):
    """The schema is the same for everybody: made when it is first asked for."""

    def get_schema(self, request: Any = None, public: Any = None) -> Any:
        return _described()


class SchemaView(SpectacularAPIView):
    generator_class = OneSchema
    policy = SIGNED_IN
    permission_classes = (ScopedPermission,)  # the package's own default is the world
    http_method_names = ("get", "head")  # its OPTIONS cannot be answered
    reads = ApiToken.Scope.values  # any token may read what it could ask
    writes = ()


class DocsView(SpectacularSwaggerSplitView):
    """The interactive documentation; its script is a file of its own (strict CSP)."""

    policy = SIGNED_IN
    permission_classes = (ScopedPermission,)  # the package's own default is the world
    http_method_names = ("get", "head")  # its OPTIONS cannot be answered
    reads = ApiToken.Scope.values  # any token may read what it could ask
    writes = ()


ROUTES = [
    path("", include("environments.api.urls")),
    path("", include("snags.api.urls")),
    path("", include("changes.api.urls")),
]
urlpatterns = [
    path("v1/", include((ROUTES, "api"))),
    path("v1/schema/", SchemaView.as_view(), name="api_schema"),
    path("v1/docs/", DocsView.as_view(url_name="api_schema"), name="api_docs"),
]
