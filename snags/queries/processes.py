"""Reads of business processes."""

from dataclasses import dataclass

from django.db.models import Count

from opsdesk.accounts.models import User
from snags.models import BusinessProcess, Snag


@dataclass(frozen=True)
class Line:
    """A process and how many open snags, of those one may see, are about it."""

    process: BusinessProcess
    open_snags: int


def processes(user: User) -> list[Line]:
    """Every process, those in use first, with its open snags counted."""
    counts = dict(
        Snag.objects.visible_to(user)
        .open()
        .filter(process__isnull=False)
        .order_by("process")
        .values_list("process")
        .annotate(Count("pk"))
    )
    rows = BusinessProcess.objects.select_related("landscape", "owner")
    return [
        Line(process, counts.get(process.pk, 0))
        for process in rows.order_by("-is_active", "name", "pk")
    ]
