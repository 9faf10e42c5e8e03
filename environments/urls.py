from django.urls import path

from environments.views import calendar, inventory, parts, reading, upkeep, windows

app_name = "environments"
urlpatterns = [
    path("", reading.board, name="list"),
    path("matrix/", reading.matrix, name="matrix"),
    path("downtime/", upkeep.downtime, name="downtime"),
    path("<int:pk>/", reading.detail, name="detail"),
    path("<int:pk>/impact/", reading.impact, name="impact"),
    path("<int:pk>/edit/", inventory.environment_edit, name="edit"),
    *(
        path(f"<int:pk>/{verb}/", inventory.environment_state, {"verb": verb}, verb)
        for verb in inventory.STATES
    ),
    path("<int:pk>/resume/", inventory.environment_resume, name="resume"),
    path("<int:pk>/servers/new/", parts.server_new, name="server_new"),
    path("<int:pk>/placements/new/", parts.placement_new, name="placement_new"),
    path("<int:pk>/installations/new/", parts.install_note, name="install_note"),
    path("<int:pk>/certificates/new/", upkeep.certificate_new, name="certificate_new"),
    path("<int:pk>/tasks/new/", upkeep.task_new, name="task_new"),
    path("<int:pk>/paths/new/", parts.path_new, name="path_new"),
    path("paths/<int:pk>/edit/", parts.path_edit, name="path_edit"),
    path("paths/<int:pk>/drop/", parts.path_drop, name="path_drop"),
    path("servers/<int:pk>/edit/", parts.server_edit, name="server_edit"),
    path("placements/<int:pk>/drop/", parts.placement_drop, name="placement_drop"),
    path(
        "certificates/<int:pk>/edit/", upkeep.certificate_edit, name="certificate_edit"
    ),
    path("tasks/<int:pk>/edit/", upkeep.task_edit, name="task_edit"),
    path("tasks/<int:pk>/done/", upkeep.task_done, name="task_done"),
    path("landscapes/new/", inventory.landscape_new, name="landscape_new"),
    path("landscapes/<int:pk>/", reading.landscape, name="landscape"),
    path("landscapes/<int:pk>/edit/", inventory.landscape_edit, name="landscape_edit"),
    path("landscapes/<int:pk>/modules/", inventory.module_add, name="module_add"),
    path(
        "landscapes/<int:pk>/environments/new/", inventory.environment_new, name="new"
    ),
    path(
        "landscapes/<int:pk>/components/new/", parts.component_new, name="component_new"
    ),
    path("landscapes/<int:pk>/licences/new/", upkeep.licence_new, name="licence_new"),
    path("components/<int:pk>/edit/", parts.component_edit, name="component_edit"),
    path("components/<int:pk>/needs/", parts.component_depend, name="component_depend"),
    path("dependencies/<int:pk>/drop/", parts.dependency_drop, name="dependency_drop"),
    path("licences/<int:pk>/edit/", upkeep.licence_edit, name="licence_edit"),
    path("windows/", windows.window_list, name="windows"),
    path("windows/<int:pk>/", windows.window_page, name="window"),
    path("windows/<int:pk>/edit/", windows.window_edit, name="window_edit"),
    path("windows/<int:pk>/cancel/", windows.window_cancel, name="window_cancel"),
    path("landscapes/<int:pk>/freezes/new/", windows.freeze_new, name="freeze_new"),
    path(
        "landscapes/<int:pk>/maintenance/new/",
        windows.maintenance_new,
        name="maintenance_new",
    ),
    path("calendar/", calendar.calendar, name="calendar"),
    path("calendar/address/", calendar.feed_open, name="feed_open"),
    path("calendar/address/revoke/", calendar.feed_close, name="feed_close"),
    path("calendar/<str:secret>.ics", calendar.feed, name="feed"),
]
