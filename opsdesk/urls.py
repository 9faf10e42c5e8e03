"""The map of the site; each app lists its own routes."""

from django.urls import include, path

urlpatterns = [
    path("", include("opsdesk.site.urls")),
    path("", include("opsdesk.accounts.urls")),
    path("account/", include("opsdesk.accounts.login_urls")),
    path("api/", include("opsdesk.api_urls")),
    path("changes/", include("changes.urls")),
    path("environments/", include("environments.urls")),
    path("inbox/", include("opsdesk.core.urls")),
    path("sla/", include("sla.urls")),
    path("snags/", include("snags.urls")),
]

handler500 = "opsdesk.core.middleware.server_error"
handler429 = "opsdesk.accounts.http.too_many_requests"  # allauth asks for it here
