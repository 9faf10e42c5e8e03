"""How far each snaglist has come.

Counted from (snaglist, status) in one index, without reading a row; what is late comes
from the late rows alone. At a million snags that is some 50 ms for a whole go-live, so
only the page of one go-live counts, and only what its lists hold.
"""

from dataclasses import dataclass
from datetime import date, datetime

from django.db.models import Count, Q, QuerySet

from opsdesk.accounts.models import User
from snags.models import GoLive, Snag, Snaglist
from snags.moves import OPEN, Status


@dataclass(frozen=True)
class Progress:
    """What a list has had, and what has become of it."""

    open: int = 0
    resolved: int = 0
    closed: int = 0
    late: int = 0

    @property
    def total(self) -> int:
        return self.open + self.resolved + self.closed

    @property
    def percent(self) -> int:
        """Done to the full percent; only what is all done reads 100."""
        done = self.resolved + self.closed
        return 100 * done // self.total if self.total else 0

    def __add__(self, other: "Progress") -> "Progress":
        return Progress(
            self.open + other.open,
            self.resolved + other.resolved,
            self.closed + other.closed,
            self.late + other.late,
        )


@dataclass(frozen=True)
class ListLine:
    """A snaglist and how far it is."""

    snaglist: Snaglist
    progress: Progress


@dataclass(frozen=True)
class GoLiveBoard:
    """A go-live, its lists, and all of them together."""

    golive: GoLive
    lines: list[ListLine]
    total: Progress

    @property
    def went_live_on(self) -> date:
        return self.golive.went_live_on


def golives() -> QuerySet[GoLive]:
    """Every go-live, the latest first."""
    return GoLive.objects.select_related("landscape").order_by("-went_live_on", "pk")


def board_of(user: User, golive: GoLive, now: datetime) -> GoLiveBoard:
    """The lists of a go-live with the progress of what this person may see."""
    lists = (
        Snaglist.objects.filter(golive=golive)
        .select_related("module", "site")
        .order_by("-is_open", "name", "pk")
    )
    found = list(lists)
    progress = _progress(user, [row.pk for row in found], now)
    lines = [ListLine(row, progress.get(row.pk, Progress())) for row in found]
    return GoLiveBoard(golive, lines, sum((one.progress for one in lines), Progress()))


def snaglist_for(pk: int) -> Snaglist | None:
    rows = Snaglist.objects.select_related("golive__landscape", "module", "site")
    return rows.filter(pk=pk).order_by("pk").first()


def progress_of(user: User, snaglist: Snaglist, now: datetime) -> Progress:
    return _progress(user, [snaglist.pk], now).get(snaglist.pk, Progress())


def _progress(user: User, pks: list[int], now: datetime) -> dict[int, Progress]:
    rows = Snag.objects.visible_to(user).filter(snaglist__in=pks)
    counted = (
        rows.order_by().values_list("snaglist_id", "status").annotate(n=Count("*"))
    )
    late = dict(
        rows.order_by()
        .filter(Q(next_due_at__lt=now), status__in=OPEN)
        .values_list("snaglist_id")
        .annotate(n=Count("*"))
    )
    numbers: dict[int, dict[str, int]] = {}
    for pk, status, n in counted:
        numbers.setdefault(pk, {})[status] = n
    return {
        pk: Progress(
            open=sum(by_status.get(status, 0) for status in OPEN),
            resolved=by_status.get(Status.RESOLVED, 0),
            closed=by_status.get(Status.CLOSED, 0),
            late=late.get(pk, 0),
        )
        for pk, by_status in numbers.items()
    }
