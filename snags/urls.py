from django.urls import path

from snags.views import page

app_name = "snags"
urlpatterns = [
    path("<int:pk>/", page.snag_detail, name="detail"),
]
