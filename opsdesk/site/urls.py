from django.urls import path

from opsdesk.site import views
from opsdesk.site.favicon import favicon

urlpatterns = [
    path("", views.home, name="home"),
    path("favicon.ico", favicon, name="favicon"),
    path("search/suggest/", views.search, name="search"),
    path("health/live", views.live, name="health_live"),
    path("health/ready", views.ready, name="health_ready"),
    path("health/lag", views.lag, name="health_lag"),
]
