from django.urls import path

from sla.views import calendars, contracts, dashboard, drilldown

app_name = "sla"
urlpatterns = [
    path("", dashboard.dashboard, name="dashboard"),
    path("tables/<slug:name>/", dashboard.board_table, name="table"),
    path("tables/<slug:name>.<slug:fmt>", dashboard.board_table, name="table_file"),
    path("figures/<slug:name>/", drilldown.figure, name="figure"),
    path("figures/<slug:name>.<slug:fmt>", drilldown.figure, name="figure_file"),
    path("calendars/", calendars.calendar_list, name="calendars"),
    path("calendars/new/", calendars.calendar_new, name="calendar_new"),
    path("calendars/<int:pk>/", calendars.calendar_page, name="calendar"),
    path("calendars/<int:pk>/amend/", calendars.calendar_amend, name="calendar_amend"),
    path(
        "calendars/<int:pk>/versions/<int:number>/correct/",
        calendars.calendar_correct,
        name="calendar_correct",
    ),
    path(
        "calendars/<int:pk>/rename/", calendars.calendar_rename, name="calendar_rename"
    ),
    path("calendars/<int:pk>/ical/", calendars.calendar_ical, name="calendar_ical"),
    path(
        "calendars/<int:pk>/active/", calendars.calendar_active, name="calendar_active"
    ),
    path("contracts/", contracts.contract_list, name="contracts"),
    path("contracts/new/", contracts.contract_new, name="contract_new"),
    path("contracts/<int:pk>/", contracts.contract_page, name="contract"),
    path("contracts/<int:pk>/amend/", contracts.contract_amend, name="contract_amend"),
    path(
        "contracts/<int:pk>/versions/<int:number>/correct/",
        contracts.contract_correct,
        name="contract_correct",
    ),
    path(
        "contracts/<int:pk>/active/", contracts.contract_active, name="contract_active"
    ),
]
