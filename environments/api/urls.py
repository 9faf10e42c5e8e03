from rest_framework.routers import SimpleRouter

from environments.api import inventory, windows

router = SimpleRouter()
router.register("landscapes", inventory.LandscapeViewSet, "landscape")
router.register("environments", inventory.EnvironmentViewSet, "environment")
router.register("servers", inventory.ServerViewSet, "server")
router.register("components", inventory.ComponentViewSet, "component")
router.register("placements", inventory.PlacementViewSet, "placement")
router.register("promotion-paths", inventory.PathViewSet, "path")
router.register("freeze-windows", windows.FreezeViewSet, "freeze")
router.register("maintenance-windows", windows.MaintenanceViewSet, "maintenance")

urlpatterns = router.urls
