from django.urls import path

from snags.views import editing, files, history, page, reporting, verbs

app_name = "snags"
urlpatterns = [
    path("report/", reporting.report, name="report"),
    path("mine/", reporting.mine, name="mine"),
    path("new/", reporting.new, name="new"),
    path("new/people/", reporting.people, name="people"),
    path("<int:pk>/", page.snag_detail, name="detail"),
    path("<int:pk>/comment/", page.comment, name="comment"),
    path("<int:pk>/clocks/", page.snag_clocks, name="clocks"),
    path("<int:pk>/clocks/<int:clock_pk>/", page.explain, name="explain"),
    path("<int:pk>/edit/", editing.edit, name="edit"),
    path("<int:pk>/history/", history.snag_history, name="history"),
    path("<int:pk>/files/<int:file_pk>/", files.attachment, name="attachment"),
    path("<int:pk>/triage/", verbs.triage, name="triage"),
    path("<int:pk>/start/", verbs.start, name="start"),
    path("<int:pk>/resume/", verbs.resume, name="resume"),
    path("<int:pk>/wait/", verbs.wait, name="wait"),
    path("<int:pk>/hand-over/", verbs.hand_over, name="hand_over"),
    path("<int:pk>/hand-back/", verbs.hand_back, name="hand_back"),
    path("<int:pk>/accept/", verbs.accept, name="accept"),
    path("<int:pk>/acknowledge/", verbs.acknowledge, name="acknowledge"),
    path("<int:pk>/resolve/", verbs.resolve, name="resolve"),
    path("<int:pk>/confirm/", verbs.confirm, name="confirm"),
    path("<int:pk>/reopen/", verbs.reopen, name="reopen"),
    path("<int:pk>/reject/", verbs.reject, name="reject"),
    path("<int:pk>/merge/", verbs.merge, name="merge"),
    path("<int:pk>/assign/", verbs.assign, name="assign"),
    path("<int:pk>/priority/", verbs.priority, name="priority"),
    path("<int:pk>/move-list/", verbs.move_list, name="move_list"),
    path("<int:pk>/share/", verbs.share, name="share"),
    path("<int:pk>/workaround/", verbs.workaround, name="workaround"),
    path("<int:pk>/follow-up/", verbs.follow_up, name="follow_up"),
    path("<int:pk>/properties/", verbs.properties, name="properties"),
    path("<int:pk>/effort/", verbs.effort, name="effort"),
]
