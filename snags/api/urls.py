from rest_framework.routers import SimpleRouter

from snags.api import views

router = SimpleRouter()
router.register("snags", views.SnagViewSet, "snag")
router.register(
    r"snags/(?P<snag_pk>\d{1,18})/comments", views.CommentViewSet, "comment"
)
router.register(r"snags/(?P<snag_pk>\d{1,18})/clocks", views.ClockViewSet, "clock")
router.register(r"snags/(?P<snag_pk>\d{1,18})/events", views.EventViewSet, "event")
router.register("environments", views.EnvironmentViewSet, "environment")
router.register("snaglists", views.SnaglistViewSet, "snaglist")
router.register("modules", views.ModuleViewSet, "module")
router.register("processes", views.ProcessViewSet, "process")
router.register("suppliers", views.SupplierViewSet, "supplier")

app_name = "api"
urlpatterns = router.urls
