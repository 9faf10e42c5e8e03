from rest_framework.routers import SimpleRouter

from changes.api import approvals, calendar, changes, packages, promotions

router = SimpleRouter()
router.register("packages", packages.PackageViewSet, "package")
router.register("changes", changes.ChangeViewSet, "change")
router.register("approval-requests", approvals.ApprovalViewSet, "approval")
router.register("promotions", promotions.PromotionViewSet, "promotion")
router.register("test-signoffs", promotions.SignOffViewSet, "sign-off")
router.register("calendar", calendar.CalendarViewSet, "calendar")

urlpatterns = router.urls
