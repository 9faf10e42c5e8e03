"""Addresses of drill-downs: every number leads to the rows it counts."""

from urllib.parse import urlencode

from django.urls import reverse

from snags.figures import Cut, Period


class Links:
    """Makes the address behind a number of one cut and period."""

    def __init__(self, cut: Cut, period: Period) -> None:
        self.cut, self.period = cut, period
        self._stem = reverse("sla:figure", args=["name"]).removesuffix("name/")
        self._tails: dict[tuple[object, ...], str] = {}

    def to(
        self,
        name: str,
        *,
        period: Period | None = None,
        priority: int | None = None,
        by: str = "",
        key: str = "",
    ) -> str:
        """The rows of a figure, narrowed to a week, a priority or a table's line."""
        what = (period or self.period, priority or self.cut.priority, by, key)
        if what not in self._tails:
            self._tails[what] = self._tail(*what)
        return f"{self._stem}{name}/?{self._tails[what]}"

    def _tail(self, period: Period, priority: int | None, by: str, key: str) -> str:
        asked: dict[str, object] = {"first": period.first, "last": period.last}
        if priority:
            asked["priority"] = priority
        if by:
            asked |= {"by": by, "key": key}
        elif self.cut.dimension != "all":
            asked |= {"by": self.cut.dimension, "key": self.cut.key}
        return urlencode(asked)
