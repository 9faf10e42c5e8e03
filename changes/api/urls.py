from rest_framework.routers import SimpleRouter

from changes.api import approvals, changes, packages

router = SimpleRouter()
router.register("packages", packages.PackageViewSet, "package")
router.register("changes", changes.ChangeViewSet, "change")
router.register("approval-requests", approvals.ApprovalViewSet, "approval")

urlpatterns = router.urls
