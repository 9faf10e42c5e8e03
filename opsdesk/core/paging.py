"""Pages of long lists, of which only so much is counted and can be walked to."""

from typing import Any

from django.core.paginator import Page, Paginator
from django.db.models import QuerySet
from django.utils.functional import cached_property

PER_PAGE = 50
# Twenty pages: who has not found it by then narrows the list or takes the file.
MOST = 1_000


class BoundedPaginator(Paginator):  # type: ignore[type-arg]  # no generic
    """Counts up to a bound and pages no further; `is_capped` says that there is more.

    An exact count reads every row, and the last page by OFFSET all rows before it.
    """

    def __init__(self, rows: QuerySet[Any], *, per_page: int, most: int) -> None:
        super().__init__(rows, per_page)
        self.rows, self.most = rows.order_by(), most

    @cached_property
    def _found(self) -> int:
        return self.rows[: self.most + 1].count()

    @cached_property
    def count(self) -> int:
        return min(self._found, self.most)

    @property
    def is_capped(self) -> bool:
        return self._found > self.most


def page_of(
    rows: QuerySet[Any], number: str | None, *, per_page: int = PER_PAGE
) -> Page[Any]:
    """The page asked for, or the nearest there is."""
    return BoundedPaginator(rows, per_page=per_page, most=MOST).get_page(number)
