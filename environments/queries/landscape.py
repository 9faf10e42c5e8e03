"""A landscape as its page shows it: its parts, what they need, its paths."""

from django.db.models import Prefetch

from environments.models import Component, Dependency, Landscape, PromotionPath


def landscape_of(landscape: Landscape) -> dict[str, object]:
    """Everything the page needs but licences."""
    needs = Dependency.objects.select_related("on").order_by("on__code", "pk")
    parts = Component.objects.filter(landscape=landscape).select_related("supplier")
    paths = PromotionPath.objects.filter(target__landscape=landscape)
    return {
        "landscape": landscape,
        "components": parts.prefetch_related(
            Prefetch("depends_on", needs, "needed")
        ).order_by("kind", "code", "pk"),
        "environments": landscape.environments.order_by("kind", "name", "pk"),
        "modules": landscape.modules.in_use().order_by("name"),
        "paths": paths.select_related("target", "upstream").order_by(
            "target__kind", "target_id", "upstream__kind", "package_class", "pk"
        ),
    }
