from django.urls import path

from opsdesk.core import views

app_name = "core"
urlpatterns = [
    path("", views.inbox_page, name="inbox"),
    path("read/", views.read_all, name="read_all"),
    path("<int:pk>/read/", views.read_note, name="read"),
    path("duties/new/", views.duty_new, name="duty_new"),
    path("duties/<int:pk>/done/", views.duty_done, name="duty_done"),
    path("outbox/", views.outbox_page, name="outbox"),
    path("outbox/<int:pk>/retry/", views.message_retry, name="message_retry"),
]
