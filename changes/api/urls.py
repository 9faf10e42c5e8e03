from rest_framework.routers import SimpleRouter

from changes.api import (
    after,
    approvals,
    calendar,
    changes,
    packages,
    promotions,
    templates,
)

router = SimpleRouter()
router.register("packages", packages.PackageViewSet, "package")
router.register("changes", changes.ChangeViewSet, "change")
router.register("approval-requests", approvals.ApprovalViewSet, "approval")
router.register("promotions", promotions.PromotionViewSet, "promotion")
router.register("test-signoffs", promotions.SignOffViewSet, "sign-off")
router.register("freeze-overrides", after.OverrideViewSet, "override")
router.register("duties", after.DutyViewSet, "duty")
router.register("change-templates", templates.TemplateViewSet, "template")
router.register("approval-policies", approvals.PolicyViewSet, "policy")
router.register("calendar", calendar.CalendarViewSet, "calendar")

urlpatterns = router.urls
