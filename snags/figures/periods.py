from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from snags.days import WEEK, begins, start_of


@dataclass(frozen=True)
class Period:
    """Calendar days of the organisation from the first to the last, both included."""

    first: date
    last: date

    @property
    def begins(self) -> datetime:
        return begins(self.first)

    @property
    def ends(self) -> datetime:
        """The first instant after it."""
        return begins(self.last + timedelta(days=1))

    @property
    def days(self) -> int:
        return (self.last - self.first).days + 1

    def previous(self) -> "Period":
        """As many days directly before."""
        length = timedelta(days=self.days)
        return Period(self.first - length, self.first - timedelta(days=1))

    def weeks(self) -> Iterator["Period"]:
        """Its weeks from Monday to Sunday; the first and the last may be cut short."""
        monday = start_of(self.first, WEEK)
        while monday <= self.last:
            sunday = monday + timedelta(days=6)
            yield Period(max(monday, self.first), min(sunday, self.last))
            monday += timedelta(days=WEEK)
