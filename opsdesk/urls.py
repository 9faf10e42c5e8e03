"""The map of the site; each app lists its own routes."""

from django.urls import include, path

urlpatterns = [
    path("", include("opsdesk.site.urls")),
    path("snags/", include("snags.urls")),
]
