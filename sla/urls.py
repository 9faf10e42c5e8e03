from django.urls import path

from sla.views import dashboard, drilldown

app_name = "sla"
urlpatterns = [
    path("", dashboard.dashboard, name="dashboard"),
    path("tables/<slug:name>/", dashboard.board_table, name="table"),
    path("tables/<slug:name>.<slug:fmt>", dashboard.board_table, name="table_file"),
    path("figures/<slug:name>/", drilldown.figure, name="figure"),
    path("figures/<slug:name>.<slug:fmt>", drilldown.figure, name="figure_file"),
]
