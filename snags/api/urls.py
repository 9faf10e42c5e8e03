from rest_framework.routers import SimpleRouter

from snags.api import parts, reference, views

router = SimpleRouter()
router.register("snags", views.SnagViewSet, "snag")
router.register(
    r"snags/(?P<snag_pk>\d{1,18})/comments", parts.CommentViewSet, "comment"
)
router.register(
    r"snags/(?P<snag_pk>\d{1,18})/attachments", parts.AttachmentViewSet, "attachment"
)
router.register(r"snags/(?P<snag_pk>\d{1,18})/clocks", parts.ClockViewSet, "clock")
router.register(r"snags/(?P<snag_pk>\d{1,18})/events", parts.EventViewSet, "event")
router.register("snaglists", reference.SnaglistViewSet, "snaglist")
router.register("modules", reference.ModuleViewSet, "module")
router.register("processes", reference.ProcessViewSet, "process")
router.register("suppliers", reference.SupplierViewSet, "supplier")

urlpatterns = router.urls
