from django.urls import path

from environments.views import inventory as views

app_name = "environments"
urlpatterns = [
    path("", views.environment_list, name="list"),
    path("<int:pk>/edit/", views.environment_edit, name="edit"),
    path("landscapes/new/", views.landscape_new, name="landscape_new"),
    path("landscapes/<int:pk>/edit/", views.landscape_edit, name="landscape_edit"),
    path("landscapes/<int:pk>/modules/", views.module_add, name="module_add"),
    path("landscapes/<int:pk>/environments/new/", views.environment_new, name="new"),
]
